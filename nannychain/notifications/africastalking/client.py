"""The one call to Africa's Talking: send one text to one phone.

It goes through the provider's SDK, of which only the making of the request is used. The exchange
is ours, and so is the reading of the answer, because the SDK follows redirects, drops the HTTP
status, and returns text or JSON by the letter of a header.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from africastalking.SMS import SMSService
from django.views.decorators.debug import sensitive_variables

from nannychain.http import AnswerLost, NotSent, Session
from nannychain.notifications.africastalking.codes import Outcome, Rule, Where, rule_for

_API = "/version1"
_NO_ID = frozenset({"", "None", "null"})
_ID_LENGTH_MAX = 100
_COST_UNITS = 10_000
_COST_UNITS_MAX = 10**12


@dataclass(frozen=True)
class Cost:
    """What one SMS cost, in ten-thousandths of the currency's unit."""

    currency: str
    ten_thousandths: int


@dataclass(frozen=True)
class Answer:
    """What became of one send. `status` is the provider's own word, for the record."""

    rule: Rule
    status: str = ""
    message_id: str | None = None
    cost: Cost | None = None

    @property
    def outcome(self) -> Outcome:
        """Return what it came to."""
        return self.rule.outcome


class Client:
    """A client for one account; one for each thread, since it holds a connection open."""

    def __init__(self, *, username: str, api_key: str, sender_id: str, base_url: str) -> None:
        self._service = _Service(username=username, api_key=api_key, base_url=base_url)
        self._sender_id = sender_id or None

    @sensitive_variables()
    def send(self, *, phone: str, text: str) -> Answer:
        """Send `text` to `phone` (E.164), once, and return what became of it.

        Must not be called within a database transaction.
        """
        try:
            response = self._service.send(text, [phone], sender_id=self._sender_id)
        except NotSent:
            return Answer(rule_for(Where.TRANSPORT, "not_sent"))
        except AnswerLost:
            return Answer(rule_for(Where.TRANSPORT, "answer_lost"))
        return read(response.status_code, response.content, phone=phone)


class _Service(SMSService):
    """The SDK's service, with our address and our exchange."""

    def __init__(self, *, username: str, api_key: str, base_url: str) -> None:
        self._address = base_url + _API
        self._session = Session()
        super().__init__(username, api_key)

    def _init_service(self) -> None:
        self._baseUrl = self._contentUrl = self._address

    @sensitive_variables()
    def _make_request(
        self, url: str, method: str, headers: Mapping[str, str], data: Any, **_: Any
    ) -> requests.Response:
        return self._session.exchange(method, url, headers=headers, data=data)


def read(http_status: int, body: bytes, *, phone: str) -> Answer:
    """Return what an answer says of our one recipient.

    Some refusals list the recipient under an HTTP status of their own, so that the body is looked
    at first. An answer that can't be understood is UNKNOWN where its HTTP status promises success.
    """
    data = _message_data(body)
    recipient = _our_recipient(data, phone=phone)
    if recipient is not None:
        return _of_recipient(recipient)
    if not 200 <= http_status < 300:
        return Answer(rule_for(Where.HTTP, str(http_status)), status=f"HTTP {http_status}")
    message = _text(data.get("Message")) if data.get("Recipients") == [] else ""
    return Answer(rule_for(Where.MESSAGE, message), status=message[:60])


def _message_data(body: bytes) -> Mapping[str, Any]:
    """Return the object `SMSMessageData`, whatever the content type said; empty where it isn't."""
    try:
        data = json.loads(body, parse_float=str)["SMSMessageData"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _our_recipient(data: Mapping[str, Any], *, phone: str) -> Mapping[str, Any] | None:
    listed = data.get("Recipients")
    if not isinstance(listed, list):
        return None
    recipients = [entry for entry in listed if isinstance(entry, dict)]
    ours = [entry for entry in recipients if _text(entry.get("number")) == phone]
    if len(ours) == 1:
        return ours[0]
    return recipients[0] if len(recipients) == 1 else None


def _of_recipient(recipient: Mapping[str, Any]) -> Answer:
    code = _text(recipient.get("statusCode"))
    message_id = _text(recipient.get("messageId"))
    return Answer(
        rule_for(Where.RECIPIENT, code),
        status=f"{code} {_text(recipient.get('status'))}"[:60],
        message_id=None if message_id in _NO_ID else message_id[:_ID_LENGTH_MAX],
        cost=parse_cost(_text(recipient.get("cost"))),
    )


def parse_cost(text: str) -> Cost | None:
    """Return the cost in `KES 0.8000` or `0`; None where it can't be read exactly."""
    currency, _, amount = text.strip().rpartition(" ")
    try:
        units = Decimal(amount) * _COST_UNITS
        exact = units.is_finite() and units == units.to_integral_value()
    except ArithmeticError:
        return None
    if not exact or not 0 <= units <= _COST_UNITS_MAX or len(currency) not in (0, 3):
        return None
    return Cost(currency=currency, ten_thousandths=int(units))


def _text(value: Any) -> str:
    """Return a text or whole number as a text that can be stored; empty for anything else."""
    if not isinstance(value, str | int):
        return ""
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "").strip()
