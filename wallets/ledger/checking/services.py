"""Running the checks of the books, by command, by night and after every test."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from nannychain import alerts
from wallets.ledger.checking.checks import CHECKS, Check
from wallets.ledger.checking.models import BooksCheck

_SHOWN = 20  # faults of one check that are named
_ALERT_FAULT = "ledger:books"
_ALERT_LATE = "ledger:clearing"


@dataclass
class Report:
    """What the checks found: sentences, the first fault first."""

    journals: int = 0
    postings: int = 0
    faults: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


def verify(
    *,
    checks: Sequence[Check] = CHECKS,
    on_progress: Callable[[Check, list[str], float], None] | None = None,
) -> Report:
    """Recompute everything by one instant's rows, and return what is wrong or late.

    `on_progress` hears of each check what it found and the seconds it took. Writes nothing. Within
    a caller's transaction it looks at what that one sees.
    """
    if connection.in_atomic_block:
        return _verify(checks, on_progress=on_progress)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # All checks see the same rows, whatever is posted meanwhile.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _verify(checks, on_progress=on_progress)


def _verify(
    checks: Sequence[Check], *, on_progress: Callable[[Check, list[str], float], None] | None
) -> Report:
    report = Report()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM wallets_journal), (SELECT count(*) FROM wallets_posting)"
        )
        report.journals, report.postings = cursor.fetchone()
        for check in checks:
            started = time.monotonic()
            cursor.execute(f"SELECT * FROM ({check.finds}) found LIMIT {_SHOWN}")  # noqa: S608
            found = [f"{check.name}: {sentence}" for (sentence,) in cursor.fetchall()]
            (report.late if check.is_due else report.faults).extend(found)
            if on_progress is not None:
                on_progress(check, found, time.monotonic() - started)
    return report


def check_books() -> BooksCheck:
    """Verify everything, keep the result, and tell staff what is wrong or late."""
    started_at, started = timezone.now(), time.monotonic()
    report = verify()
    check = BooksCheck.objects.create(
        started_at=started_at,
        milliseconds=round(1000 * (time.monotonic() - started)),
        journals=report.journals,
        postings=report.postings,
        faults=report.faults,
        late=report.late,
    )
    _tell(_ALERT_FAULT, "The books are wrong", found=report.faults)
    _tell(_ALERT_LATE, "Money stands on a clearing account for too long", found=report.late)
    return check


def _tell(key: str, title: str, *, found: list[str]) -> None:
    if found:
        alerts.raise_alert(key=key, title=title, details={"first": found[0], "all": found})
    else:
        alerts.resolve(key)
