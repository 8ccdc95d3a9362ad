"""Index of the vault's admin pages."""

from wallets.ledger.checking.admin import BooksCheckAdmin
from wallets.stellar.admin import (
    ChannelAdmin,
    FundingRequestAdmin,
    NetworkAdmin,
    SubmissionAdmin,
)
from wallets.stellar.watching.admin import MovementAdmin
from wallets.wallet.admin import WalletAdmin

__all__ = [
    "BooksCheckAdmin",
    "ChannelAdmin",
    "FundingRequestAdmin",
    "MovementAdmin",
    "NetworkAdmin",
    "SubmissionAdmin",
    "WalletAdmin",
]
