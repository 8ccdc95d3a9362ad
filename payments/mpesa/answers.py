"""What M-Pesa answers to a call at once, read into plain values with their meaning.

An answer is about the request only. What becomes of the money is told later, by callback or query.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from payments.mpesa import codes, paybills, reading
from payments.mpesa.meanings import Meaning, Outcome, Where
from payments.mpesa.paybills import PaybillPayment
from payments.mpesa.reading import Unreadable, item, text

# The codes by which a product says that the token is not good: with HTTP 404, 401, 400 or 500.
TOKEN_REFUSED = frozenset({"404.001.03", "401.002.01", "400.003.01", "401.003.01"})

_OVERLOADED = "500.001.1001"  # one code for many things, told apart by their message


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a call came to. `code` and `told` are Safaricom's own, for the record only."""

    meaning: Meaning
    code: str = ""
    told: str = ""

    @property
    def outcome(self) -> Outcome:
        """Return ACCEPTED, REJECTED or UNKNOWN (of a push's status: PAID, FAILED or PENDING)."""
        return self.meaning.outcome

    @property
    def is_token_refused(self) -> bool:
        """Tell whether the token was refused, so that the request was certainly not taken."""
        return self.code in TOKEN_REFUSED


@dataclass(frozen=True, kw_only=True)
class Pushed(Reply):
    """A prompt that was asked for. The ids are there when it was accepted."""

    merchant_request_id: str = ""
    checkout_request_id: str = field(default="", repr=False)  # it contains the payer's number


@dataclass(frozen=True, kw_only=True)
class PushStatus(Reply):
    """How a push stands: PAID, FAILED or PENDING. There is neither amount nor receipt in it."""

    checkout_request_id: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Taken(Reply):
    """A payout, a reversal or a question that was handed in."""

    conversation_id: str = ""
    originator_conversation_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Pulled(Reply):
    """One page of payments to our number; `rows` counts those, too, that could not be read."""

    payments: tuple[PaybillPayment, ...] = ()
    rows: int = 0


@dataclass(frozen=True)
class Envelope:
    """An answer, taken apart: its code and text, from whichever shape it has."""

    body: Any
    meaning: Meaning
    code: str
    told: str
    is_success: bool = False  # by its HTTP status


def unless_locked(taken: Taken) -> Taken:
    """Return a payout's answer, where "unable to lock subscriber" is no rejection.

    It is known of prompts alone. What nobody has told us of payouts may mean one under way.
    """
    if taken.code == _OVERLOADED and "lock subscriber" in taken.told.casefold():
        return replace(taken, meaning=codes.meaning_of(Where.CALL, _OVERLOADED))
    return taken


def unsent(code: str, *, where: Where = Where.TRANSPORT) -> Envelope:
    """Return the envelope of a call that got no answer."""
    return Envelope(None, codes.meaning_of(where, code), code, "")


def opened(http_status: int, content: bytes) -> Envelope:
    """Take an answer to a call apart. What can't be understood goes by its HTTP status."""
    try:
        body = reading.parse(content)
    except Unreadable:
        body = None
    code, told = _code_and_text(body)
    is_success = 200 <= http_status < 300
    by_status = codes.meaning_of(Where.HTTP, "2xx" if code == "0" else str(http_status))
    by_code = codes.meaning_of(Where.CALL, code, message=told)
    # "Taken", under a status that says otherwise, is an answer without sense.
    is_sound = is_success if code in ("", "0") else is_success or by_code.is_known
    meaning = by_code if code and is_sound else by_status
    return Envelope(body, meaning, code or f"HTTP {http_status}", told, is_success)


def pushed(envelope: Envelope) -> Pushed:
    """Read the answer to a push."""
    merchant_id, checkout_id = (
        text(item(envelope.body, name)) for name in ("MerchantRequestID", "CheckoutRequestID")
    )
    return Pushed(
        **_shared(envelope), merchant_request_id=merchant_id, checkout_request_id=checkout_id
    )


def push_status(envelope: Envelope) -> PushStatus:
    """Read the answer to the question how a push stands: whatever is no result is PENDING."""
    code = reading.code(item(envelope.body, "ResultCode"))
    if code and envelope.is_success:
        told = text(item(envelope.body, "ResultDesc"))
        meaning = codes.meaning_of(Where.PUSH, code, message=told)
    else:
        code, told = envelope.code, envelope.told
        meaning = codes.unanswered(envelope.meaning)
    return PushStatus(
        meaning=meaning,
        code=code,
        told=told[:200],
        checkout_request_id=text(item(envelope.body, "CheckoutRequestID")),
    )


def taken(envelope: Envelope) -> Taken:
    """Read the answer to a payout, a reversal or a question."""
    originator = item(envelope.body, "OriginatorConversationID")
    misspelt = item(envelope.body, "OriginatorCoversationID")
    return Taken(
        **_shared(envelope),
        conversation_id=text(item(envelope.body, "ConversationID")),
        originator_conversation_id=text(originator if originator is not None else misspelt),
    )


def pull_registered(envelope: Envelope) -> Reply:
    """Read the answer to a registration for pulling: 1000 is done, 1001 that it was before.

    It says so under a name that no other answer has.
    """
    status = reading.code(item(envelope.body, "ResponseStatus"))
    if not envelope.is_success or status not in ("1000", "1001"):
        return Reply(**{**_shared(envelope), "code": status or envelope.code})
    return Reply(meaning=codes.meaning_of(Where.CALL, "0"), code=status, told=envelope.told[:200])


def pulled(envelope: Envelope, *, shortcode: str) -> Pulled:
    """Read one page of payments. Success is 1000 here, and 1001 where there are none."""
    if envelope.code not in ("1000", "1001", "0"):
        return Pulled(**_shared(envelope))
    rows = _rows(item(envelope.body, "Response"))
    read = tuple(row for row in (_pulled_row(row, shortcode) for row in rows) if row is not None)
    meaning = codes.meaning_of(Where.CALL, "0")
    return Pulled(
        meaning=meaning,
        code=envelope.code,
        told=envelope.told[:200],
        payments=read,
        rows=len(rows),
    )


def _rows(value: Any) -> list[Any]:
    """Return all objects in a list of lists."""
    if isinstance(value, dict):
        return [value] if value else []
    found: list[Any] = []
    for entry in value if isinstance(value, list) else ():
        found += _rows(entry)
    return found


def _pulled_row(row: Any, shortcode: str) -> PaybillPayment | None:
    """Read one row, which names things in a third way."""
    try:
        return paybills.payment(
            {
                "TransID": item(row, "transactionId"),
                "TransAmount": item(row, "amount"),
                "TransTime": _pulled_time(item(row, "trxDate")),
                "BusinessShortCode": item(row, "organizationnumber") or shortcode,
                "BillRefNumber": item(row, "billreference"),
                "TransactionType": item(row, "transactiontype"),
                "MSISDN": item(row, "msisdn"),
                "FirstName": item(row, "sender"),
            }
        )
    except Unreadable:
        return None


def _pulled_time(value: Any) -> str:
    return text(value)[:19]


def _shared(envelope: Envelope) -> dict[str, Any]:
    return {"meaning": envelope.meaning, "code": envelope.code, "told": envelope.told[:200]}


def _code_and_text(body: Any) -> tuple[str, str]:
    """Return the code and the text of either shape: that of success or that of errors."""
    error = reading.code(item(body, "errorCode"))
    if error:
        return error, text(item(body, "errorMessage"))
    told = text(item(body, "ResponseDescription")) or text(item(body, "ResponseMessage"))
    return reading.code(item(body, "ResponseCode")), told
