"""The ledger in the admin: to read, and manual journals by two people."""

from wallets.ledger.admin.accounts import AccountAdmin
from wallets.ledger.admin.chart import AccountKindAdmin, JournalKindAdmin
from wallets.ledger.admin.holds import HoldAdmin
from wallets.ledger.admin.journals import JournalAdmin
from wallets.ledger.admin.manual import ManualJournalAdmin

__all__ = [
    "AccountAdmin",
    "AccountKindAdmin",
    "HoldAdmin",
    "JournalAdmin",
    "JournalKindAdmin",
    "ManualJournalAdmin",
]
