"""Making a change that begins on a day to come, and thinking better of it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils import timezone

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.clock import NAIROBI, nairobi_date
from nannychain.dated.models import NAME_LENGTH_MAX, Dated
from nannychain.errors import Conflict, Invalid

D = TypeVar("D", bound=Dated)
UNDER_THE_LAW = "NannyChain"  # who made the figures that the tables begin with


class BeginsTooSoon(Invalid):
    """A change that would begin today or earlier."""

    code = "dated.begins_too_soon"
    message = "A change begins on a day to come. The past stays as it was."


class BeginsTwice(Conflict):
    """Another change of the same thing begins on that day."""

    code = "dated.begins_twice"
    message = "Another change begins on that day. Withdraw that one first."


class HasBegun(Conflict):
    """It is in force already, or was withdrawn before."""

    code = "dated.has_begun"
    message = "This is in force already, or was withdrawn. Make a new change instead."


def begins_at(day: date) -> datetime:
    """Return the first instant of that day in Kenya."""
    return datetime.combine(day, time(), tzinfo=NAIROBI)


def ensure_to_come(starts_on: date) -> None:
    """Raise BeginsTooSoon for a day on which a change can't begin any more."""
    if starts_on <= nairobi_date(timezone.now()):
        raise BeginsTooSoon


def schedule(row: D, *, starts_on: date, reason: str, by: Actor) -> D:
    """Store a row that is in force from that day on, and note it in the audit; return it.

    Raises BeginsTooSoon, InvalidReason and BeginsTwice.
    """
    words = reasons.clean(reason)
    ensure_to_come(starts_on)
    row.effective_from = begins_at(starts_on)
    row.maker, row.reason = by.name[:NAME_LENGTH_MAX], words
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _note("made", row, by=by, reason=words)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) == "23505":
            raise BeginsTwice from error
        raise
    return row


def withdraw(row: Dated, *, reason: str, by: Actor) -> None:
    """Take back a change that has not begun. Raises HasBegun and InvalidReason."""
    words = reasons.clean(reason)
    instant = timezone.now()
    waiting = type(row)._default_manager.filter(
        pk=row.pk, withdrawn_at__isnull=True, effective_from__gt=instant
    )
    with transaction.atomic():
        if not waiting.update(withdrawn_at=instant, withdrawer=by.name[:NAME_LENGTH_MAX]):
            raise HasBegun
        _note("withdrawn", row, by=by, reason=words)


def begin(
    model: type[Dated],
    key: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Store the figures that a table begins with, for each key of which it knows nothing yet."""
    stored = model._default_manager.using(using)
    known = set(stored.values_list(key, flat=True))
    stored.bulk_create(model(maker=UNDER_THE_LAW, **row) for row in rows if row[key] not in known)


def _note(what: str, row: Dated, *, by: Actor, reason: str) -> None:
    name = row._meta.model_name
    audit.record(
        f"{name}.{what}",
        subject=row,
        actor_id=by.id,
        actor=by.name,
        after={"what": str(row), "from": row.effective_from.isoformat()},
        reason=reason,
        channel="admin",
    )
