"""What the person at the terminal sees: steps with their time, a table, important lines."""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_IMPORTANT = frozenset({"warning", "error", "critical"})
_PLAIN_IMPORTANT = ("[WARNING]", "[ERROR]", "[CRITICAL]")
_USUAL = frozenset(
    {"level", "event", "timestamp", "logger", "request_id", "task_id", "exception", "exc_info"}
)
_WIDTH_MAX = 300
_one_at_a_time = threading.Lock()


class Trouble(Exception):
    """What keeps us from running: one sentence, or a line for each problem."""


def say(text: str, *, end: str = "\n") -> None:
    """Write a line at once. A terminal that has gone away is no trouble."""
    with _one_at_a_time:
        try:
            sys.stdout.write(text + end)
            sys.stdout.flush()
        except OSError:
            pass


@contextmanager
def step(title: str, *, note: str = "") -> Iterator[None]:
    """Show a step while it goes on, and how long it took."""
    is_terminal = sys.stdout.isatty()
    shown = f"  … {title}" + (f" ({note})" if note else "")
    if is_terminal or note:
        say(shown, end="" if is_terminal else "\n")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say("\r" * is_terminal + f"  ✗ {title}".ljust(len(shown)))
        raise
    seconds = time.monotonic() - started
    say("\r" * is_terminal + f"  ✓ {title:<46} {seconds:5.1f} s".ljust(len(shown)))


def table(rows: list[tuple[str, str]]) -> None:
    """Show rows of a name and a text."""
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name.ljust(width)}   {text}".rstrip() for name, text in rows]
    say("\n" + "\n".join(lines) + "\n")


class Mask:
    """Replaces known secrets in whatever goes to the terminal or into a log."""

    def __init__(self, known: Iterable[str]) -> None:
        secrets = sorted({text for text in known if len(text) >= 8}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, secrets))) if secrets else None

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        return self._pattern.sub("***", text) if self._pattern else text


def important(line: str) -> str:
    """Return what of a log line a person should see now; nothing for all that is usual."""
    try:
        entry = json.loads(line)
        level, event = entry["level"], entry["event"]
    except (ValueError, KeyError, TypeError):
        return line.strip() if any(word in line for word in _PLAIN_IMPORTANT) else ""
    if level not in _IMPORTANT:
        return ""
    rest = " ".join(f"{name}={value}" for name, value in entry.items() if name not in _USUAL)
    reason = str(entry.get("exception", "")).strip().rpartition("\n")[2]
    summary = (str(event).strip().splitlines() or [""])[0]
    told = " ".join(part for part in (f"{level}:", summary, rest, reason) if part)
    return told if len(told) <= _WIDTH_MAX else f"{told[: _WIDTH_MAX - 1]}…"


class Repeats:
    """Lets each text through once in a while, so that one fault can't fill the terminal."""

    def __init__(self, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._shown: dict[str, tuple[float, int]] = {}

    def pass_on(self, text: str) -> str:
        """Return the text, with how often it was held back before, or nothing to hold it back."""
        now = self._clock()
        shown_at, held = self._shown.get(text, (now - self._seconds, 0))
        if now - shown_at < self._seconds:
            self._shown[text] = (shown_at, held + 1)
            return ""
        for old in [key for key, (at, _) in self._shown.items() if now - at >= self._seconds]:
            del self._shown[old]
        self._shown[text] = (now, 0)
        return f"{text} ({held} times more)" if held else text
