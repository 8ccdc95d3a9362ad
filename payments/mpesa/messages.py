"""What M-Pesa posts to us, read into plain values. Codes get their meaning in `codes`.

Total: whatever is posted gives one of these or raises `Unreadable`. Safaricom changes the order,
the types and the number of things from year to year, so that everything is looked up by name.
Amounts are cents, instants UTC. A receipt proves a payment only where the code says so.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nannychain import phone
from payments.mpesa import codes, reading
from payments.mpesa.meanings import Meaning, Where
from payments.mpesa.reading import Unreadable, item, text

__all__ = ["PushResult", "QueueTimeout", "Result", "Unreadable", "push_result", "result", "timeout"]

_PARTY = re.compile(r"\s*(\+?[0-9*]{4,15})\s*[-\u2013]\s*(.*)", re.DOTALL)
_NO_SUCH_THING = ("not exist", "not found", "no such", "no transaction", "no record")
# A number before a name, or alone: what begins otherwise says nothing of who it is.
_NUMBER = re.compile(r"\s*\+?([0-9][0-9*]{4,14})\s*(?:[-\u2013]|$)")
Pairs = list[tuple[str, Any]]


@dataclass(frozen=True, kw_only=True)
class PushResult:
    """What became of a prompt. `amount_cents` and `receipt` are there when it was paid, mostly."""

    code: str
    description: str
    merchant_request_id: str = ""
    checkout_request_id: str = field(default="", repr=False)  # it contains the payer's number
    amount_cents: int | None = None
    receipt: str = ""
    phone: str = field(default="", repr=False)  # as told: perhaps masked or hashed
    paid_at: datetime | None = None

    @property
    def meaning(self) -> Meaning:
        """Return what the code means."""
        return codes.meaning_of(Where.PUSH, self.code, message=self.description)


@dataclass(frozen=True, kw_only=True)
class Party:
    """One side of a transaction, as M-Pesa names it: `254712345678 - WANJIKU KAMAU`."""

    phone: str = field(default="", repr=False)  # E.164; empty for a shortcode or a mask
    name: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a payout, a reversal or a question. `parameters` are as they were told."""

    code: str
    description: str
    originator_conversation_id: str = ""
    conversation_id: str = ""
    transaction_id: str = ""  # filled on failures too, and then no receipt
    parameters: tuple[tuple[str, Any], ...] = field(default=(), repr=False)

    def meaning(self, where: Where) -> Meaning:
        """Return what the code means: Where.PAYOUT, QUESTION or REVERSAL."""
        return codes.meaning_of(where, self.code, message=self.description)

    def value(self, *names: str) -> Any:
        """Return the value of the first of these parameters that has one, else None."""
        return reading.first(list(self.parameters), *names)

    def values(self, name: str) -> tuple[Any, ...]:
        """Return all values of a parameter: some come twice."""
        return tuple(value for key, value in self.parameters if key == name and value is not None)

    @property
    def amount_cents(self) -> int | None:
        """Return the amount, where one was told."""
        return reading.paid_cents(self.value("TransactionAmount", "Amount"))

    @property
    def receipt(self) -> str:
        """Return the receipt of what was done: the outer id names the question in a query."""
        named = self.value("TransactionReceipt", "ReceiptNo", "ReceiptNumber")
        return reading.receipt(named)

    @property
    def receiver(self) -> Party:
        """Return who received the money."""
        return party(self.value("ReceiverPartyPublicName", "CreditPartyName"))

    @property
    def receiver_number(self) -> str:
        """Return the number of who received it, by a status query: digits, perhaps masked, or none.

        The name is padded with spaces. Safaricom's own sample has no CreditPartyName: the second of
        two DebitPartyNames is the receiver there.
        """
        named = text(self.value("CreditPartyName"))
        parties = self.values("DebitPartyName")
        if not named and len(parties) == 2:
            named = text(parties[1])
        match = _NUMBER.match(named)
        return match[1] if match is not None else ""

    @property
    def completed_at(self) -> datetime | None:
        """Return when it was done."""
        return reading.instant(
            self.value("TransactionCompletedDateTime", "FinalisedTime", "TransCompletedTime")
        )

    @property
    def is_receiver_registered(self) -> bool | None:
        """Return whether the receiver is an M-Pesa customer; None where it isn't told."""
        told = text(self.value("B2CRecipientIsRegisteredCustomer")).upper()
        return {"Y": True, "N": False}.get(told[:1])

    @property
    def utility_cents(self) -> int | None:
        """Return what is left in the account that payouts are made from."""
        return reading.cents(self.value("B2CUtilityAccountAvailableFunds"))

    @property
    def status(self) -> Meaning:
        """Return how the transaction stands that a status query asked about."""
        told = text(self.value("TransactionStatus"))
        return codes.meaning_of(Where.STATUS, told)

    @property
    def knows_nothing(self) -> bool:
        """Tell whether a status query was answered that there is no such transaction.

        No code is known for it, and so words have to do: good for telling people, and for deciding
        nothing.
        """
        said = self.description.casefold()
        return self.code != "0" and any(words in said for words in _NO_SUCH_THING)

    @property
    def original_conversation_id(self) -> str:
        """Return the id that we gave to the transaction which a status query asked about.

        Samples spell its key in three ways, and some have none.
        """
        return text(
            self.value(
                "OriginatorConversationID", "OriginalConversationID", "Originator Conversation ID"
            )
        )

    @property
    def original_transaction_id(self) -> str:
        """Return the receipt of the payment that was given back."""
        return reading.receipt(self.value("OriginalTransactionID"))


@dataclass(frozen=True, kw_only=True)
class QueueTimeout:
    """The news that a request waited too long: it may still be carried out."""

    originator_conversation_id: str = ""
    conversation_id: str = ""


def push_result(body: Any) -> PushResult:
    """Read the callback of a push; raise Unreadable where it tells no result."""
    told = item(body, "Body", "stkCallback")
    told = told if told is not None else item(body, "stkCallback") or body
    code = reading.code(item(told, "ResultCode"))
    if not code:
        raise Unreadable("no result code")
    metadata = item(told, "CallbackMetadata", "Item")
    found = list(reading.pairs(metadata, name="Name"))
    return PushResult(
        code=code,
        description=text(item(told, "ResultDesc")),
        merchant_request_id=text(item(told, "MerchantRequestID")),
        checkout_request_id=text(item(told, "CheckoutRequestID")),
        amount_cents=reading.paid_cents(_only(found, "Amount")),
        receipt=reading.receipt(_only(found, "MpesaReceiptNumber")),
        phone=text(reading.first(found, "PhoneNumber")),
        paid_at=reading.instant(reading.first(found, "TransactionDate")),
    )


def result(body: Any) -> Result:
    """Read the result of a payout, a reversal or a question; raise Unreadable where there is none.

    A queue timeout is none: it has no result code.
    """
    told = item(body, "Result")
    told = told if told is not None else body
    code = reading.code(item(told, "ResultCode"))
    if not code:
        raise Unreadable("no result code")
    parameters = item(told, "ResultParameters")
    listed = item(parameters, "ResultParameter")
    nested = item(listed, "ResultParameters")  # one old sample has them one deeper
    deeper = item(nested, "ResultParameter")
    return Result(
        code=code,
        description=text(item(told, "ResultDesc")),
        originator_conversation_id=_originator(told),
        conversation_id=text(item(told, "ConversationID")),
        transaction_id=text(item(told, "TransactionID")),
        parameters=tuple(reading.pairs(deeper or nested or listed, name="Key")),
    )


def timeout(body: Any) -> QueueTimeout:
    """Read a queue timeout: our request sent back, or a result without a decision."""
    told = item(body, "Result")
    told = told if told is not None else body
    return QueueTimeout(
        originator_conversation_id=_originator(told),
        conversation_id=text(item(told, "ConversationID")),
    )


def party(value: Any) -> Party:
    """Return whom a text names, with the number where it is a whole one."""
    told = text(value)
    match = _PARTY.fullmatch(told)
    if match is None:
        return Party(name=" ".join(told.split()))
    return Party(phone=e164(match[1]), name=" ".join(match[2].split()))


def e164(value: Any) -> str:
    """Return a Kenyan number in E.164; empty where it is masked, hashed or none."""
    try:
        return phone.parse(text(value))
    except phone.InvalidPhone:
        return ""


def _only(found: Pairs, name: str) -> Any:
    """Return the value of a name that decides about money: None where two are told that differ."""
    values = {text(value) for key, value in found if key.casefold() == name.casefold()}
    values.discard("")
    return values.pop() if len(values) == 1 else None


def _originator(told: Any) -> str:
    # The misspelt name is Safaricom's own, in some answers.
    named = item(told, "OriginatorConversationID")
    return text(named if named is not None else item(told, "OriginatorCoversationID"))
