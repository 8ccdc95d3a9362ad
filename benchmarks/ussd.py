"""The USSD rows: throughput against a yardstick view, and patience with silent providers."""

import statistics
from pathlib import Path

from benchmarks import load
from benchmarks.report import Figure
from benchmarks.stack import Stack, manage

_YARDSTICK = "/yardstick/get-set-select"
_BARE = "/yardstick/bare"
_HOP = "/ussd"
_SETTLING_SECONDS = 3.0
_PINS = """
import time, statistics
from pathlib import Path
from workers.identity.models import Member
from workers.identity.pins import hashing, services as pins
for number in range({count}):
    member = Member.objects.get(phone=f"+2547{{number:08d}}")
    pins.choose_first(member.pk, pin="{pin}", attempt_key=f"bench {{number}}", channel="bench")
taken = []
for _ in range(20):
    start = time.perf_counter()
    hashing.hashed("{pin}", member_id=member.pk)
    taken.append((time.perf_counter() - start) * 1e6)
Path({path!r}).write_text(str(statistics.median(taken)))
"""


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


def balance(stack: Stack, *, is_quick: bool) -> list[Figure]:
    """Measure the hops of a look at the balance, without the PIN and with it."""
    path = Path(stack.environment["NANNYCHAIN_BENCH"]) / "hash_us"
    program = _PINS.format(count=load.WITH_PIN, pin=load.PIN, path=str(path))
    manage(["shell", "--verbosity", "0", "-c", program], stack.environment)
    hash_us = float(path.read_text())
    rounds, seconds = (3, 4.0) if is_quick else (5, 8.0)
    found: dict[str, list[dict[str, float]]] = {"balances": [], "pins": [], "yardstick": []}
    for _ in range(rounds):
        for crowd in ("balances", "pins"):
            found[crowd].append(stack.load([_HOP], callers=16, seconds=seconds, crowd=crowd))
        found["yardstick"].append(_load(stack, _YARDSTICK, callers=16, seconds=seconds))

    def median(crowd: str, what: str) -> float:
        return statistics.median(outcome[what] for outcome in found[crowd])

    same = "Redis GET, SET and one SELECT behind the same middleware"
    yardstick, yardstick_cost = median("yardstick", "per_second"), median("yardstick", "cpu_us")
    rate, cost = median("balances", "per_second"), median("balances", "cpu_us")
    # Of three hops, the third checks the PIN and reads the balance.
    pin_cost = 3 * median("pins", "cpu_us") - 2 * cost
    pins = median("pins", "per_second")
    return [
        Figure("USSD hop to the balance, which asks for the PIN", rate, "requests/s", same,
               yardstick, rate / yardstick, "-", None),
        Figure("USSD hops of a look at the balance, PIN and all", pins, "requests/s", same,
               yardstick, pins / yardstick, "-", None),
        Figure("the hop with the PIN, processor time of the web processes", pin_cost, "us/request",
               same, yardstick_cost, pin_cost / yardstick_cost, "-", None),
        Figure("of that, hashing the PIN", hash_us, "us", "the hop with the PIN", pin_cost,
               hash_us / pin_cost, "-", None),
    ]  # fmt: skip


def patience(stack: Stack, *, is_quick: bool) -> list[Figure]:
    """Measure a hop's p99 with 32 callers while providers are silent, and Redis too."""
    rounds, seconds = (3, 5.0) if is_quick else (5, 10.0)
    found: dict[str, list[float]] = {"well": [], "providers": [], "all": []}
    _load(stack, _HOP, callers=32, seconds=2, joins=True)
    for _ in range(rounds):
        for silent, p99s in found.items():
            stack.provider.is_black_hole = silent != "well"
            with stack.redis_silent(is_silent=silent == "all"):
                if silent == "all":  # until each process has noticed
                    _load(stack, _HOP, callers=32, seconds=_SETTLING_SECONDS, joins=True)
                outcome = _load(stack, _HOP, callers=32, seconds=seconds, joins=True)
            p99s.append(outcome["p99"])
    stack.provider.is_black_hole = False
    yardstick = statistics.median(found["well"])
    return [
        _patience("USSD hop p99, 32 callers, providers silent", found["providers"], yardstick),
        _patience("the same, Redis silent too", found["all"], yardstick),
    ]


def _patience(name: str, p99s: list[float], yardstick: float) -> Figure:
    value = statistics.median(p99s)
    is_met = value <= yardstick * 1.2 or value <= yardstick + 10
    return Figure(
        name, value, "ms", "providers well", yardstick, value / yardstick, "<= 1.2 or + 10 ms",
        is_met,
    )  # fmt: skip


PARTS = {"ussd_hop": hop, "ussd_balance": balance, "ussd_patience": patience}
