"""Index of the vault's admin pages."""

from wallets.stellar.admin import (
    ChannelAdmin,
    FundingRequestAdmin,
    MovementAdmin,
    NetworkAdmin,
    SubmissionAdmin,
)
from wallets.wallet.admin import WalletAdmin

__all__ = [
    "ChannelAdmin",
    "FundingRequestAdmin",
    "MovementAdmin",
    "NetworkAdmin",
    "SubmissionAdmin",
    "WalletAdmin",
]
