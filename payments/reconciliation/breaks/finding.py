"""How checks find breaks, see them again, and see that they are over.

One writer at a time: whoever finds or closes many holds the lock on breaks until its transaction
ends. Each statement is for up to a thousand rows, however many breaks there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from nannychain import locks
from nannychain.audit.services import SYSTEM
from nannychain.locks import Lock
from payments.reconciliation.breaks.kinds import BreakKind, about
from payments.reconciliation.breaks.models import WORDS_LENGTH_MAX, Break, BreakEvent
from payments.reconciliation.breaks.states import BREAK, UNSETTLED, State

BATCH = 1000
_TOLD = (
    *("kind", "amount_cents", "source", "account", "ledger_account_id", "reference", "details"),
    *("cause", "remedy", "page", "page_id", "since"),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A difference as a check finds it.

    `subject` is the same whenever this difference is found. `amount_cents` is what the other side
    has more than our books (below zero: less; None: no shillings). `since` is when it came about in
    the world. `reference` is what people search for (a receipt). Cause, remedy and page, where
    left empty, are those of the class; `page` is an admin page's name without `admin:`, of the row
    `page_id` where that is given. `details` are JSON values for staff: nothing secret, no full
    number of a phone.
    """

    kind: BreakKind
    subject: str
    amount_cents: int | None
    since: datetime
    account: str = ""
    ledger_account_id: int | None = None
    reference: str = ""
    cause: str = ""
    remedy: str = ""
    page: str = ""
    page_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Tally:
    """How many breaks were new, found again after they were closed, changed, or as before.

    `settled` are lines that two people have settled for good.
    """

    new: int = 0
    reopened: int = 0
    changed: int = 0
    same: int = 0
    settled: int = 0


def find(found: Found, *, source: str) -> Break:
    """Keep one break; the same subject again touches the same row. Returns the row."""
    find_all([found], source=source)
    return Break.objects.get(subject=found.subject)


def find_all(founds: Iterable[Found], *, source: str) -> Tally:
    """Keep what a check has found; `source` names the check. Of one subject the last one counts.

    A break that changed its amount needs a person again, as does one that was over. All or none.
    """
    tally, instant = Tally(), timezone.now()
    with transaction.atomic():
        locks.take(Lock.BREAKS, "")
        for batch in _batches(founds):
            _keep({each.subject: each for each in batch}, source=source, at=instant, tally=tally)
    return tally


def still(subjects: Iterable[str]) -> int:
    """Note that these breaks are still there as they were; return how many are unsettled."""
    count = 0
    with transaction.atomic():
        locks.take(Lock.BREAKS, "")
        for batch in _batches(subjects):
            rows = Break.objects.filter(subject__in=batch, state__in=UNSETTLED)
            count += rows.update(last_seen_at=timezone.now())
    return count


def over(source: str, *, not_seen_since: datetime, why: str) -> int:
    """Close what this check found before and has not seen since then; return how many.

    A check takes the time, names all that it finds, and then calls this.
    """
    closed = 0
    with transaction.atomic():
        locks.take(Lock.BREAKS, "")
        for state in UNSETTLED:
            rows = Break.objects.filter(
                source=source, state=state, last_seen_at__lt=not_seen_since
            ).order_by("pk")
            while batch := list(rows.select_for_update(no_key=True)[:BATCH]):
                _close_all(batch, why=why)
                closed += len(batch)
    return closed


def _close_all(batch: Sequence[Break], *, why: str) -> None:
    words, instant = why[:WORDS_LENGTH_MAX], timezone.now()
    BREAK.move_all(batch, to=State.CLOSED, why=words, closed_at=instant, closed_as=words)
    _happened(batch, BreakEvent.What.CLOSED, at=instant, words=words)


def _batches(things: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(things)
    while batch := list(islice(left, BATCH)):
        yield batch


def _keep(founds: dict[str, Found], *, source: str, at: datetime, tally: Tally) -> None:
    rows = Break.objects.select_for_update(no_key=True).filter(subject__in=founds)
    known = {row.subject: row for row in rows}
    _add(
        [_new(each, source=source, at=at) for each in founds.values() if each.subject not in known],
        at=at,
        tally=tally,
    )
    same: list[Break] = []
    edited: list[Break] = []
    changed: list[Break] = []
    again: list[Break] = []
    for row in known.values():
        if row.state == State.CLOSED and row.is_settled and not about(row.kind).recurs:
            tally.settled += 1
            continue
        before = _told(row)
        _tell(row, founds[row.subject], source=source)
        row.last_seen_at = at
        if row.state == State.CLOSED:
            again.append(row)
        elif (row.kind, row.amount_cents) != before[:2]:
            changed.append(row)
        else:
            same.append(row)
            edited.extend([row] if _told(row) != before else [])
    Break.objects.filter(pk__in=[row.pk for row in same]).update(last_seen_at=at)
    Break.objects.bulk_update(edited, _TOLD)
    tally.same += len(same)
    _change(changed, at=at, tally=tally)
    _reopen(again, at=at, tally=tally)


def _new(found: Found, *, source: str, at: datetime) -> Break:
    row = Break(subject=found.subject, first_seen_at=at, last_seen_at=at, changed_at=at)
    _tell(row, found, source=source)
    row.due_at = at + about(found.kind).within
    return row


def _told(row: Break) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _TOLD)


def _tell(row: Break, found: Found, *, source: str) -> None:
    """Write what was found into the row. What is still there is as old as it ever was."""
    line = about(found.kind)
    is_there = row.since is not None and row.state != State.CLOSED
    row.since = min(row.since, found.since) if is_there else found.since
    row.kind, row.source, row.amount_cents = str(found.kind), source, found.amount_cents
    row.account, row.ledger_account_id = found.account[:80], found.ledger_account_id
    row.reference, row.details = found.reference[:60], dict(found.details)
    row.cause = (found.cause or line.cause)[:WORDS_LENGTH_MAX]
    row.remedy = (found.remedy or line.remedy)[:WORDS_LENGTH_MAX]
    row.page, row.page_id = found.page or line.page, found.page_id


def _add(rows: list[Break], *, at: datetime, tally: Tally) -> None:
    Break.objects.bulk_create(rows)
    _happened(rows, BreakEvent.What.FOUND, at=at)
    tally.new += len(rows)


def _change(rows: list[Break], *, at: datetime, tally: Tally) -> None:
    if not rows:
        return
    for row in rows:
        row.changed_at = at
    Break.objects.bulk_update(rows, [*_TOLD, "last_seen_at", "changed_at"])
    explained = [row for row in rows if row.state == State.EXPLAINED]
    BREAK.move_all(explained, to=State.OPEN, why="its amount has changed", explanation="")
    _happened(rows, BreakEvent.What.CHANGED, at=at)
    tally.changed += len(rows)


def _reopen(rows: list[Break], *, at: datetime, tally: Tally) -> None:
    if not rows:
        return
    for row in rows:
        row.first_seen_at = row.changed_at = at
        row.due_at = at + about(row.kind).within
    times = ("first_seen_at", "last_seen_at", "changed_at", "due_at")
    Break.objects.bulk_update(rows, [*_TOLD, *times])
    BREAK.move_all(
        rows,
        to=State.OPEN,
        why="found again",
        closed_at=None,
        closed_as="",
        is_settled=False,
        explanation="",
    )
    _happened(rows, BreakEvent.What.REOPENED, at=at)
    tally.reopened += len(rows)


def _happened(
    rows: Sequence[Break], what: BreakEvent.What, *, at: datetime, words: str = ""
) -> None:
    BreakEvent.objects.bulk_create(
        BreakEvent(of=row, at=at, what=what, by=SYSTEM, words=words, amount_cents=row.amount_cents)
        for row in rows
    )
