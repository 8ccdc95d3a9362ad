"""What M-Pesa itself says that it holds for us, beside what our books said then; front page."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nannychain.money import display as money
from payments.reconciliation.balances import selectors
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.statements.selectors import closing_at


class Word(NamedTuple):
    """A sentence about one of our numbers, and whether a person is to look at it."""

    text: str
    is_alarming: bool


def draw(*, at: datetime) -> SafeString:
    """Return a line for each of our numbers with M-Pesa."""
    return format_html_join(
        "",
        '<p class="desk-say{}">{}</p>',
        (
            (" desk-alarm" if word.is_alarming else "", format_html("{}", word.text))
            for word in words(at=at)
        ),
    )


def words(*, at: datetime) -> Iterator[Word]:
    """Yield M-Pesa's last word on each of our numbers, and that of its newest statements."""
    numbers = selectors.numbers()
    last = selectors.last(numbers)
    for number in numbers:
        word = _of(last.get(number), at=at)
        yield Word(f"M-Pesa {number}: {word.text}{_statement(number)}", word.is_alarming)


def _of(told: BalanceReading | None, *, at: datetime) -> Word:
    if told is None:
        return Word("has never told its balance.", is_alarming=True)
    differs = bool(told.unexplained_cents)
    compared = f"{money(told.told_cents or 0)}, {_difference(told)}"
    if not selectors.is_fresh(told, at=at):
        since = _when(told.answered_at)
        return Word(f"not told since {since}. Then {compared}", is_alarming=True)
    return Word(f"told {_when(told.answered_at)}: {compared}", is_alarming=differs)


def _difference(told: BalanceReading) -> str:
    cents = told.difference_cents
    if not cents:
        return "as in our books then. They agree."
    side = "more" if cents > 0 else "less"
    apart = f"{money(abs(cents))} {side} than in our books then"
    if not told.unexplained_cents:
        return f"{apart}, all of which may be under way."
    return f"{apart}. They differ: {money(abs(told.unexplained_cents))} is not explained."


def _statement(number: str) -> str:
    found = closing_at(number)
    if found is None:
        return " No statement was handed in."
    cents, end = found
    return f" Its statements end {_when(end)} with {money(cents)}."


def _when(instant: datetime | None) -> str:
    return f"{timezone.localtime(instant):%-d %b %Y, %H:%M}"
