"""The USSD rows: throughput against a yardstick view, and patience with silent providers."""

import statistics

from benchmarks.report import Figure
from benchmarks.stack import Stack

_YARDSTICK = "/yardstick/get-set-select"
_BARE = "/yardstick/bare"
_HOP = "/ussd"


def _load(
    stack: Stack, path: str, *, callers: int, seconds: float, joins: bool = False
) -> dict[str, float]:
    crowd = "joining" if joins else "members"
    return stack.load([path], callers=callers, seconds=seconds, crowd=crowd)


def hop(stack: Stack, *, is_quick: bool) -> list[Figure]:
    """Measure a hop in a warm session, the yardstick and a bare view, in interleaved rounds."""
    rounds, seconds = (3, 4.0) if is_quick else (5, 8.0)
    outcomes: dict[str, list[dict[str, float]]] = {_HOP: [], _YARDSTICK: [], _BARE: []}
    for path in outcomes:
        _load(stack, path, callers=16, seconds=1)
    for _ in range(rounds):
        for path, found in outcomes.items():
            found.append(_load(stack, path, callers=16, seconds=seconds))

    def median(path: str, what: str) -> float:
        return statistics.median(outcome[what] for outcome in outcomes[path])

    rate, yardstick, bare = (median(path, "per_second") for path in outcomes)
    cost, yardstick_cost, _ = (median(path, "cpu_us") for path in outcomes)
    same = "Redis GET, SET and one SELECT behind the same middleware"
    return [
        Figure("USSD hop, warm session, menu screen", rate, "requests/s", same, yardstick,
               rate / yardstick, ">= 0.8", rate / yardstick >= 0.8),
        Figure("USSD hop, warm session, menu screen", rate, "requests/s",
               "bare view behind the same middleware", bare, rate / bare, "-", None),
        Figure("USSD hop, processor time of the web processes", cost, "us/request", same,
               yardstick_cost, cost / yardstick_cost, "-", None),
    ]  # fmt: skip


def patience(stack: Stack, *, is_quick: bool) -> list[Figure]:
    """Measure a hop's p99 with 32 callers while providers are silent, against providers well."""
    rounds, seconds = (3, 5.0) if is_quick else (5, 10.0)
    well: list[float] = []
    silent: list[float] = []
    _load(stack, _HOP, callers=32, seconds=2, joins=True)
    for _ in range(rounds):
        for is_black_hole, found in ((False, well), (True, silent)):
            stack.provider.is_black_hole = is_black_hole
            found.append(_load(stack, _HOP, callers=32, seconds=seconds, joins=True)["p99"])
    stack.provider.is_black_hole = False
    value, yardstick = statistics.median(silent), statistics.median(well)
    is_met = value <= yardstick * 1.2 or value <= yardstick + 10
    return [
        Figure("USSD hop p99, 32 callers, providers silent", value, "ms", "providers well",
               yardstick, value / yardstick, "<= 1.2 or + 10 ms", is_met)
    ]  # fmt: skip


PARTS = {"ussd_hop": hop, "ussd_patience": patience}
