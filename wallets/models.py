"""Index of the vault's models."""

from wallets.custody.models import SealedChannelKey, SealedKey, Signing
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.watching.models import Movement
from wallets.wallet.models import Wallet

__all__ = [
    "Channel",
    "Envelope",
    "FundingRequest",
    "Movement",
    "Network",
    "SealedChannelKey",
    "SealedKey",
    "Signing",
    "Submission",
    "Wallet",
]
