"""What the daily run looks at, and the breaks that it finds there. A balance at M-Pesa is compared
when M-Pesa answers (`balances/`); everything else is compared here.

Each look closes what it no longer finds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.services import Found, Tally
from payments.reconciliation.clearing import selectors as clearing
from payments.reconciliation.reports import chain
from payments.reconciliation.safeguarding.selectors import SafeguardingLine
from wallets.ledger.chart import CHART, Kind
from wallets.ledger.checking.models import BooksCheck
from wallets.stellar.counting.models import StellarCount

_NAMES = {line.kind: line.name for line in CHART}
_PAGES = {
    Kind.PAYOUT_CLEARING: "payments_withdrawal_changelist",
    Kind.SUSPENSE_PAYOUTS: "payments_withdrawal_changelist",
    Kind.SUSPENSE_RECEIPTS: "payments_paybillpayment_changelist",
    Kind.SETTLEMENT_IN_TRANSIT: "payments_floatmove_changelist",
    Kind.BANK_IN_TRANSIT: "payments_floatmove_changelist",
}


def in_books(check: BooksCheck) -> Tally:
    """Keep a break where the check of the books found them wrong."""
    found = [
        Found(
            kind=BreakKind.BOOKS_WRONG,
            subject="books",
            amount_cents=None,
            since=check.started_at,
            account="ledger",
            details={str(number): fault for number, fault in enumerate(check.faults[:5], start=1)},
        )
    ]
    return _look("books", found if check.faults else [], over="the books are right again")


def in_clearing(*, at: datetime) -> Tally:
    """Keep a break for each clearing account on which something stands for too long."""
    late = [
        each for each in clearing.standing() if each.oldest < at - timedelta(days=each.within_days)
    ]
    return _look("clearing", (_late(each) for each in late), over="it is cleared")


def in_accounts_under_way(*, at: datetime) -> Tally:
    """Keep a break for each clearing account that doesn't hold what is under way by the rows."""
    found = (
        Found(
            kind=BreakKind.CLEARING_DIFFERS,
            subject=f"under_way:{each.kind}:{each.label}",
            amount_cents=each.under_way_cents - each.booked_cents,
            since=at,
            account=f"{_NAMES[Kind(each.kind)]} {each.label}".strip(),
            ledger_account_id=each.account_id,
            page="wallets_account_change" if each.account_id else "",
            page_id=str(each.account_id or ""),
            details={
                "our books say (cents)": each.booked_cents,
                "under way by the payments (cents)": each.under_way_cents,
            },
        )
        for each in clearing.apart()
    )
    return _look("under_way", found, over="the account holds what is under way")


def in_stellar(count: StellarCount | None) -> Tally:
    """Keep a break for a count that shows a drift. People close it: the next count begins anew."""
    if count is None or not count.unexplained_stroops:
        return Tally()
    found = Found(
        kind=BreakKind.STELLAR_DRIFT,
        subject=f"stellar:{count.network}:{count.ledger}",
        amount_cents=None,
        since=count.counted_at,
        account=f"Stellar {count.network}",
        details={
            "drift (stroops)": count.drift_stroops,
            "unexplained (stroops)": count.unexplained_stroops,
            "from ledger": count.since_ledger,
            "to ledger": count.ledger,
        },
    )
    return breaks.find_all([found], source="stellar")


def in_safeguarding(line: SafeguardingLine, *, at: datetime) -> Tally:
    """Keep a break where customers' money is not covered."""
    found = Found(
        kind=BreakKind.SAFEGUARDING_SHORT,
        subject="safeguarding",
        amount_cents=-line.shortfall_cents,
        since=at,
        account="customers' money",
        details={
            "owed to customers (cents)": line.requirement_cents,
            "held for them (cents)": line.resource_cents,
            "of it missing at M-Pesa (cents)": line.missing_cents,
        },
    )
    return _look("safeguarding", [found] if line.shortfall_cents else [], over="it is covered")


def in_reports(*, at: datetime) -> Tally:
    """Keep a break where a daily report is not what it was when it was made."""
    broken = chain.first_broken()
    found = [
        Found(
            kind=BreakKind.REPORT_CHANGED,
            subject="reports",
            amount_cents=None,
            since=at,
            account="daily reports",
            reference=str(broken),
        )
    ]
    return _look("reports", found if broken else [], over="all reports are as they were made")


def _look(source: str, found: Iterable[Found], *, over: str) -> Tally:
    started = timezone.now()
    tally = breaks.find_all(found, source=source)
    breaks.over(source, not_seen_since=started, why=over)
    return tally


def _late(each: clearing.Clearing) -> Found:
    kind = Kind(each.kind)
    is_asset = kind < Kind.WORKER_WALLET
    page = _PAGES.get(kind, "wallets_account_change")
    return Found(
        kind=BreakKind.CLEARING_OLD,
        subject=f"clearing:{each.account_id}",
        # What we await and never see is missing; what we owe and can't place is there.
        amount_cents=-each.cents if is_asset else each.cents,
        since=each.oldest,
        account=f"{_NAMES[kind]} {each.label}".strip(),
        ledger_account_id=each.account_id,
        page=page,
        page_id=str(each.account_id) if page.endswith("_change") else "",
        details={"may stand for (days)": each.within_days},
    )
