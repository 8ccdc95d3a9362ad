"""Reading breaks: what is open, by class and age, and what rings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Case,
    Count,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs, Coalesce

from payments.paybill.selectors import AGES, OLDEST
from payments.reconciliation.breaks.kinds import about
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import UNSETTLED, State

BUCKETS = (*(words for _, words in AGES), OLDEST)


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """How many breaks are of one class of age, and what they come to, in cents without sign."""

    count: int = 0
    cents: int = 0


@dataclass(frozen=True, kw_only=True)
class OpenOfClass:
    """All unsettled breaks of one class: by age as `BUCKETS` has them, together, and the oldest."""

    kind: str
    words: str
    ages: tuple[Bucket, ...]
    count: int
    cents: int
    oldest: datetime


def unsettled() -> QuerySet[Break]:
    """Return the breaks that are open or explained."""
    return Break.objects.filter(state__in=UNSETTLED)


def answered(subjects: Iterable[str]) -> set[str]:
    """Return those of these subjects of which people have explained or settled the break."""
    rows = Break.objects.filter(subject__in=list(subjects))
    seen_to = rows.filter(Q(state=State.EXPLAINED) | Q(state=State.CLOSED, is_settled=True))
    return set(seen_to.values_list("subject", flat=True))


def overdue(*, at: datetime) -> QuerySet[Break]:
    """Return the breaks that nobody has explained in time."""
    return Break.objects.filter(state=State.OPEN, due_at__lte=at)


def open_by_class_and_age(*, at: datetime) -> list[OpenOfClass]:
    """Return what is unsettled, the class of the most money first. One query."""
    rows = (
        unsettled()
        .annotate(bucket=_bucket(at=at))
        .order_by()
        .values_list("kind", "bucket")
        .annotate(
            count=Count("pk"), cents=Coalesce(Sum(Abs("amount_cents")), 0), oldest=Min("since")
        )
    )
    classes: dict[str, list[tuple[int, int, int, datetime]]] = {}
    for kind, *figures in rows:
        classes.setdefault(kind, []).append(tuple(figures))
    found = [_of_class(kind, figures) for kind, figures in classes.items()]
    return sorted(found, key=lambda each: (-each.cents, each.kind))


def bucket_of(item: Break, *, at: datetime) -> str:
    """Return the class of age of one break, in words."""
    age = at - item.since
    return next((words for limit, words in AGES if age <= limit), OLDEST)


def _bucket(*, at: datetime) -> Case:
    whens = [When(since__gte=at - limit, then=Value(n)) for n, (limit, _) in enumerate(AGES)]
    return Case(*whens, default=Value(len(AGES)), output_field=IntegerField())


def _of_class(kind: str, figures: Iterable[tuple[int, int, int, datetime]]) -> OpenOfClass:
    rows = list(figures)
    by_age = {bucket: Bucket(count=count, cents=cents) for bucket, count, cents, _ in rows}
    return OpenOfClass(
        kind=kind,
        words=about(kind).words,
        ages=tuple(by_age.get(number, Bucket()) for number in range(len(BUCKETS))),
        count=sum(row[1] for row in rows),
        cents=sum(row[2] for row in rows),
        oldest=min(row[3] for row in rows),
    )
