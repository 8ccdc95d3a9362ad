"""Index of the vault's models."""

from wallets.custody.models import SealedChannelKey, SealedKey, Signing
from wallets.ledger.checking.models import BooksCheck
from wallets.ledger.manual.models import ManualJournal, ManualPosting
from wallets.ledger.models import (
    Account,
    AccountKind,
    Balance,
    Currency,
    Hold,
    HoldCapture,
    Journal,
    JournalKind,
    Posting,
    Unrolled,
)
from wallets.stellar.counting.models import StellarCount
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.watching.models import Movement
from wallets.wallet.models import Wallet

__all__ = [
    "Account",
    "AccountKind",
    "Balance",
    "BooksCheck",
    "Channel",
    "Currency",
    "Envelope",
    "FundingRequest",
    "Hold",
    "HoldCapture",
    "Journal",
    "JournalKind",
    "ManualJournal",
    "ManualPosting",
    "Movement",
    "Network",
    "Posting",
    "SealedChannelKey",
    "SealedKey",
    "Signing",
    "StellarCount",
    "Submission",
    "Unrolled",
    "Wallet",
]
