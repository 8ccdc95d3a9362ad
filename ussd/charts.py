"""The charts above the figures of the screens: who comes, how far, and how long it takes."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.safestring import SafeString

from nannychain.clock import nairobi_date
from nannychain.staff import charts
from nannychain.staff.charts import Bar, Series
from ussd.engine import lengths
from ussd.engine.models import ScreenFigure, SessionFigure
from ussd.menu import APPLICATION

DAYS, WEEK = 14, 7
_BARS_MAX = 10
_FUNNELS = ("register", "first_pin", "balance", "deposit", "withdraw", "send")
_SUMS = {name: Sum(name) for name in ("began", "shown", "left", "wrong", "ended")}


def of_screens() -> Iterator[SafeString]:
    """Yield all charts, up to today in Kenya. Six queries."""
    today = nairobi_date(timezone.now())
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    yield _by_day(days)
    week = ScreenFigure.objects.filter(day__gt=today - timedelta(days=WEEK))
    screens = {row["screen"]: row for row in week.values("screen").annotate(**_SUMS)}
    yield _given_up(screens)
    yield _wrong(screens)
    for name in _FUNNELS:
        yield _funnel(name, screens)
    sessions = SessionFigure.objects.filter(day__gt=today - timedelta(days=WEEK))
    what = SessionFigure.What
    for title, steps, ended, dropped in (
        ("Seconds of a session", lengths.SECONDS, what.SECONDS, what.DROPPED_SECONDS),
        ("Hops of a session", lengths.HOPS, what.HOPS, what.DROPPED_HOPS),
    ):
        yield charts.columns(
            f"{title}, up to …, last {WEEK} days",
            [str(step) for step in steps],
            [
                Series("ended", _spread(sessions, ended, steps), "good"),
                Series("dropped", _spread(sessions, dropped, steps), "bad"),
            ],
        )


def _by_day(days: list[date]) -> SafeString:
    rows = ScreenFigure.objects.filter(day__gte=days[0]).values("day").annotate(**_SUMS)
    by_day: dict[date, Any] = {row["day"]: row for row in rows}

    def of(*names: str) -> list[int]:
        return [sum(by_day[day][name] for name in names) if day in by_day else 0 for day in days]

    given_up = [max(0, shown - left) for shown, left in zip(of("shown"), of("left"), strict=True)]
    return charts.columns(
        f"Sessions by day, last {DAYS} days",
        [f"{day:%d/%m}" for day in days],
        [
            Series("begun", of("began"), "plain"),
            Series("ended", of("ended"), "good"),
            Series("given up", given_up, "bad"),
            Series("wrong inputs", of("wrong"), "warn"),
        ],
    )


def _given_up(screens: dict[str, Any]) -> SafeString:
    left = {name: max(0, row["shown"] - row["left"]) for name, row in screens.items()}
    rows = [
        Bar(name, left[name], "bad", note=_share(left[name], of=screens[name]["shown"]))
        for name in sorted(left, key=lambda name: -left[name])[:_BARS_MAX]
        if left[name]
    ]
    return charts.bars(f"Where people give up, last {WEEK} days", rows)


def _wrong(screens: dict[str, Any]) -> SafeString:
    rows = [
        Bar(name, row["wrong"], "warn", note=_share(row["wrong"], of=row["shown"]))
        for name, row in sorted(screens.items(), key=lambda each: -each[1]["wrong"])[:_BARS_MAX]
        if row["wrong"]
    ]
    return charts.bars(f"Wrong inputs by screen, last {WEEK} days", rows)


def _funnel(name: str, screens: dict[str, Any]) -> SafeString:
    """Return how many came to each screen of a flow, and how many sessions ended on the last."""
    way = list(APPLICATION.all_flows[name].screens)
    nothing = {"shown": 0, "wrong": 0, "ended": 0}
    found = [screens.get(screen, nothing) for screen in way]
    # A screen that is shown again below a hint was come to before.
    came = [max(0, row["shown"] - row["wrong"]) for row in found]
    first = came[0] or 1
    rows = [
        Bar(screen, count, note=f"{100 * count // first} %")
        for screen, count in zip(way, came, strict=True)
    ]
    ended = sum(row["ended"] for row in found)
    rows.append(Bar("ended here", ended, "good", note=f"{100 * ended // first} %"))
    return charts.bars(f"Step by step: {name}, last {WEEK} days", rows)


def _spread(rows: QuerySet[SessionFigure], what: str, steps: Any) -> list[int]:
    found = rows.filter(what=what).values_list("upto").annotate(count=Sum(F("sessions")))
    counts = dict(found)
    return [counts.get(step, 0) for step in steps]


def _share(count: int, *, of: int) -> str:
    return f"of {of:,} ({100 * count // of} %)" if of else ""
