"""Transfers over REST: whom it would go to and what it would cost, sending, seeing them."""

import hashlib
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import CURRENCY, Cents, Choice, Currency, Form, Instant, Text, Whole
from nannychain.api.idempotent import HEADER, idempotent
from nannychain.api.pagination import PageQuery, page
from nannychain.money import AMOUNT_CENTS_MAX
from nannychain.operating.selectors import FlowStopped
from payments import fees
from payments.fees import NoFeeKnown
from payments.limits.rules import AboveCap, AboveDay, AboveMaximum, AboveNewPayee, BelowMinimum
from payments.operations import Operation
from payments.transfers import selectors, services
from payments.transfers.models import Transfer
from workers.identity import addresses, names
from workers.identity.endpoints import PinEndpoint
from workers.identity.standing.services import Frozen, MustProveAgain

_TAG = "Wallet"
_ID = "01932c5e-9f21-7d04-8b1d-5a3c2e9f0c21"
_QUOTE: dict[str, Any] = {
    "name": "Achieng O***",
    "amount_cents": 25_000,
    "fee_cents": 0,
    "tax_cents": 0,
    "total_cents": 25_000,
    "currency": CURRENCY,
    "sent_just_now": False,
}
_EXAMPLE = {
    "id": _ID,
    "reference": "TR-7K0M1Q9D",
    "direction": "out",
    **{name: value for name, value in _QUOTE.items() if name != "sent_just_now"},
    "created_at": "2026-11-28T11:02:00Z",
}
_REFUSALS = (
    services.NoSuchPayee,
    services.ToOneself,
    services.NotEnoughMoney,
    BelowMinimum,
    AboveMaximum,
    AboveDay,
    AboveNewPayee,
    AboveCap,
    NoFeeKnown,
    Frozen,
    MustProveAgain,
    FlowStopped,
)
_TO = "a phone or a Worker ID, in any usual spelling"


class TransferQuoteQuery(Form):
    """What a transfer is asked to cost."""

    to = Text(max_length=addresses.LENGTH_MAX, help_text=_TO)
    amount_cents = Whole(min_value=1, max_value=AMOUNT_CENTS_MAX)


class TransferForm(Form):
    """What is to be sent, to whom; with `total_cents` as quoted, a changed fee is refused."""

    to = Text(max_length=addresses.LENGTH_MAX, help_text=_TO)
    amount_cents = Cents()
    total_cents = Cents(required=False, help_text="as the quote has it: amount, fee and tax")


class TransferSums(Form):
    """Amounts of a transfer: `total_cents` leaves the sender's wallet."""

    name = serializers.CharField(help_text="the other one's first name, and of the last a letter")
    amount_cents = Cents()
    fee_cents = serializers.IntegerField()
    tax_cents = serializers.IntegerField()
    total_cents = Cents()
    currency = Currency(default=CURRENCY)


class TransferQuoteAnswer(TransferSums):
    """What a transfer would do."""

    sent_just_now = serializers.BooleanField(
        help_text="the same went to the same person within ten minutes: ask before sending again"
    )


class TransferAnswer(TransferSums):
    """One transfer, as the caller sees it: of one that came in, the fee is not shown."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="for people to read out")
    direction = Choice(choices=["in", "out"])
    created_at = Instant()


class TransferList(Form):
    """A page of transfers."""

    items = TransferAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class TransferQuote(Endpoint):
    """What a transfer would cost, and whom it would go to."""

    access: ClassVar = {"GET": SignedIn()}
    limits: ClassVar = {"GET": Limit(60, HOUR)}  # it tells whose a number is

    @explained(
        "See what a transfer costs, and whom it goes to",
        tag=_TAG,
        query=TransferQuoteQuery,
        answers={200: Answer(TransferQuoteAnswer, example=_QUOTE)},
        errors=_REFUSALS,
    )
    def get(self, request: Request) -> Response:
        """Show name, amount, fee and total. Nothing is done."""
        asked, me = self.asked(TransferQuoteQuery), party_id(request)
        payee = services.find_payee(me, recipient_text=asked["to"])
        quote = services.quote_to(me, recipient=payee, amount_cents=asked["amount_cents"])
        recent = selectors.recent_like(
            me, recipient_id=payee.pk, amount_cents=quote.amount_cents, at=timezone.now()
        )
        shown = {
            "name": quote.name,
            "amount_cents": quote.amount_cents,
            "fee_cents": quote.fee.fee_cents,
            "tax_cents": quote.fee.tax_cents,
            "total_cents": quote.total_cents,
            "currency": CURRENCY,
            "sent_just_now": recent is not None,
        }
        return Response(TransferQuoteAnswer(shown).data)


class Transfers(PinEndpoint):
    """Money to another member, and what has come from others."""

    pin_operation = "transfer"
    access: ClassVar = {"GET": SignedIn(), "POST": SignedIn()}
    limits: ClassVar = {"POST": Limit(30, HOUR)}

    @explained(
        "List my transfers",
        tag=_TAG,
        query=PageQuery,
        answers={200: Answer(TransferList, example={"items": [_EXAMPLE], "next_cursor": None})},
    )
    def get(self, request: Request) -> Response:
        """List what was sent and received, from the newest back."""
        asked, me = self.asked(PageQuery), party_id(request)
        found = page(selectors.of_member(me), cursor=asked.get("cursor"), size=asked["size"])
        items = [_shown(transfer, me=me) for transfer in found.items]
        return Response({"items": items, "next_cursor": found.next_cursor})

    @explained(
        "Send money",
        tag=_TAG,
        body=TransferForm,
        body_example={"to": "0722 000 222", "amount_cents": 25_000, "total_cents": 25_000},
        answers={201: Answer(TransferAnswer, example=_EXAMPLE, when="it is in the other wallet")},
        errors=(*_REFUSALS, services.FeeChanged),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send it to another member's wallet, at once; the PIN token is for `transfer`."""
        given, me = self.given(TransferForm), party_id(request)
        amount_cents = given["amount_cents"]
        payee = services.find_payee(me, recipient_text=given["to"])
        total_cents = given.get("total_cents")
        if total_cents is None:
            fee = fees.quote(Operation.TRANSFER, amount_cents, at=timezone.now())
            total_cents = amount_cents + fee.total_cents
        transfer = services.send(
            me,
            recipient_id=payee.pk,
            amount_cents=amount_cents,
            shown_fee_cents=total_cents - amount_cents,
            key=_key(request),
            channel="api",
        )
        return Response(_shown(transfer, me=me), status=201)


class TransferById(Endpoint):
    """One transfer that the caller has sent or received."""

    access: ClassVar = {"GET": SignedIn()}

    @explained(
        "See one of my transfers",
        tag=_TAG,
        path={"transfer_id": _ID},
        answers={200: Answer(TransferAnswer, example=_EXAMPLE)},
        errors=(services.NoSuchTransfer,),
    )
    def get(self, request: Request, transfer_id: UUID) -> Response:
        """Show it."""
        me = party_id(request)
        transfer = selectors.by_id(transfer_id, member_id=me)
        if transfer is None:
            raise services.NoSuchTransfer
        return Response(_shown(transfer, me=me))


def _key(request: Request) -> str:
    """Return the caller's key as a transfer keeps it: hashed, since it may be very long."""
    return f"api:{hashlib.sha256(request.headers[HEADER].encode()).hexdigest()}"


def _shown(transfer: Transfer, *, me: UUID) -> Any:
    is_out = transfer.sender_id == me
    other = transfer.recipient if is_out else transfer.sender
    return TransferAnswer(
        {
            "id": transfer.pk,
            "reference": transfer.reference,
            "direction": "out" if is_out else "in",
            "name": names.masked(other.name, number=other.phone),
            "amount_cents": transfer.amount_cents,
            "fee_cents": transfer.fee_cents if is_out else 0,
            "tax_cents": transfer.tax_cents if is_out else 0,
            "total_cents": transfer.total_cents if is_out else transfer.amount_cents,
            "currency": CURRENCY,
            "created_at": transfer.created_at,
        }
    ).data
