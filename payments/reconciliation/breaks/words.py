"""Breaks in words that an officer can act on."""

from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nannychain.money import display
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.selectors import bucket_of
from payments.reconciliation.breaks.states import State

STATES = {
    State.OPEN: "open",
    State.EXPLAINED: "explained",
    State.CLOSED: "closed",
}
COLOURS = {
    STATES[State.OPEN]: "danger",
    STATES[State.EXPLAINED]: "warning",
    STATES[State.CLOSED]: "success",
}
LINK = "text-primary-600 dark:text-primary-500 underline"


def amount_of(cents: int | None) -> str:
    """Return a difference: what the other side has more, or less."""
    if cents is None:
        return "-"
    return f"+{display(cents)}" if cents > 0 else display(cents)


def now(item: Break, *, at: datetime) -> str:
    """Return in one sentence what it is."""
    told = f"{item.get_kind_display()}, {bucket_of(item, at=at)} old"
    if item.amount_cents:
        side = "more" if item.amount_cents > 0 else "less"
        told += f": {display(abs(item.amount_cents))} {side} there than in our books"
    return f"{told[0].upper()}{told[1:]}."


def way(item: Break) -> str | None:
    """Return the address of the page where it is resolved; None where there is no such page."""
    try:
        return reverse(f"admin:{item.page}", args=[item.page_id] if item.page_id else [])
    except NoReverseMatch:
        return None


def button(item: Break) -> SafeString | str:
    """Return the way to the page where it is resolved."""
    address = way(item)
    if address is None:
        return item.remedy
    return format_html('<a class="{}" href="{}">{}</a>', LINK, address, item.remedy)
