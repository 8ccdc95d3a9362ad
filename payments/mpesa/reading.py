"""Reading what Safaricom writes: JSON in which anything may be missing, doubled or of another type.

Nothing here raises but `Unreadable`. Numbers with decimals stay texts, so that no float arises.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nannychain.clock import NAIROBI
from nannychain.money import AMOUNT_CENTS_MAX, CENTS_PER_SHILLING

TEXT_LENGTH_MAX = 500
_DIGITS_MAX = 30
_TIMES = ("%Y%m%d%H%M%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_AMOUNT = re.compile(r"(?:KES|KSH)?\.?\s*(-?[0-9,]{1,20}(?:\.[0-9]{1,6})?)", re.IGNORECASE)
_BASIC_AMOUNT = re.compile(r"BasicAmount\s*=\s*(-?[0-9]{1,20}(?:\.[0-9]{1,6})?)")
_RECEIPT = re.compile(r"[A-Z0-9]{6,20}")


class Unreadable(ValueError):
    """A body that says nothing that could be acted upon; the text says what is missing."""


def parse(body: bytes | str) -> Any:
    """Return the JSON value of a body; raise Unreadable where it is none.

    A name that comes twice with different values gets the list of them: whoever wants one value
    then finds none, and nothing is decided by the order in which somebody wrote them.
    """
    try:
        text = body
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def _integer(lexeme: str) -> int | str:
    return int(lexeme) if len(lexeme) <= _DIGITS_MAX else lexeme[:_DIGITS_MAX]


def _all_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = dict(pairs)
    if len(merged) == len(pairs):
        return merged  # nearly always
    merged = {}
    for name, value in pairs:
        if name in merged and merged[name] != value:
            earlier = merged[name] if isinstance(merged[name], list) else [merged[name]]
            merged[name] = [*earlier, value]
        else:
            merged[name] = value
    return merged


# Made once: a callback is read while M-Pesa waits.
_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=_integer, parse_constant=str, object_pairs_hook=_all_pairs
)


def item(value: Any, *names: str) -> Any:
    """Return what lies under these names, one within the other, in whatever case; else None."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        if name in value:
            value = value[name]
        else:
            folded = name.casefold()
            found = [inner for key, inner in value.items() if str(key).casefold() == folded]
            value = found[0] if len(found) == 1 else None
    return value


def pairs(value: Any, *, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the pairs of a list such as `[{"Key": "Amount", "Value": 1}]`, or of one such object.

    `name` is what the first half is called; an item without a value gives None.
    """
    if isinstance(value, Mapping):
        value = [value]
    for entry in value if isinstance(value, list) else ():
        key = text(item(entry, name))
        if key:
            yield key, item(entry, "Value")


def first(found: list[tuple[str, Any]], *names: str) -> Any:
    """Return the value of the first of these names that has one; None where none has."""
    for name in names:
        for key, value in found:
            if key.casefold() == name.casefold() and value not in (None, ""):
                return value
    return None


def text(value: Any) -> str:
    """Return a text or number as a text without spaces around; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = str(value).encode("utf-8", "replace").decode().replace("\x00", "")
    return plain.strip()[:TEXT_LENGTH_MAX]


def code(value: Any) -> str:
    """Return a result code as a text: codes come as numbers, as texts of digits, and as words."""
    return text(value)[:60]


def cents(value: Any) -> int | None:
    """Return an amount in cents, exactly; None where it is none. It may be below zero."""
    told = text(value)
    match = _BASIC_AMOUNT.search(told) or _AMOUNT.fullmatch(told)
    if match is None:
        return None
    try:
        exact = Decimal(match[1].replace(",", "")) * CENTS_PER_SHILLING
    except ArithmeticError:
        return None
    is_whole = exact.is_finite() and exact == exact.to_integral_value()
    return int(exact) if is_whole and abs(exact) <= AMOUNT_CENTS_MAX else None


def paid_cents(value: Any) -> int | None:
    """Return an amount that can have been paid, in cents: above zero; else None."""
    amount_cents = cents(value)
    return amount_cents if amount_cents is not None and amount_cents > 0 else None


def receipt(value: Any) -> str:
    """Return M-Pesa's receipt; empty where it can't be one."""
    told = text(value).upper()
    is_receipt = _RECEIPT.fullmatch(told) and not set(told) <= {"0"}
    return told if is_receipt else ""


def instant(value: Any) -> datetime | None:
    """Return an instant in UTC from Safaricom's spellings, which are Nairobi's time."""
    told = text(value)
    for spelling in _TIMES:
        try:
            return datetime.strptime(told[:19], spelling).replace(tzinfo=NAIROBI).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
