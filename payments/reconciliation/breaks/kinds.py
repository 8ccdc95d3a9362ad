"""The classes of break, as data: what most likely causes one, and what resolves it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class BreakKind(StrEnum):
    """The class of a difference."""

    IN_STATEMENT_NOT_LEDGER = "in_statement_not_ledger"
    IN_LEDGER_NOT_STATEMENT = "in_ledger_not_statement"
    AMOUNT_DIFFERS = "amount_differs"
    DUPLICATE = "duplicate"
    REVERSED_AT_PROVIDER = "reversed_at_provider"
    WRONG_ACCOUNT = "wrong_account"
    CHARGE_MISMATCH = "charge_mismatch"
    ORPHAN_REVERSAL = "orphan_reversal"
    FLOAT_DIFFERS = "float_differs"
    BALANCE_UNKNOWN = "balance_unknown"
    CLEARING_OLD = "clearing_old"
    CLEARING_DIFFERS = "clearing_differs"
    REPORT_CHANGED = "report_changed"
    STELLAR_DRIFT = "stellar_drift"
    SAFEGUARDING_SHORT = "safeguarding_short"
    BOOKS_WRONG = "books_wrong"


@dataclass(frozen=True, kw_only=True)
class About:
    """One line of the table.

    `within` is how long one may stay open before it rings. `page` is the name of the admin page
    (without `admin:`) where it is resolved. A kind that `recurs` is about a state of things, which
    opens again whenever it is seen; any other is about one line, which two people settle for good.
    """

    kind: BreakKind
    words: str
    cause: str
    remedy: str
    page: str
    within: timedelta = timedelta(days=1)
    recurs: bool = False


_STATEMENT_CLOSES = timedelta(days=2)
TABLE = {
    about.kind: about
    for about in (
        About(
            kind=BreakKind.IN_STATEMENT_NOT_LEDGER,
            words="in the statement, not in our books",
            cause="a confirmation of M-Pesa's was lost",
            remedy="pull the payments, or allot it from suspense",
            page="payments_paybillpayment_changelist",
        ),
        About(
            kind=BreakKind.IN_LEDGER_NOT_STATEMENT,
            words="in our books, not in the statement",
            cause="M-Pesa has not made it, or will list it in the next statement",
            remedy="wait for the next statement; after that ask M-Pesa",
            page="payments_withdrawal_changelist",
            within=_STATEMENT_CLOSES,
        ),
        About(
            kind=BreakKind.AMOUNT_DIFFERS,
            words="amounts differ",
            cause="a message told another amount than was moved",
            remedy="correct our books by a reversal and a new journal, by two people",
            page="wallets_manualjournal_changelist",
        ),
        About(
            kind=BreakKind.DUPLICATE,
            words="twice",
            cause="one movement was listed or booked twice",
            remedy="reverse what is booked twice, by two people",
            page="wallets_manualjournal_changelist",
        ),
        About(
            kind=BreakKind.REVERSED_AT_PROVIDER,
            words="taken back by M-Pesa",
            cause="the payer had M-Pesa take the payment back",
            remedy="book the reversal; what was spent meanwhile is owed to us",
            page="wallets_manualjournal_changelist",
        ),
        About(
            kind=BreakKind.WRONG_ACCOUNT,
            words="on another account or number",
            cause="the money lies under another of our accounts than our books say",
            remedy="book the move between our accounts at M-Pesa",
            page="payments_floatmove_changelist",
        ),
        About(
            kind=BreakKind.CHARGE_MISMATCH,
            words="charge differs from the tariff",
            cause="Safaricom has changed its tariff, or charged wrongly",
            remedy="compare with Safaricom's tariff; claim back what is too much",
            page="payments_floatmove_changelist",
            within=timedelta(days=7),
        ),
        About(
            kind=BreakKind.ORPHAN_REVERSAL,
            words="a reversal of nothing that we know",
            cause="what was reversed never reached our books",
            remedy="find the payment that it undoes; both may be left out of the books",
            page="payments_paybillpayment_changelist",
        ),
        About(
            kind=BreakKind.FLOAT_DIFFERS,
            words="balance at M-Pesa differs",
            cause="payments under way, a move of float that nobody booked, or Safaricom's charges",
            remedy="import the statement, and book moves of float and charges",
            page="payments_floatmove_changelist",
            within=_STATEMENT_CLOSES,
            recurs=True,
        ),
        About(
            kind=BreakKind.BALANCE_UNKNOWN,
            words="M-Pesa doesn't tell the balance",
            cause="M-Pesa has not answered, or the initiator may not ask for balances",
            remedy="look at the callbacks; ask again with `manage.py reconcile`",
            page="nannychain_inboxmessage_changelist",
            recurs=True,
        ),
        About(
            kind=BreakKind.CLEARING_OLD,
            words="lies on a clearing account for too long",
            cause="the payment behind it waits for an answer or for a decision",
            remedy="settle the payment that it belongs to",
            page="wallets_account_changelist",
            recurs=True,
        ),
        About(
            kind=BreakKind.CLEARING_DIFFERS,
            words="clearing account differs from what is under way",
            cause="a payment changed its state without its booking, or a journal was made by hand",
            remedy="compare the account's entries with the payments under way",
            page="wallets_account_changelist",
            within=timedelta(0),
            recurs=True,
        ),
        About(
            kind=BreakKind.STELLAR_DRIFT,
            words="balance on Stellar differs",
            cause="somebody used our key elsewhere, or paid XLM in or out by hand",
            remedy="look at the movements of the account, and say that they were looked at",
            page="wallets_movement_changelist",
        ),
        About(
            kind=BreakKind.REPORT_CHANGED,
            words="a daily report is not as it was made",
            cause="rows were changed past the triggers that guard them",
            remedy="restore the report from a backup, and find out who did it",
            page="payments_dailyreport_changelist",
            within=timedelta(0),
            recurs=True,
        ),
        About(
            kind=BreakKind.SAFEGUARDING_SHORT,
            words="customers' money is not covered",
            cause="charges, losses or loans were paid out of customers' money",
            remedy="move own money into the pool today, and book it",
            page="payments_floatmove_changelist",
            within=timedelta(0),
            recurs=True,
        ),
        About(
            kind=BreakKind.BOOKS_WRONG,
            words="the books are wrong in themselves",
            cause="rows of the ledger were changed past its functions",
            remedy="stop the flows, and follow the runbook for wrong books",
            page="wallets_bookscheck_changelist",
            within=timedelta(0),
            recurs=True,
        ),
    )
}


def about(kind: str) -> About:
    """Return the line of a class."""
    return TABLE[BreakKind(kind)]
