"""What people and flows do about a break: give it to somebody, explain it, close it.

How breaks are found stands in `finding.py`; what takes two people in `review.py`.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.audit.services import SYSTEM
from nannychain.errors import Conflict, NotFound
from nannychain.transactions import required
from payments.reconciliation.breaks.finding import Found, Tally, find, find_all, over, still
from payments.reconciliation.breaks.models import NAME_LENGTH_MAX, Break, BreakEvent
from payments.reconciliation.breaks.states import BREAK, UNSETTLED, State

__all__ = [
    "Found",
    "Tally",
    "assign",
    "close",
    "explain",
    "find",
    "find_all",
    "over",
    "settled",
    "still",
]


class NoSuchBreak(NotFound):
    """There is no such break."""

    code = "breaks.no_such_break"
    message = "There is no such break."


class AlreadyClosed(Conflict):
    """It is over: nothing is left to be done about it."""

    code = "breaks.already_closed"
    message = "This break is closed."


def assign(break_id: UUID, *, to: Actor, by: Actor) -> Break:
    """Give a break to a member of staff, who sees to it from now on. Raises as `explain` does."""
    with transaction.atomic():
        item = locked(break_id)
        before = item.owner
        item.owner_id, item.owner = to.id, to.name[:NAME_LENGTH_MAX]
        item.save(update_fields=["owner_id", "owner"])
        note(item, BreakEvent.What.ASSIGNED, by=by, words=f"to {item.owner}")
        audit.record(
            "break.assigned",
            subject=item,
            actor_id=by.id,
            actor=by.name,
            before={"owner": before},
            after={"owner": item.owner},
            channel="admin",
        )
    return item


def explain(break_id: UUID, *, reason: str, by: Actor) -> Break:
    """Note why a break is there. It stays until it is over, and no longer rings.

    Raises NoSuchBreak, AlreadyClosed and InvalidReason.
    """
    words = reasons.clean(reason)
    with transaction.atomic():
        item = locked(break_id)
        before = item.explanation
        if item.state == State.OPEN:
            BREAK.move(item, to=State.EXPLAINED, why=words, explanation=words)
        else:
            item.explanation = words
            item.save(update_fields=["explanation"])
        note(item, BreakEvent.What.EXPLAINED, by=by, words=words)
        audit.record(
            "break.explained",
            subject=item,
            actor_id=by.id,
            actor=by.name,
            before={"explanation": before},
            after={"explanation": words},
            reason=words,
            channel="admin",
        )
    return item


@required
def close(subject: str, *, why: str) -> bool:
    """Close the break of that subject, since its cause is gone; tell whether it was there.

    For flows that know that it is over. What only people know takes two of them (`review.py`).
    """
    rows = Break.objects.select_for_update(no_key=True).filter(state__in=UNSETTLED)
    item = rows.filter(subject=subject).first()
    if item is None:
        return False
    _close(item, why=why, at=timezone.now())
    note(item, BreakEvent.What.CLOSED, words=why)
    return True


@required
def settled(item: Break, *, what: BreakEvent.What, why: str, by: Actor) -> None:
    """Close a break by what two people have decided; a single line stays closed for good."""
    _close(item, why=why, at=timezone.now(), is_settled=True)
    note(item, what, by=by, words=why)


@required
def locked(break_id: UUID | str) -> Break:
    """Return an unsettled break, locked; raise NoSuchBreak and AlreadyClosed."""
    item = Break.objects.select_for_update(no_key=True).filter(pk=break_id).first()
    if item is None:
        raise NoSuchBreak
    if item.state not in UNSETTLED:
        raise AlreadyClosed
    return item


@required
def note(item: Break, what: BreakEvent.What, *, by: Actor | None = None, words: str = "") -> None:
    """Add a line to the break's history."""
    BreakEvent.objects.create(
        of=item,
        what=what,
        by_id=by.id if by else None,
        by=by.name[:NAME_LENGTH_MAX] if by else SYSTEM,
        words=words[:200],
        amount_cents=item.amount_cents,
    )


def _close(item: Break, *, why: str, at: datetime, is_settled: bool = False) -> None:
    words = why[:200]
    BREAK.move(
        item,
        to=State.CLOSED,
        why=words,
        closed_at=at,
        closed_as=words,
        is_settled=is_settled,
    )
