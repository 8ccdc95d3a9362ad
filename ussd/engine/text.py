"""What fits on the plainest phone: 160 characters of the GSM alphabet, and of ASCII at that.

Texts name their places (`{name}`), and `fill` puts values into them. Each value declares the
greatest length it may have on a screen, so that screens can be proved to fit: while proving, every
value is as long as it may be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from nannychain import gsm, money, phone
from nannychain.clock import NAIROBI

SEPTETS_MAX = 160
NAME_LENGTH_MAX = 24

_proving: ContextVar[bool] = ContextVar("proving", default=False)


@dataclass(frozen=True)
class Value:
    """A value and its greatest length on a screen, in characters."""

    text: str
    length: int

    def __str__(self) -> str:
        """Return the value as it is shown."""
        return "W" * self.length if _proving.get() else cut(self.text, length=self.length)


@contextmanager
def proving() -> Iterator[None]:
    """Within the block, every value is shown as long as it may ever be."""
    token = _proving.set(True)
    try:
        yield
    finally:
        _proving.reset(token)


def fill(template: str, **values: Value) -> str:
    """Return the text with its places filled."""
    return template.format(**{name: str(value) for name, value in values.items()})


def name(text: str) -> Value:
    """Return a person's name, for a screen."""
    return Value(text, NAME_LENGTH_MAX)


def amount(cents: int) -> Value:
    """Return an amount of money, for a screen: up to a hundred million, below nothing too."""
    return Value(money.display(cents), len("-KSh 99,999,999.99"))


def phone_number(e164: str) -> Value:
    """Return a phone number as it is dialled in Kenya, for a screen."""
    return Value(phone.national(e164), 10)


def worker_id(text: str) -> Value:
    """Return a Worker ID, for a screen."""
    return Value(text, 11)


def count(number: int) -> Value:
    """Return a number of things, for a screen: three digits at most."""
    return Value(str(number), 3)


def date(instant: datetime) -> Value:
    """Return the day in Kenya, for a screen."""
    return Value(instant.astimezone(NAIROBI).strftime("%d/%m/%Y"), 10)


def short_date(instant: datetime) -> Value:
    """Return day and month in Kenya, for a line of a list."""
    return Value(instant.astimezone(NAIROBI).strftime("%d/%m"), 5)


def time(instant: datetime) -> Value:
    """Return the time of day in Kenya, for a screen."""
    return Value(instant.astimezone(NAIROBI).strftime("%H:%M"), 5)


def plain(text: str) -> str:
    """Return the text in ASCII: accents dropped, quotes and dashes plain, the rest as `?`."""
    return "".join(mark if mark.isascii() else "?" for mark in gsm.plain(text))


def cut(value: str, *, length: int) -> str:
    """Return a value (a name, say) in ASCII and no longer than `length`."""
    shown = " ".join(plain(value).split())
    return shown if len(shown) <= length else shown[: length - 2].rstrip() + ".."


def fits(text: str) -> bool:
    """Tell whether one screen holds the text."""
    return text.isascii() and gsm.is_gsm(text) and gsm.septets(text) <= SEPTETS_MAX


def cut_to_screen(text: str) -> str:
    """Return a text that can't be turned over, cut to what one screen holds."""
    shown = plain(text)
    if fits(shown):
        return shown
    while gsm.septets(shown) > SEPTETS_MAX - 2:
        shown = shown[:-1]
    return shown.rstrip() + ".."
