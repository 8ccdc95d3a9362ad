"""The daily run: finish what can be finished, ask, compare, and make the report.

One run at a time. What a provider doesn't answer is noted in the report and hinders nothing else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from nannychain import locks, transactions
from nannychain.actors import Actor
from nannychain.errors import Conflict
from nannychain.inbox import services as inbox
from nannychain.locks import Lock
from payments.deposits import selectors as deposits
from payments.deposits import tending as deposit_tending
from payments.paybill import tending as paybill_tending
from payments.paybill.models import PaybillPayment
from payments.reconciliation import findings
from payments.reconciliation.balances import asking
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks import selectors as breaks
from payments.reconciliation.reports import services as reports
from payments.reconciliation.reports.models import DailyReport
from payments.reconciliation.safeguarding import selectors as safeguarding
from payments.reconciliation.statements import services as statements
from payments.withdrawals import selectors as withdrawals
from payments.withdrawals import tending as withdrawal_tending
from wallets.ledger.checking import services as checking
from wallets.ledger.checking.models import BooksCheck
from wallets.stellar.counting import services as counting
from wallets.stellar.counting.services import NotCounted

log = structlog.get_logger(__name__)

TENDING_SECONDS = 120.0
WAIT_SECONDS = 15.0
_PAUSE_SECONDS = 0.5


class AlreadyRunning(Conflict):
    """Another run is under way."""

    code = "reconciliation.already_running"
    message = "Another reconciliation is under way."


@dataclass
class Run:
    """A run as it goes: what each step came to, and in the end the report and what is open."""

    at: datetime
    notes: dict[str, Any] = field(default_factory=dict)
    report: DailyReport | None = None
    is_new: bool = False
    open_breaks: int = 0


Progress = Callable[[str, Any], None]


def run(
    *,
    by: Actor | None = None,
    supersede: str = "",
    wait_seconds: float = WAIT_SECONDS,
    on_progress: Progress = lambda _step, _came_to: None,
) -> Run:
    """Reconcile now, and make the report of the day that is over, if it isn't there yet.

    Days of the last week that have none get theirs, too. `by` is the person who has it run; none
    for beat. With a reason to `supersede`, another version of the report is made. M-Pesa's balances
    are waited for up to `wait_seconds`. `on_progress` hears of each step what it came to. Raises
    AlreadyRunning and InvalidReason. Must not be called within a transaction.
    """
    transactions.forbid("providers are asked")
    with locks.alone(Lock.RECONCILIATION, "") as is_alone:
        if not is_alone:
            raise AlreadyRunning
        return _run(Run(at=timezone.now()), by, supersede, wait_seconds, on_progress)


def _run(
    done: Run, by: Actor | None, supersede: str, wait_seconds: float, on_progress: Progress
) -> Run:
    outside: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("callbacks worked off", inbox.sweep),
        ("unfinished payments tended", finish),
        ("payments pulled", _pull),
        ("balances asked for", asking.ask_all),
        ("balances told", lambda: wait_for_balances(done.at, seconds=wait_seconds)),
        ("Stellar counted", _count_stellar),
        ("open lines of statements", _compare_statements),
    )
    inside: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("books checked", lambda: _check_books(done.at)),
        ("clearing accounts", lambda: findings.in_clearing(at=done.at)),
        ("accounts of payments under way", lambda: findings.in_accounts_under_way(at=done.at)),
        ("silent balances", lambda: asking.tell_silence(at=done.at)),
        ("daily reports", lambda: findings.in_reports(at=done.at)),
        ("safeguarding", lambda: _safeguard(done.at)),
    )
    for name, step in outside:
        try:
            came_to = step()
        except Exception as error:
            log.exception("reconciliation.step_failed", step=name)
            came_to = f"failed: {type(error).__name__}"
        _note(done, name, came_to, on_progress)
    for name, step in inside:
        _note(done, name, step(), on_progress)
    made_late = reports.make_missing(at=timezone.now(), by=by, run=done.notes)
    _note(done, "missing reports made", made_late, on_progress)
    done.report, done.is_new = reports.make(
        at=timezone.now(), by=by, supersede=supersede, run=done.notes
    )
    asking.forget_old()
    done.open_breaks = breaks.unsettled().count()
    log.info("reconciliation.ran", report=str(done.report), open_breaks=done.open_breaks)
    return done


def finish() -> int:
    """Do what is due for every unfinished payment; return how many were looked at.

    What is left when the time is over is left to the sweeps. Must not be called within a
    transaction.
    """
    stop_at, looked_at = time.monotonic() + TENDING_SECONDS, 0
    flows: tuple[tuple[Callable[[], list[str]], Callable[[str], None]], ...] = (
        (deposits.due, deposit_tending.tend),
        (withdrawals.due, withdrawal_tending.tend),
        (_payments_due, paybill_tending.tend),
    )
    for due, tend in flows:
        seen: set[str] = set()
        while ids := [key for key in due() if key not in seen]:
            for key in ids:
                if time.monotonic() > stop_at:
                    return looked_at
                seen.add(key)
                looked_at += 1
                try:
                    tend(key)
                except Exception:
                    log.exception("reconciliation.tend_failed", id=key)
    return looked_at


def wait_for_balances(since: datetime, *, seconds: float) -> int:
    """Work off callbacks until M-Pesa has told all balances that were asked for since then.

    Returns how many it has told when the time is over.
    """
    stop_at = time.monotonic() + seconds
    while True:
        inbox.sweep()
        asked = BalanceReading.objects.filter(asked_at__gte=since)
        waits = asked.filter(answered_at__isnull=True, outcome="").exists()
        if not waits or time.monotonic() > stop_at:
            return asked.filter(answered_at__isnull=False).count()
        time.sleep(_PAUSE_SECONDS)


def _payments_due() -> list[str]:
    rows = PaybillPayment.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return [str(key) for key in rows.values_list("pk", flat=True)[: paybill_tending.BATCH_MAX]]


def _pull() -> int | str:
    pulled = paybill_tending.pull(back=paybill_tending.PULLS_FAR_BACK)
    return f"failed after {pulled.seen}: {pulled.failure}" if pulled.failure else pulled.seen


def _compare_statements() -> int | str:
    still_open = statements.compare_all()
    return "skipped: a statement is being worked off" if still_open is None else still_open


def _count_stellar() -> str:
    try:
        count = counting.count()
    except NotCounted as error:
        return f"not counted: {error}"
    findings.in_stellar(count)
    return "no accounts" if count is None else f"as of ledger {count.ledger}"


def _check_books(at: datetime) -> str:
    """Look at all books, unless that was done within the hour."""
    recent = BooksCheck.objects.filter(started_at__gte=at - timedelta(hours=1)).order_by("-pk")
    check = recent.first() or checking.check_books()
    findings.in_books(check)
    return "wrong" if check.faults else "late" if check.late else "right"


def _safeguard(at: datetime) -> int:
    line = safeguarding.now()
    findings.in_safeguarding(line, at=at)
    return line.surplus_cents


def _note(done: Run, name: str, came_to: Any, on_progress: Progress) -> None:
    told = came_to if isinstance(came_to, int | str) else _tally(came_to)
    done.notes[name] = told
    on_progress(name, told)


def _tally(came_to: Any) -> str:
    if came_to is None:
        return "done"
    return f"{came_to.new} new, {came_to.reopened} again, {came_to.changed} changed"
