"""Masking: the last line of defence. Code that logs is careful; this catches what it forgot."""

import re
from collections.abc import MutableMapping
from typing import Any

MASK = "***"
# Fields that are never shown, whatever they hold.
_SECRET_FIELDS = frozenset(
    {
        "pin",
        "code",
        "password",
        "secret",
        "seed",
        "token",
        "access",
        "refresh",
        "pin_token",
        "api_key",
        "text",
        "body",
        "message",
    }
)
_GAP = r"(?:[ -]|%20)?"
_KENYAN = re.compile(rf"(\+?254|\b0){_GAP}([17]\d\d{_GAP}\d{{3}}){_GAP}(\d{{3}})\b")
_PLAIN_FIELDS = frozenset({"request_id", "timestamp", "level", "logger", "milliseconds", "status"})
_STELLAR_SEED = re.compile(r"\bS[A-Z2-7]{55}\b")
_LONG_HEX = re.compile(r"\b[0-9a-fA-F]{32,}\b")
# Tokens and keys of the API, by how they begin.
_TOKEN = re.compile(r"\bnc[arpk]_[A-Za-z0-9_-]+")
_URL_USER = re.compile(r"(://)[^/@\s]+@")
# Path segments after which a secret stands: /ussd/k/<key>, /cb/<token>/…
_SECRET_SEGMENT = re.compile(
    r"(/ussd/k/|/sms/(?:reports|incoming|optout)/|/insights/|/cb/)([^/?\s]+)"
)
# Path segments that hold a phone, in whatever spelling, so that a blank doesn't end it. Where a
# Worker ID belongs, all that doesn't look like one may be a phone.
_PHONE_SEGMENT = re.compile(
    r"(/by-phone/+|/ussd/queue/+"
    r"|/api/v1/workers/+(?!(?:by-phone|register|NW-[0-9A-Z]{8})(?:[/?\s]|$)))"
    r"([^/?]+)",
    re.IGNORECASE,
)


def mask_text(text: str) -> str:
    """Return the text with phone numbers, Stellar seeds, tokens and passwords in URLs masked."""
    text = _SECRET_SEGMENT.sub(rf"\1{MASK}", text)
    text = _PHONE_SEGMENT.sub(rf"\1{MASK}", text)
    text = _URL_USER.sub(rf"\1{MASK}@", text)
    text = _STELLAR_SEED.sub(MASK, text)
    text = _TOKEN.sub(MASK, text)
    text = _KENYAN.sub(rf"\1{MASK}\3", text)
    return _LONG_HEX.sub(MASK, text)


def processor(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask a log event in place, as the last structlog processor before it is written."""
    for name, value in event.items():
        if name not in _PLAIN_FIELDS:
            event[name] = MASK if name in _SECRET_FIELDS and value else _masked(value)
    return event


def _masked(value: Any) -> Any:
    """Return the value with all texts in it masked, however deep they lie."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {
            name: MASK if name in _SECRET_FIELDS and inner else _masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    return value
