"""Index of the vault's admin pages."""

from wallets.ledger.admin import (
    AccountAdmin,
    AccountKindAdmin,
    HoldAdmin,
    JournalAdmin,
    JournalKindAdmin,
    ManualJournalAdmin,
)
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
    "AccountAdmin",
    "AccountKindAdmin",
    "BooksCheckAdmin",
    "ChannelAdmin",
    "FundingRequestAdmin",
    "HoldAdmin",
    "JournalAdmin",
    "JournalKindAdmin",
    "ManualJournalAdmin",
    "MovementAdmin",
    "NetworkAdmin",
    "SubmissionAdmin",
    "WalletAdmin",
]
