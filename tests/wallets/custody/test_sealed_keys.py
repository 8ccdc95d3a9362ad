"""The signer: opens what belongs to the wallet, and nothing else."""

import traceback

import pytest
from nacl.signing import SigningKey
from pytest_django import Settings

from nannychain.ids import new_id
from nannychain.sealing import keys, seal
from nannychain.sealing.opening import KeyUnavailable, SealBroken
from tests.factories.members import MemberFactory
from wallets.custody import resealing, services
from wallets.custody.models import SealedKey
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
OLD, NEW = "aa" * 32, "bb" * 32


def new_key() -> SealedKey:
    """Return the sealed key of a new member."""
    return SealedKey.objects.select_related("wallet").get(
        wallet_id=MemberFactory.create().wallet_id
    )


def opens(key: SealedKey) -> bool:
    """Tell whether the signer opens the key as that of its wallet."""
    try:
        resealing.reseal(key)
    except SealBroken:
        return False
    return True


def test_the_key_of_a_new_member_opens() -> None:
    assert opens(new_key())


def test_a_key_sealed_anew_is_of_the_newest_key_pair_and_opens_again(settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OLD
    key = new_key()
    before = bytes(key.ciphertext)
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)

    resealing.reseal(key)

    assert key.key_id == keys.key_id(keys.private_key(NEW).public_key)
    assert bytes(key.ciphertext) != before
    settings.ENCRYPTION_KEYS_OLD = ()
    assert opens(key)


def test_keys_swapped_between_two_wallets_do_not_open() -> None:
    one, other = new_key(), new_key()
    one.ciphertext, other.ciphertext = other.ciphertext, one.ciphertext

    assert not opens(one)
    assert not opens(other)


def test_a_key_does_not_open_for_another_wallet_with_the_same_public_key() -> None:
    key = new_key()
    key.wallet.id = new_id()

    assert not opens(key)


def test_a_key_does_not_open_when_the_public_key_of_its_wallet_was_changed() -> None:
    key, other = new_key(), new_key()
    key.wallet.stellar_public_key = other.wallet.stellar_public_key

    assert not opens(key)


def test_a_seed_that_leads_to_another_public_key_does_not_open() -> None:
    """Whoever can seal could make a seal with the right words around the wrong seed."""
    key = new_key()
    wallet: Wallet = key.wallet
    context = services.seal_context(wallet.id, wallet.stellar_public_key)
    key.ciphertext = seal(bytes(SigningKey.generate()), context=context).ciphertext

    assert not opens(key)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_does_not_open(length: int) -> None:
    key = new_key()
    context = services.seal_context(key.wallet.id, key.wallet.stellar_public_key)
    key.ciphertext = seal(bytes(length), context=context).ciphertext

    assert not opens(key)


def test_an_altered_key_does_not_open() -> None:
    key = new_key()
    altered = bytearray(key.ciphertext)
    altered[-1] ^= 1
    key.ciphertext = bytes(altered)

    assert not opens(key)


def test_without_the_key_pair_nothing_opens(settings: Settings) -> None:
    key = new_key()
    settings.SEALING_PUBLIC_KEY = keys.encode(keys.private_key(NEW).public_key)
    settings.ENCRYPTION_KEY = ""

    with pytest.raises(KeyUnavailable):
        resealing.reseal(key)


def test_with_the_public_key_alone_accounts_can_be_made(settings: Settings) -> None:
    settings.SEALING_PUBLIC_KEY = keys.encode(keys.private_key(NEW).public_key)
    settings.ENCRYPTION_KEY = ""
    key = new_key()
    with pytest.raises(KeyUnavailable):
        resealing.reseal(key)

    settings.ENCRYPTION_KEY = NEW
    assert opens(key)


def test_no_two_members_have_the_same_key() -> None:
    wallets = [MemberFactory.create().wallet for _ in range(20)]

    assert len({wallet.stellar_public_key for wallet in wallets}) == 20


def test_an_error_tells_nothing_of_what_was_sealed() -> None:
    key = new_key()
    context = services.seal_context(key.wallet.id, key.wallet.stellar_public_key)
    key.ciphertext = seal(b"a canary that is too short", context=context).ciphertext

    with pytest.raises(SealBroken) as caught:
        resealing.reseal(key)

    assert "canary" not in "".join(traceback.format_exception(caught.value))
