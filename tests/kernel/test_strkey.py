"""Stellar's text form of a public key, compared with the Stellar SDK's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from stellar_sdk import Keypair, StrKey

from nannychain.strkey import (
    InvalidKey,
    address_of_seed,
    public_key_bytes,
    public_key_text,
    seed_bytes,
    seed_text,
)


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


@given(seed=st.binary(min_size=32, max_size=32))
def test_seeds_are_written_and_read_as_the_sdk_does(seed: bytes) -> None:
    keypair = Keypair.from_raw_ed25519_seed(seed)

    assert seed_text(seed) == keypair.secret
    assert seed_bytes(keypair.secret) == seed
    assert address_of_seed(keypair.secret) == keypair.public_key
    assert public_key_bytes(keypair.public_key) == keypair.raw_public_key()


@given(seed=st.binary(min_size=32, max_size=32), place=st.integers(0, 55), other=st.integers(1, 31))
def test_any_wrong_character_is_noticed(seed: bytes, place: int, other: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    right = seed_text(seed)
    letter = alphabet[(alphabet.index(right[place]) + other) % 32]

    with pytest.raises(InvalidKey):
        seed_bytes(right[:place] + letter + right[place + 1 :])


@given(text=st.text(max_size=60))
def test_any_other_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        public_key_bytes(text)
    assert text == "" or text not in str(caught.value) or len(text) < 3


def test_a_seed_is_no_public_key() -> None:
    with pytest.raises(InvalidKey):
        public_key_bytes(seed_text(bytes(32)))
