"""The digest of a report: over what it says, in one canonical form, and the report before it."""

import hashlib
import json
from typing import Any

from payments.reconciliation.reports.models import DailyReport

FIRST = "0" * 64


def canonical(content: dict[str, Any]) -> bytes:
    """Return the one form of a content: JSON, keys sorted, no spaces, ASCII.

    Contents hold whole numbers, texts, truth values, lists and objects; raises TypeError for a
    fraction, which has no one form.
    """
    _require_exact(content)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode()


def digest(content: dict[str, Any], *, previous: str) -> str:
    """Return the SHA-256 of the report before and of the content, in hex."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(content)).hexdigest()


def last_digest() -> str:
    """Return the digest of the report that was made last; zeros where there is none."""
    last = DailyReport.objects.order_by("-pk").values_list("digest", flat=True).first()
    return last or FIRST


def first_broken() -> DailyReport | None:
    """Return the first report that is not as it was made, or follows another than it did."""
    previous = FIRST
    for report in DailyReport.objects.order_by("pk").iterator(chunk_size=100):
        told = (report.content.get("day"), report.content.get("version"))
        if (
            report.previous_digest != previous
            or report.digest != digest(report.content, previous=previous)
            or told != (report.day.isoformat(), report.version)
        ):
            return report
        previous = report.digest
    return None


def _require_exact(value: object) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise TypeError("names are texts")
            _require_exact(inner)
    elif isinstance(value, list):
        for inner in value:
            _require_exact(inner)
    elif value is not None and not isinstance(value, str | int | bool):
        raise TypeError(f"{type(value).__name__} has no one form")
