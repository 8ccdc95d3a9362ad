"""Making and storing sealed keys. Opening them is `wallets.custody.signer`'s alone."""

from dataclasses import dataclass
from uuid import UUID

from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from nannychain.sealing import Sealed, seal
from nannychain.strkey import public_key_text
from nannychain.transactions import required
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.stellar.models import Channel
from wallets.wallet.models import Wallet

WALLET, CHANNEL = "wallet", "channel"


@dataclass(frozen=True)
class NewKey:
    """A fresh key: the public half in Stellar's text form, the secret half sealed."""

    public_key: str
    sealed: Sealed


def new_sealed_key(*, wallet_id: UUID) -> NewKey:
    """Return a random Ed25519 key, sealed for that wallet. The seed lives only within this call."""
    return _new_key(wallet_id, kind=WALLET)


def new_channel_key(*, channel_id: UUID) -> NewKey:
    """Return a random Ed25519 key, sealed for that channel of ours."""
    return _new_key(channel_id, kind=CHANNEL)


@required
def store(*, wallet: Wallet, key: NewKey) -> SealedKey:
    """Store the sealed key of a new wallet, in the transaction that makes the wallet."""
    return SealedKey.objects.create(
        wallet=wallet, key_id=key.sealed.key_id, ciphertext=key.sealed.ciphertext
    )


@required
def store_channel_key(*, channel: Channel, key: NewKey) -> SealedChannelKey:
    """Store the sealed key of a new channel, in the transaction that makes the channel."""
    return SealedChannelKey.objects.create(
        channel=channel, key_id=key.sealed.key_id, ciphertext=key.sealed.ciphertext
    )


def seal_context(owner_id: UUID, public_key: str, *, kind: str = WALLET) -> str:
    """Return what is sealed together with a seed and checked when it is opened: whose it is."""
    return f"{kind}:{owner_id}:{public_key}"


@sensitive_variables()
def _new_key(owner_id: UUID, *, kind: str) -> NewKey:
    signing_key = SigningKey.generate()
    public_key = public_key_text(bytes(signing_key.verify_key))
    sealed = seal(bytes(signing_key), context=seal_context(owner_id, public_key, kind=kind))
    return NewKey(public_key=public_key, sealed=sealed)
