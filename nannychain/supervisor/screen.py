"""What the person at the terminal sees: steps with their time, a table, important lines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """What keeps us from running, as one sentence (or one line for each problem)."""


@contextmanager
def step(title: str, *, note: str = "") -> Iterator[None]:
    """Show a step while it goes on, and how long it took."""
    say(f"  … {title}" + (f" ({note})" if note else ""), end="\r" if _is_terminal() else "\n")
    started = time.monotonic()
    yield
    say(f"  ✓ {title}, {time.monotonic() - started:.1f} s".ljust(70))


def table(rows: list[tuple[str, str]]) -> None:
    """Show rows of a name and an address."""
    width = max(len(name) for name, _ in rows)
    say("")
    for name, value in rows:
        say(f"  {name.ljust(width)}  {value}")
    say("")


def say(text: str, *, end: str = "\n") -> None:
    """Write a line at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def _is_terminal() -> bool:
    return sys.stdout.isatty()
