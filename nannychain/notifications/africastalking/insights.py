"""Asking Africa's Talking when a phone's SIM was last changed. The date itself comes by callback.

Not through the SDK: it is one request, and the SDK would follow redirects with our key.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.views.decorators.debug import sensitive_variables

from nannychain.http import AnswerLost, NotSent, Session

_PATH = "/v1/sim-swap"
_QUEUED = "Queued"
_ID_LENGTH_MAX = 100
_WORD_LENGTH_MAX = 60


class Outcome(StrEnum):
    """What became of the question."""

    ASKED = "ASKED"  # the provider asks the network, and will call back
    NOT_ASKED = "NOT_ASKED"  # certainly not taken, and worth another try
    REFUSED = "REFUSED"  # there is no answer to be had for this number
    UNKNOWN = "UNKNOWN"  # it may have been taken


@dataclass(frozen=True)
class Answer:
    """What the provider said. By either id its callback can be known: it names no number."""

    outcome: Outcome
    status: str
    request_id: str = ""
    transaction_id: str = ""


class Client:
    """A client for one account."""

    @sensitive_variables()
    def __init__(self, *, username: str, api_key: str, base_url: str) -> None:
        self._username = username
        self._headers = {"Accept": "application/json", "apiKey": api_key}
        self._url = base_url + _PATH
        self._session = Session()

    @sensitive_variables()
    def ask(self, phone: str) -> Answer:
        """Ask about one phone (E.164), once. Must not be called within a transaction."""
        body = {"username": self._username, "phoneNumbers": [phone]}
        try:
            response = self._session.exchange("POST", self._url, headers=self._headers, json=body)
        except NotSent:
            return Answer(Outcome.NOT_ASKED, "not sent")
        except AnswerLost:
            return Answer(Outcome.UNKNOWN, "the answer was lost")
        return read(response.status_code, response.content, phone=phone)


def read(http_status: int, body: bytes, *, phone: str) -> Answer:
    """Return what an answer says of our one phone; what can't be understood is UNKNOWN.

    A number that the provider can't ask about has neither id nor cost.
    """
    if 400 <= http_status < 500:
        return Answer(Outcome.NOT_ASKED, f"HTTP {http_status}")
    if not 200 <= http_status < 300:
        return Answer(Outcome.UNKNOWN, f"HTTP {http_status}")
    content = _object(body)
    entry = _our_entry(content, phone=phone)
    status = _text(entry.get("status"))[:_WORD_LENGTH_MAX]
    request_id = _text(entry.get("requestId"))[:_ID_LENGTH_MAX]
    if status == _QUEUED and request_id:
        transaction_id = _text(content.get("transactionId"))[:_ID_LENGTH_MAX]
        return Answer(Outcome.ASKED, status, request_id, transaction_id)
    if status and not request_id:
        return Answer(Outcome.REFUSED, status)
    return Answer(Outcome.UNKNOWN, status or "not understood")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _our_entry(content: Mapping[str, Any], *, phone: str) -> Mapping[str, Any]:
    listed = content.get("responses")
    entries = listed if isinstance(listed, list) else []
    ours = [entry for entry in entries if isinstance(entry, dict) and _number(entry) == phone]
    return ours[0] if len(ours) == 1 else {}


def _number(entry: Mapping[str, Any]) -> str:
    told = entry.get("phoneNumber")
    return _text(told.get("number") if isinstance(told, dict) else told)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()
