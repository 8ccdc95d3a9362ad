"""Published vectors: how keys are written (SEP-23), what networks and transactions hash to."""

import pytest
from stellar_sdk import Keypair, MuxedAccount, Network, SignerKey, StrKey

from nannychain.strkey import InvalidKey, public_key_bytes, public_key_text, seed_bytes
from simulators.horizon.ledger.chain import Chain
from simulators.horizon.ledger.envelopes import decode, memo_of

RAW = bytes.fromhex("3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a")
ACCOUNT = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
PAYLOAD = bytes(range(1, 33))
# The array at the end of SEP-23, whole and in its order.
INVALID = (
    "GAAAAAAAACGC6",
    "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR",
    "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA",
    "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUACUSI",
    "G47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVP2I",
    "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLKA",
    "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAAV75I",
    "M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",
    "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUK===",
    "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUO",
    "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEI"
    "SCMKBKFQXDAMRUGY4DUPB6IAAAAAAAAPM",
    "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEI"
    "SCMKBKFQXDAMRUGY4Z2PQ",
    "PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEI"
    "SCMKBKFQXDAMRUGY4DXFH6",
    "BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TV",
    "BAAT6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGXACA",
)


def test_a_valid_account_is_written_as_published_by_us_and_by_the_sdk() -> None:
    assert public_key_text(RAW) == ACCOUNT
    assert StrKey.encode_ed25519_public_key(RAW) == ACCOUNT
    assert StrKey.decode_ed25519_public_key(ACCOUNT) == RAW == public_key_bytes(ACCOUNT)


def test_our_writing_of_keys_is_the_sdks_for_any_key() -> None:
    for number in range(200):
        raw = Keypair.from_raw_ed25519_seed(number.to_bytes(32, "big")).raw_public_key()
        assert public_key_text(raw) == StrKey.encode_ed25519_public_key(raw)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ", 0),
        ("MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK", 2**63),
    ],
)
def test_a_valid_muxed_account_is_read_and_written_as_published(text: str, id: int) -> None:
    found = MuxedAccount.from_account(text)
    assert (found.account_id, found.account_muxed_id) == (ACCOUNT, id)
    assert MuxedAccount(ACCOUNT, id).account_muxed == text


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEI"
         "SCMKBKFQXDAMRUGY4DUPB6IBZGM", 32),
        ("PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEI"
         "SCMKBKFQXDAMRUGY4DUAAAAFGBU", 29),
    ],
)  # fmt: skip
def test_a_valid_signed_payload_is_read_and_written_as_published(text: str, length: int) -> None:
    found = SignerKey.from_encoded_signer_key(text)
    payload = found.to_signed_payload_signer()
    assert (payload.account_id, payload.payload) == (ACCOUNT, PAYLOAD[:length])
    assert found.encoded_signer_key == text


def test_contracts_pools_and_balances_are_written_as_published() -> None:
    written = {
        StrKey.encode_contract(RAW): "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA",
        StrKey.encode_liquidity_pool(RAW): (
            "LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN"
        ),
        StrKey.encode_claimable_balance(b"\x00" + RAW): (
            "BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TU"
        ),
    }
    assert all(ours == published for ours, published in written.items())


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_key_of_the_standard_is_no_key_of_any_kind(text: str) -> None:
    assert not StrKey.is_valid_ed25519_public_key(text)
    assert not StrKey.is_valid_med25519_public_key(text)
    assert not StrKey.is_valid_ed25519_signed_payload(text)
    # The SDK doesn't look at a balance's type; nothing here reads balances in that form.
    assert StrKey.is_valid_claimable_balance(text) == text.startswith("BAAT")
    with pytest.raises(InvalidKey):
        public_key_bytes(text)
    with pytest.raises(InvalidKey):
        seed_bytes(text)
    with pytest.raises(ValueError):
        MuxedAccount.from_account(text)


@pytest.mark.parametrize(
    ("passphrase", "id", "root"),
    [
        (
            Network.PUBLIC_NETWORK_PASSPHRASE,
            "7ac33997544e3175d266bd022439b22cdb16508c01163f26e5cb2a3e1045a979",
            "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7",
        ),
        (
            Network.TESTNET_NETWORK_PASSPHRASE,
            "cee0302d59844d32bdca915c8203dd44b33fbb7edc19051ea37abedf28ecd472",
            "GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H",
        ),
    ],
)
def test_networks_have_their_published_id_and_root_account(
    passphrase: str, id: str, root: str
) -> None:
    assert Network(passphrase).network_id().hex() == id
    assert Chain(passphrase=passphrase).root_keypair.public_key == root


def test_a_real_transaction_of_the_older_form_has_its_published_hash() -> None:
    """One of the public network's, whose memo is no text, from the tests of js-stellar-base."""
    envelope = (
        "AAAAAAtjwtJadppTmm0NtAU99BFxXXfzPO1N/SqR43Z8aXqXAAAAZAAIj6YAAAACAAAAAAAAAAEAAAAB0QAAAAAA"
        "AAEAAAAAAAAAAQAAAADLa6390PDAqg3qDLpshQxS+uVw3ytSgKRirQcInPWt1QAAAAAAAAAAA1Z+AAAAAAAAAAAB"
        "fGl6lwAAAEBC655+8Izq54MIZrXTVF/E1ycHgQWpVcBD+LFkuOjjJd995u/7wM8sFqQqambL0/ME2FTOtxMO65B9"
        "i3eAIu4P"
    )
    arrived = decode(envelope, passphrase=Network.PUBLIC_NETWORK_PASSPHRASE)
    assert arrived.hash == "a84d534b3742ad89413bdbf259e02fa4c5d039123769e9bcc63616f723a2bcd5"
    assert memo_of(arrived.transaction)["memo_bytes"] == "0Q=="
    assert arrived.signatures().are_of(arrived.source)
