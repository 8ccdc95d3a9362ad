"""Rotation: sealing every secret again, under the newest key.

Each table that holds sealed secrets takes part as a `Holder`; `config/sealing.py` lists them all.
How a secret is opened and checked is its holder's own matter: no secret passes through here.

A run works in small committed batches. It may be killed at any moment, run again, or run twice at
once: a row is either under its old key or under the newest, never under both or neither.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet

from nannychain.errors import Unavailable
from nannychain.sealing import keys
from nannychain.sealing.opening import KeyUnavailable, SealBroken, held_key_ids
from nannychain.sealing.seal import newest_public_key

log = structlog.get_logger(__name__)

BATCH_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A table whose rows hold a secret each, and a `key_id` that names the key which opens it."""

    name: str
    # The rows that hold a secret: not those whose secret was wiped.
    rows: Callable[[], QuerySet[Any]]
    # Opens the row's secret, checks it, and puts it back on the row, in memory, newly sealed.
    reseal: Callable[[Any], None]
    # The fields that `reseal` changes.
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """Rows that can't be opened here: their key is not among those that this process holds."""

    holder: str
    key_id: str
    rows: int


@dataclass
class Progress:
    """How far the rotation of one holder has come. `broken` has the ids of rows that don't open."""

    holder: str
    total: int
    done: int = 0
    broken: set[str] = field(default_factory=set)


class CannotRotate(Unavailable):
    """The key to rotate to, or one to rotate from, is not here. Nothing was changed."""

    code = "sealing.cannot_rotate"
    message = "The keys for this are not all here."

    def __init__(self, missing: tuple[Missing, ...] = ()) -> None:
        self.missing = missing
        super().__init__()


_holders: list[Holder] = []


def register(holders: Iterable[Holder]) -> None:
    """Take the table of everything that is sealed."""
    _holders[:] = holders


def rotate(
    *, on_progress: Callable[[Progress], None], batch_rows: int = BATCH_ROWS
) -> list[Progress]:
    """Seal every secret under the newest key; return what was done for each holder.

    `on_progress` is called when a holder begins and after each committed batch. Raises CannotRotate
    before anything is changed when a key is missing. A row whose seal does not hold is left as it
    is, and named in `broken`.
    """
    if not settings.ENCRYPTION_KEY:
        raise CannotRotate
    if sealed_elsewhere := missing():
        raise CannotRotate(sealed_elsewhere)
    return [
        _rotate_holder(holder, batch_rows=batch_rows, on_progress=on_progress)
        for holder in _holders
    ]


def probe() -> dict[str, bool]:
    """Open one secret of each holder that a key here belongs to; tell which holders' did open.

    Changes nothing. Empty where no key is here, or nothing is sealed under one.
    """
    found = {}
    for holder in _holders:
        row = holder.rows().filter(key_id__in=held_key_ids()).order_by("pk").first()
        if row is None:
            continue
        try:
            holder.reseal(row)  # in memory only: the row is not saved
        except (KeyUnavailable, SealBroken):
            found[holder.name] = False
        else:
            found[holder.name] = True
    return found


def missing() -> tuple[Missing, ...]:
    """Return what can't be opened here: rows under keys that this process does not hold."""
    return tuple(_missing())


def _missing() -> Iterator[Missing]:
    for holder in _holders:
        unknown = holder.rows().exclude(key_id__in=held_key_ids())
        counts = unknown.order_by("key_id").values_list("key_id").annotate(Count("pk"))
        for key_id, rows in counts:
            yield Missing(holder=holder.name, key_id=key_id, rows=rows)


def _rotate_holder(
    holder: Holder, *, batch_rows: int, on_progress: Callable[[Progress], None]
) -> Progress:
    progress = Progress(holder=holder.name, total=_under_old_keys(holder).count())
    on_progress(progress)
    # First round the rows that another run has in hand; then once more, waiting for that run to
    # end: if it was killed, what it left is done here.
    for skip_locked in (True, False):
        last = None
        while batch := _rotate_batch(
            holder, progress, after=last, rows_max=batch_rows, skip_locked=skip_locked
        ):
            on_progress(progress)
            last = batch[-1].pk
    log.info("sealing.rotated", holder=holder.name, rows=progress.done, broken=len(progress.broken))
    return progress


def _under_old_keys(holder: Holder) -> QuerySet[Any]:
    return holder.rows().exclude(key_id=keys.key_id(newest_public_key()))


def _rotate_batch(
    holder: Holder, progress: Progress, *, after: object, rows_max: int, skip_locked: bool
) -> list[Any]:
    """Rotate the next rows by primary key, in one transaction; return them, none at the end."""
    rows = _under_old_keys(holder).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    with transaction.atomic():
        batch = list(rows.select_for_update(skip_locked=skip_locked, of=("self",))[:rows_max])
        resealed = [row for row in batch if _reseal(holder, row, progress)]
        holder.rows().bulk_update(resealed, holder.fields)
    progress.done += len(resealed)
    return batch


def _reseal(holder: Holder, row: Any, progress: Progress) -> bool:
    try:
        holder.reseal(row)
    except (SealBroken, KeyUnavailable) as error:
        if str(row.pk) not in progress.broken:
            log.error("sealing.broken", holder=holder.name, row=str(row.pk), code=error.code)
        progress.broken.add(str(row.pk))
        return False
    return True
