"""The row of callbacks: one accepted and stored, against a view that inserts one row."""

import statistics
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.stack import Stack, manage

_YARDSTICK = ["/yardstick/insert"]
_CALLERS = 16
_OPEN = """
from pathlib import Path
from django.db import transaction
from benchmarks.hearing import CALLBACKS
from payments.mpesa import callbacks
with transaction.atomic():
    tokens = [callbacks.new(CALLBACKS, str(number)) for number in range({count})]
Path({path!r}).write_text(" ".join(tokens))
"""


def accepted(stack: Stack, *, is_quick: bool) -> list[Figure]:
    """Measure callbacks of M-Pesa at operations' own addresses, each another one."""
    rounds, seconds = (3, 4.0) if is_quick else (5, 8.0)
    paths = [f"/cb/{token}/deposit" for token in _tokens(stack)]
    rates: dict[str, list[float]] = {"callback": [], "yardstick": []}
    costs: dict[str, list[float]] = {"callback": [], "yardstick": []}
    for _ in range(rounds):
        for name, addresses in (("callback", paths), ("yardstick", _YARDSTICK)):
            found = stack.load(addresses, callers=_CALLERS, seconds=seconds, crowd="results")
            rates[name].append(found["per_second"])
            costs[name].append(found["cpu_us"])
    rate, yardstick = (statistics.median(found) for found in rates.values())
    cost, yardstick_cost = (statistics.median(found) for found in costs.values())
    same = "one INSERT behind the same middleware"
    return [
        Figure("a callback accepted", rate, "requests/s", same, yardstick, rate / yardstick,
               ">= 0.8", rate / yardstick >= 0.8),
        Figure("a callback accepted, processor time of the web processes", cost, "us/request",
               same, yardstick_cost, cost / yardstick_cost, "-", None),
    ]  # fmt: skip


def _tokens(stack: Stack) -> list[str]:
    path = Path(stack.environment["NANNYCHAIN_BENCH"]) / "tokens"
    program = _OPEN.format(count=_CALLERS, path=str(path))
    manage(["shell", "--verbosity", "0", "-c", program], stack.environment)
    return path.read_text().split()


PARTS = {"callbacks": accepted}
