"""The caps that each operating mode begins with. Amounts in cents.

A small issuer of e-money in Kenya may owe its customers KES 100 million at most; a pilot stays far
below. Source: National Payment System Regulations 2014.
"""

from datetime import UTC, datetime
from typing import Any

_MILLION = 1_000_000_00
_FROM = datetime(2025, 12, 31, 21, 0, tzinfo=UTC)  # the first of January 2026 in Kenya

CAPS: tuple[dict[str, Any], ...] = tuple(
    {
        "mode": mode,
        "effective_from": _FROM,
        "reason": why,
        "members_max": members,
        "liability_max_cents": liability,
        "outflow_day_max_cents": outflow,
    }
    for mode, members, liability, outflow, why in (
        ("sandbox", None, None, None, "everything is simulated"),
        ("partner", 2_000, 20 * _MILLION, 5 * _MILLION, "a pilot under a partner's licence"),
        ("licensed", None, 100 * _MILLION, 25 * _MILLION, "the cap of a small issuer"),
    )
)
