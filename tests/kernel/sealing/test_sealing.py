"""Sealing: what was sealed opens again with the right key and context, and never otherwise."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey
from pytest_django import Settings

from nannychain.sealing import Sealed, keys, seal
from nannychain.sealing.opening import KeyUnavailable, SealBroken, held_key_ids, open_sealed

SECRET = b"a seed of thirty-two bytes, here"
OLD, NEW = "aa" * 32, "bb" * 32


@given(secret=st.binary(max_size=2_000), context=st.text(max_size=200))
def test_whatever_is_sealed_opens_under_its_own_context(secret: bytes, context: str) -> None:
    assert open_sealed(seal(secret, context=context), context=context) == secret


@given(context=st.text(max_size=40), other=st.text(max_size=40))
def test_it_opens_under_no_other_context(context: str, other: str) -> None:
    sealed = seal(SECRET, context=context)
    if other != context:
        with pytest.raises(SealBroken):
            open_sealed(sealed, context=other)


@pytest.mark.parametrize(
    ("made_for", "opened_for"),
    [("wallet:1", "wallet:12"), ("wallet:12", "wallet:1"), ("ab", "a"), ("a", "")],
)
def test_a_context_that_begins_like_another_is_another(made_for: str, opened_for: str) -> None:
    sealed = seal(b"2:rest", context=made_for)

    with pytest.raises(SealBroken):
        open_sealed(sealed, context=opened_for)


def test_any_altered_byte_breaks_the_seal() -> None:
    sealed = seal(SECRET, context="wallet:1")

    for position in range(len(sealed.ciphertext)):
        altered = bytearray(sealed.ciphertext)
        altered[position] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(Sealed(sealed.key_id, bytes(altered)), context="wallet:1")


@pytest.mark.parametrize("length", [0, 1, 47, 48, 49])
def test_a_shortened_ciphertext_breaks_the_seal(length: int) -> None:
    sealed = seal(SECRET, context="wallet:1")

    with pytest.raises(SealBroken):
        open_sealed(Sealed(sealed.key_id, sealed.ciphertext[:length]), context="wallet:1")


def test_the_same_secret_sealed_twice_looks_different() -> None:
    first, second = seal(SECRET, context="wallet:1"), seal(SECRET, context="wallet:1")

    assert first.ciphertext != second.ciphertext
    assert first.key_id == second.key_id


def test_the_ciphertext_shows_neither_secret_nor_context() -> None:
    sealed = seal(SECRET, context="wallet:1")

    assert SECRET not in sealed.ciphertext
    assert b"wallet" not in sealed.ciphertext


def test_another_key_does_not_open_it(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLD
    sealed = seal(SECRET, context="wallet:1")
    settings.ENCRYPTION_KEY = NEW

    with pytest.raises(KeyUnavailable):
        open_sealed(sealed, context="wallet:1")


def test_a_ciphertext_that_claims_to_be_of_another_key_does_not_open(
    settings: Settings,
) -> None:
    settings.ENCRYPTION_KEY = OLD
    sealed = seal(SECRET, context="wallet:1")
    settings.ENCRYPTION_KEY = NEW
    claimed = seal(SECRET, context="wallet:1").key_id

    with pytest.raises(SealBroken):
        open_sealed(Sealed(claimed, sealed.ciphertext), context="wallet:1")


def test_old_keys_still_open_while_new_secrets_go_to_the_newest(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLD
    before = seal(b"before", context="c")
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)
    after = seal(b"after", context="c")

    assert open_sealed(before, context="c") == b"before"
    assert open_sealed(after, context="c") == b"after"
    assert before.key_id != after.key_id
    assert held_key_ids() == {before.key_id, after.key_id}


@pytest.mark.parametrize("word", ["change-me", "x", "päss wörd", "0" * 63, "$VAR", "a" * 500])
def test_any_text_will_do_as_a_key_outside_production(settings: Settings, word: str) -> None:
    settings.ENCRYPTION_KEY = word

    assert open_sealed(seal(SECRET, context="c"), context="c") == SECRET


@given(material=st.binary(min_size=32, max_size=32))
def test_hex_and_both_base64_forms_of_the_same_bytes_are_the_same_key(material: bytes) -> None:
    spellings = {
        material.hex(),
        material.hex().upper(),
        base64.b64encode(material).decode(),
        base64.urlsafe_b64encode(material).decode(),
    }

    assert len({bytes(keys.private_key(spelling)) for spelling in spellings}) == 1


def test_the_private_key_is_not_the_given_bytes_themselves() -> None:
    assert bytes(keys.private_key(OLD)) != bytes.fromhex(OLD)


def test_a_key_keeps_its_meaning_from_release_to_release() -> None:
    """The derivation is for ever: what was sealed years ago must open."""
    derived = keys.private_key("00" * 32).public_key

    assert keys.key_id(derived) == "77335da204dc111d"
    assert keys.key_id(keys.private_key("change-me").public_key) == "b2296c2cb7c3124f"


def test_the_public_key_survives_being_written_down() -> None:
    key = PrivateKey.generate().public_key

    assert bytes(keys.public_key(keys.encode(key))) == bytes(key)


def test_with_the_public_key_alone_one_can_seal_and_not_open(settings: Settings) -> None:
    public = keys.encode(keys.private_key(NEW).public_key)
    settings.ENCRYPTION_KEY, settings.SEALING_PUBLIC_KEY = "", public
    sealed = seal(SECRET, context="c")
    with pytest.raises(KeyUnavailable):
        open_sealed(sealed, context="c")

    settings.ENCRYPTION_KEY = NEW
    assert open_sealed(sealed, context="c") == SECRET
