"""Keys that sign: what the signer needs of one, the two kinds that there are, and whose are needed.

Whatever signs 32 raw bytes with Ed25519 can stand in: a key-management service that holds the
funding key needs `kind`, `address` and `sign`, and nothing here changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from nannychain import strkey
from nannychain.sealing import Sealed
from nannychain.sealing.opening import KeyUnavailable, SealBroken, held_key_ids, open_sealed
from wallets.custody.checks import OF_CHANNELS, Declined
from wallets.custody.checks import owner_of as owner_of_intent
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.custody.services import CHANNEL, WALLET, seal_context
from wallets.stellar.intents import Intent
from wallets.stellar.models import FUNDING_NUMBER, Submission

AnyKey = SealedKey | SealedChannelKey


class KeySource(Protocol):
    """A key pair whose secret half may lie anywhere."""

    @property
    def kind(self) -> str:
        """Whose key it is, in one word for the audit trail."""
        ...

    @property
    def address(self) -> str:
        """The public key, as `G…`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) of a message; Stellar's are 32-byte hashes."""
        ...


class SealedSource:
    """A key whose seed lies sealed on a row; it is opened for each signature and not kept."""

    def __init__(self, key: AnyKey) -> None:
        self._key = key

    @property
    def kind(self) -> str:
        """A wallet's key, or a channel's."""
        return owner_of(self._key)[0]

    @property
    def owner_id(self) -> UUID:
        """The id of its wallet or channel."""
        return owner_of(self._key)[1]

    @property
    def address(self) -> str:
        """The public key, as its wallet or channel has it."""
        return owner_of(self._key)[2]

    @property
    def is_held(self) -> bool:
        """Tell whether this process holds the key pair that it is sealed to."""
        return self._key.key_id in held_key_ids()

    @sensitive_variables()
    def check(self) -> None:
        """Open it, and see that it is the key of this wallet or channel.

        Raises KeyUnavailable where this process has no key pair at all, and Declined.
        """
        self._seed()

    @sensitive_variables()
    def sign(self, message: bytes) -> bytes:
        """Open, check and sign. Raises as `check` does."""
        return bytes(SigningKey(self._seed()).sign(message).signature)

    @sensitive_variables()
    def _seed(self) -> bytes:
        try:
            return seed_of(self._key)
        except SealBroken:
            words = f"the sealed key of {_name(self)} is not what it should be"
            raise Declined(words, blamed=[self.owner_id]) from None


class FundingSource:
    """The funding account's key, from the settings of the signer's own process."""

    kind = "funding"

    @property
    @sensitive_variables()
    def address(self) -> str:
        """The public key; raises KeyUnavailable where this process has no such secret."""
        return strkey.public_key_text(bytes(self._key().verify_key))

    @sensitive_variables()
    def sign(self, message: bytes) -> bytes:
        """Sign; raise KeyUnavailable where this process has no such secret."""
        return bytes(self._key().sign(message).signature)

    @staticmethod
    @sensitive_variables()
    def _key() -> SigningKey:
        if not settings.STELLAR_FUNDING_SECRET:
            raise KeyUnavailable
        return SigningKey(strkey.seed_bytes(settings.STELLAR_FUNDING_SECRET))


@dataclass(frozen=True)
class Keys:
    """The keys of all that a submission names, by whose they are and by their addresses."""

    by_owner: Mapping[UUID, SealedSource]
    by_address: Mapping[str, KeySource]


def keys_for(submission: Submission, intents: Sequence[Intent], *, funding: FundingSource) -> Keys:
    """Return the keys of the channel that carries it, and of all that the intents name.

    Raises Declined where one is missing, and where a channel that is to get something is none of
    which we have the key.
    """
    channel_ids = {owner_of_intent(each) for each in intents if isinstance(each, OF_CHANNELS)}
    wallet_ids = {owner_of_intent(each) for each in intents} - channel_ids
    wallets = SealedKey.objects.select_related("wallet").filter(wallet_id__in=wallet_ids)
    channels = SealedChannelKey.objects.select_related("channel").filter(
        channel_id__in=channel_ids | {submission.channel_id}, channel__network=submission.network
    )
    by_owner = {each.wallet_id: SealedSource(each) for each in wallets}
    by_owner |= {each.channel_id: SealedSource(each) for each in channels}
    if missing := (channel_ids | wallet_ids) - set(by_owner):
        raise Declined("it names a wallet or channel that has no key", blamed=missing)
    for channel_id in channel_ids:
        by_owner[channel_id].check()
    by_address: dict[str, KeySource] = {each.address: each for each in by_owner.values()}
    if submission.channel.number == FUNDING_NUMBER:
        by_address[submission.channel.public_key] = funding
    elif submission.channel_id not in by_owner:
        raise Declined("its channel has no key", blamed=[submission.channel_id])
    else:
        by_address[submission.channel.public_key] = by_owner[submission.channel_id]
    return Keys(by_owner=by_owner, by_address=by_address | {funding.address: funding})


def check_held(signers: Sequence[KeySource]) -> None:
    """See that this process can open all of these.

    Raises KeyUnavailable where it has no key pair at all, which is no fault of the rows, and
    Declined where some are sealed to another one.
    """
    sealed = [key for key in signers if isinstance(key, SealedSource)]
    if sealed and not held_key_ids():
        raise KeyUnavailable
    if foreign := [key for key in sealed if not key.is_held]:
        others = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise Declined(
            f"the key of {_name(foreign[0])}{others} is sealed to a key pair that the signer "
            "does not hold",
            blamed=[key.owner_id for key in foreign],
        )


@sensitive_variables()
def seed_of(key: AnyKey) -> bytes:
    """Open a sealed seed and check that it is this row's; raise KeyUnavailable or SealBroken."""
    kind, owner_id, address = owner_of(key)
    sealed = Sealed(key_id=key.key_id, ciphertext=bytes(key.ciphertext))
    seed = open_sealed(sealed, context=seal_context(owner_id, address, kind=kind))
    if len(seed) != 32 or strkey.public_key_text(bytes(SigningKey(seed).verify_key)) != address:
        raise SealBroken
    return seed


def owner_of(key: AnyKey) -> tuple[str, UUID, str]:
    """Return the kind, the id and the address of what a sealed key belongs to."""
    if isinstance(key, SealedChannelKey):
        return CHANNEL, key.channel.id, key.channel.public_key
    return WALLET, key.wallet.id, key.wallet.stellar_public_key


def _name(key: SealedSource) -> str:
    return f"{key.kind} {key.address[:4]}…{key.address[-4:]}"
