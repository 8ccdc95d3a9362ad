"""Keys that sign: what the signer needs of one, and the two kinds that there are.

Whatever signs 32 raw bytes with Ed25519 can stand in: a key-management service that holds the
funding key needs `kind`, `address` and `sign`, and nothing here changes.
"""

from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from nannychain import strkey
from nannychain.sealing import Sealed
from nannychain.sealing.opening import KeyUnavailable, SealBroken, open_sealed
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.custody.services import CHANNEL, WALLET, seal_context

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
    def address(self) -> str:
        """The public key, as its wallet or channel has it."""
        return owner_of(self._key)[2]

    @sensitive_variables()
    def sign(self, message: bytes) -> bytes:
        """Open, check and sign. Raises KeyUnavailable and SealBroken."""
        return bytes(SigningKey(seed_of(self._key)).sign(message).signature)


class FundingSource:
    """The funding account's key, from the settings of the signer's own process."""

    kind = "funding"

    @property
    def address(self) -> str:
        """The public key, as the settings have it."""
        return str(settings.STELLAR_FUNDING_ACCOUNT)

    @sensitive_variables()
    def sign(self, message: bytes) -> bytes:
        """Sign; raise KeyUnavailable where this process has no such secret."""
        if not settings.STELLAR_FUNDING_SECRET:
            raise KeyUnavailable
        signing_key = SigningKey(strkey.seed_bytes(settings.STELLAR_FUNDING_SECRET))
        return bytes(signing_key.sign(message).signature)


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
