"""Index of the vault's models."""

from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.wallet.models import Wallet

__all__ = [
    "Channel",
    "Envelope",
    "FundingRequest",
    "Network",
    "SealedChannelKey",
    "SealedKey",
    "Submission",
    "Wallet",
]
