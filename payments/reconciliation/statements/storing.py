"""Keeping the lines of a statement, once, and seeing whether they follow from what is kept.

All of it or nothing. A line that an earlier file had is the same line; one that differs from it, or
is missing where the periods overlap, refuses the file. What is not completed is only counted: it
has moved nothing, and a later file lists it anew.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from nannychain.clock import NAIROBI
from nannychain.money import display
from nannychain.transactions import required
from payments.reconciliation.breaks.selectors import answered
from payments.reconciliation.statements import references
from payments.reconciliation.statements.kinds import PAY_INS, Kind, kind_of, kind_of_reason
from payments.reconciliation.statements.layout import Line, Refused, Statement
from payments.reconciliation.statements.matching import FLOATS
from payments.reconciliation.statements.models import (
    LATEST_FIRST,
    StatementFile,
    StatementLine,
    subject_of,
)
from payments.reconciliation.statements.states import KEPT
from wallets.ledger.models import Posting
from wallets.ledger.recipes import MANUAL

BATCH = 5_000
# The portal ends a period with its last second.
_NEXT_DOOR = timedelta(seconds=1)
_GAP = "gap: "
_Span = tuple[datetime, datetime]
_COLUMNS = (
    ("number", "integer"),
    ("kind", "text"),
    ("receipt", "text"),
    ("completed_at", "timestamptz"),
    ("initiated_at", "timestamptz"),
    ("amount_cents", "bigint"),
    ("balance_cents", "bigint"),
    ("reason_type", "text"),
    ("linked", "text"),
    ("occurrence", "smallint"),
    ("reference", "text"),
    ("account_number", "text"),
    ("phone", "text"),
    ("details", "text"),
    ("name", "text"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_KEPT = ", ".join(name for name, _ in _COLUMNS if name != "name")
_GIVEN = (
    f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for _, kind in _COLUMNS)})"  # noqa: S608
    f" AS g ({_NAMES})"
)
_ADD = f"""
    WITH given AS ({_GIVEN}),
    added AS (
        INSERT INTO payments_statementline ({_KEPT}, direction, file_id, shortcode, account)
        SELECT {_KEPT}, CASE WHEN amount_cents > 0 THEN 1 ELSE -1 END, %s::uuid, %s, %s
          FROM given
        ON CONFLICT DO NOTHING
        RETURNING id, number, kind
    ),
    opened AS (
        INSERT INTO payments_openitem (line_id, name)
        SELECT added.id, CASE WHEN added.kind = ANY (%s) THEN given.name ELSE '' END
          FROM added JOIN given USING (number)
        RETURNING 1
    )
    SELECT count(*) FROM added
"""  # noqa: S608 - columns of our own
# Lines that were kept before, from another file, and say something else now.
_CONTRADICTED = f"""
    WITH given AS ({_GIVEN})
    SELECT min(given.number)
      FROM given JOIN payments_statementline l
        ON l.shortcode = %s AND l.account = %s AND l.receipt = given.receipt
       AND l.reason_type = given.reason_type
       AND l.direction = CASE WHEN given.amount_cents > 0 THEN 1 ELSE -1 END
       AND l.linked = given.linked AND l.occurrence = given.occurrence
     WHERE l.kind <> 'not_completed'
       AND (l.amount_cents, l.balance_cents, l.completed_at)
           IS DISTINCT FROM (given.amount_cents, given.balance_cents, given.completed_at)
"""  # noqa: S608 - columns of our own

Tell = Callable[[int, int], None]


@required
def keep(file: StatementFile, statement: Statement, *, tell: Tell) -> int:
    """Keep the completed lines that are new; return how many. `file` has its head already.

    Raises Refused where they contradict what is kept.
    """
    _ensure_it_follows(file)
    rows = _rows(statement)
    file.kinds = dict(Counter(kind for _, kind, *_ in rows))
    if waiting := len(statement.lines) - len(rows):
        file.kinds[str(Kind.NOT_COMPLETED)] = waiting
    new = 0
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        given = [list(column) for column in zip(*batch, strict=True)]
        where = (file.shortcode, file.account)
        with connection.cursor() as cursor:
            names_for = [str(kind) for kind in PAY_INS]
            cursor.execute(_ADD, [*given, str(file.pk), *where, names_for])
            new += cursor.fetchone()[0]
            cursor.execute(_CONTRADICTED, [*given, *where])
            (contradicted,) = cursor.fetchone()
        if contradicted is not None:
            raise Refused("An earlier file has this line otherwise.", line=contradicted)
        tell(start + len(batch), len(rows))
    _ensure_nothing_is_missing(file, statement)
    return new


def _rows(statement: Statement) -> list[tuple[Any, ...]]:
    seen: Counter[tuple[str, str, bool, str]] = Counter()
    rows = []
    for line in statement.lines:
        if not line.is_completed:
            continue
        reason = line.reason_type[:80]
        key = (line.receipt, reason, line.paid_in_cents > 0, line.linked)
        seen[key] += 1
        rows.append(_row(line, reason, occurrence=seen[key]))
    return rows


def _row(line: Line, reason: str, *, occurrence: int) -> tuple[Any, ...]:
    kind = kind_of(line)
    phone, name = references.party(line.party)
    return (
        line.number,
        str(kind),
        line.receipt,
        line.completed_at,
        line.initiated_at,
        line.amount_cents,
        line.balance_cents,
        reason,
        line.linked,
        occurrence,
        references.of_line(kind, account=line.account, details=line.details),
        line.account[:80],
        phone,
        references.without_name(line.details, name),
        name,
    )


@required
def name_unknown(shortcode: str) -> None:
    """Give lines whose reason type was unknown when they came the kind that the table has now.

    Not where people have answered for the break, nor where so much was booked by hand on a float of
    the number since the line came: that may be what it is, and naming it would book it once more.
    """
    by_hand = Posting.objects.filter(
        journal__kind=MANUAL,
        journal__recorded_at__gte=OuterRef("file__received_at"),
        account__kind_id__in=FLOATS,
        account__label=shortcode,
        amount=OuterRef("amount_cents"),
    )
    lines = StatementLine.objects.filter(
        ~Exists(by_hand), shortcode=shortcode, kind=Kind.UNKNOWN, open_item__isnull=False
    )
    by_subject = {subject_of(line.pk): line for line in lines}
    seen_to = answered(by_subject)
    for subject, line in by_subject.items():
        kind = kind_of_reason(line.reason_type, direction=line.direction)
        if kind is not Kind.UNKNOWN and subject not in seen_to:
            line.kind = str(kind)
            line.reference = references.of_line(
                kind, account=line.account_number, details=line.details
            )
            line.save(update_fields=["kind", "reference"])


# What must follow.


@required
def _ensure_it_follows(file: StatementFile) -> None:
    """Compare the balances with the files before and after; note a gap or an overlap."""
    begins, ends = file.span
    others = neighbours(file)
    before = others.filter(period_from__lte=begins).order_by(*LATEST_FIRST).first()
    if before is not None:
        _compare(before.span[1], begins, before.closing_cents, file.opening_cents, file)
    after = others.filter(period_from__gt=begins).order_by("period_from").first()
    if after is not None:
        _compare(ends, after.span[0], file.closing_cents, after.opening_cents, file)
    words = "nothing is known from {} to {}"
    beside = [hole for hole in _holes(file) if _is_beside(file, hole)]
    file.notes.extend(_GAP + words.format(*map(_clock, hole)) for hole in beside)


def neighbours(file: StatementFile) -> QuerySet[StatementFile]:
    """Return the other files of the same account."""
    return StatementFile.objects.filter(
        shortcode=file.shortcode, account=file.account, state__in=KEPT
    ).exclude(pk=file.pk)


def gaps(file: StatementFile) -> list[str]:
    """Return what was noted of times beside a file that no other told of."""
    return [note for note in file.notes if note.startswith(_GAP)]


def filled(file: StatementFile) -> list[StatementFile]:
    """Return the files of the same account beside which there was a gap, and is none now."""
    noted = [other for other in neighbours(file) if gaps(other)]
    holes = _holes(file)
    return [other for other in noted if not any(_is_beside(other, hole) for hole in holes)]


def _holes(file: StatementFile) -> list[_Span]:
    """Return the times between the first and the last file of an account that none tells of."""
    holes: list[_Span] = []
    (_, ended), *spans = sorted(each.span for each in (file, *neighbours(file)))
    for begins, ends in spans:
        if begins - ended > _NEXT_DOOR:
            holes.append((ended, begins))
        ended = max(ended, ends)
    return holes


def _is_beside(file: StatementFile, hole: _Span) -> bool:
    begins, ends = file.span
    return hole[0] == ends or hole[1] == begins


def _compare(
    ended: datetime,
    begins: datetime,
    closing_cents: int | None,
    opening_cents: int | None,
    file: StatementFile,
) -> None:
    step = begins - ended
    if timedelta(0) < step <= _NEXT_DOOR and closing_cents != opening_cents:
        raise Refused(
            f"One period ends with {display(closing_cents or 0)}, and the next begins with"
            f" {display(opening_cents or 0)}."
        )
    if step < timedelta(0) or (step == timedelta(0) and closing_cents != opening_cents):
        words = "two files tell of the time from {} to {}"
        file.notes.append("overlap: " + words.format(_clock(begins), _clock(ended)))


@required
def _ensure_nothing_is_missing(file: StatementFile, statement: Statement) -> None:
    """Raise Refused where an earlier file has lines of this period that this one has not."""
    since, until = file.span
    times = [line.completed_at for line in statement.lines if line.is_completed]
    inside = sum(at is not None and since < at < until for at in times)
    kept = StatementLine.objects.filter(
        shortcode=file.shortcode,
        account=file.account,
        completed_at__gt=since,
        completed_at__lt=until,
    ).exclude(kind=Kind.NOT_COMPLETED)
    if kept.count() != inside:
        raise Refused("Earlier files have lines of this period that are missing here.")


def _clock(instant: datetime) -> str:
    return instant.astimezone(NAIROBI).strftime("%d-%m-%Y %H:%M:%S")
