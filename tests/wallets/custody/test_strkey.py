"""Stellar's text form of a public key, compared with the Stellar SDK's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from stellar_sdk import Keypair, StrKey

from wallets.custody.strkey import public_key_text


@given(raw=st.binary(min_size=32, max_size=32))
def test_any_32_bytes_read_as_the_sdk_writes_them(raw: bytes) -> None:
    assert public_key_text(raw) == StrKey.encode_ed25519_public_key(raw)


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_seed_leads_to_the_same_address_as_in_the_sdk(seed: bytes) -> None:
    ours = public_key_text(bytes(SigningKey(seed).verify_key))

    assert ours == Keypair.from_raw_ed25519_seed(seed).public_key


def test_the_example_of_the_standard_comes_out() -> None:
    """SEP-23's first valid test case."""
    raw = bytes.fromhex("3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a")

    assert public_key_text(raw) == "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        public_key_text(bytes(length))
