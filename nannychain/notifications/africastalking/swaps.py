"""The callback about a changed SIM on the wire: ids, and a day. It names no number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_DAY = "%d-%m-%Y"
# The provider says 01-01-1900 where the network knows of no change; no SIM is as old as this.
_FIRST = date(1991, 1, 1)


@dataclass(frozen=True)
class Told:
    """What a callback says. `swapped_on` is None where no day of a change is told."""

    request_id: str
    transaction_id: str
    status: str
    swapped_on: date | None
    is_understood: bool


def parse(body: Mapping[str, Any]) -> Told:
    """Return what the callback says; never an exception, whatever was posted."""
    written = _text(body.get("lastSimSwapDate"))
    day = _day(written)
    request_id, transaction_id = _text(body.get("requestId")), _text(body.get("transactionId"))
    return Told(
        request_id=request_id,
        transaction_id=transaction_id,
        status=_text(body.get("status"))[:60],
        swapped_on=day if day is not None and day >= _FIRST else None,
        is_understood=bool(request_id or transaction_id) and (day is not None or not written),
    )


def _day(written: str) -> date | None:
    try:
        return datetime.strptime(written, _DAY).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value.strip()[:100] if isinstance(value, str) else ""
