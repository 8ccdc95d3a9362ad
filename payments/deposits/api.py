"""Deposits over REST: ask for a prompt, see what became of it, call it off."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import CURRENCY, Cents, Currency, Form, Instant
from nannychain.api.idempotent import idempotent
from nannychain.api.pagination import PageQuery, page
from nannychain.operating.selectors import FlowStopped
from payments.deposits import selectors, services
from payments.deposits.errors import (
    AmountOutOfRange,
    CannotCancel,
    DepositsStopped,
    NoSuchDeposit,
    PromptOpen,
    SameAgain,
)
from payments.deposits.models import Deposit
from payments.deposits.states import State

_TAG = "Wallet"
_ID = "01932c5e-7a10-7cc3-98c4-dc0c0c07398f"
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "state": "SENT",
    "amount_cents": 50_000,
    "currency": CURRENCY,
    "reference": "D7K3QX9MBAA",
    "receipt": None,
    "created_at": "2026-11-20T06:00:00Z",
    "ended_at": None,
}
_PAID = {
    **_EXAMPLE,
    "state": "PAID",
    "receipt": "UKL1A2B3C4",
    "ended_at": "2026-11-20T06:00:31Z",
}
_REFUSALS = (AmountOutOfRange, PromptOpen, SameAgain, FlowStopped, DepositsStopped)


class DepositForm(Form):
    """What is asked for; M-Pesa takes whole shillings, so that cents are rounded up."""

    amount_cents = Cents()


class DepositAnswer(Form):
    """One deposit. `amount_cents` is what the prompt asks for; all of it goes to the wallet."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=list(State), help_text="UNKNOWN: M-Pesa has not said yet; money may still come"
    )
    amount_cents = Cents()
    currency = Currency(default=CURRENCY)
    reference = serializers.CharField(help_text="stands on the prompt")
    receipt = serializers.CharField(allow_null=True, help_text="M-Pesa's, once it is known")
    created_at = Instant()
    ended_at = Instant(allow_null=True)


class DepositList(Form):
    """A page of deposits."""

    items = DepositAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Deposits(Endpoint):
    """Money from one's own M-Pesa into one's wallet."""

    access: ClassVar = {"GET": SignedIn(), "POST": SignedIn()}
    limits: ClassVar = {"POST": Limit(20, HOUR)}

    @explained(
        "List my deposits",
        tag=_TAG,
        query=PageQuery,
        answers={200: Answer(DepositList, example={"items": [_PAID], "next_cursor": None})},
    )
    def get(self, request: Request) -> Response:
        """List them from the newest back."""
        asked = self.asked(PageQuery)
        found = page(
            selectors.of_member(party_id(request)), cursor=asked.get("cursor"), size=asked["size"]
        )
        items = [_shown(deposit) for deposit in found.items]
        return Response({"items": items, "next_cursor": found.next_cursor})

    @explained(
        "Put money in",
        tag=_TAG,
        body=DepositForm,
        body_example={"amount_cents": 50_000},
        answers={
            202: Answer(
                DepositAnswer,
                example={**_EXAMPLE, "state": "REQUESTED"},
                when="a prompt goes to the phone; the wallet is credited once M-Pesa has paid",
            )
        },
        errors=_REFUSALS,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Have M-Pesa ask for the money on the member's own phone."""
        given = self.given(DepositForm)
        deposit = services.request(
            party_id(request), amount_cents=given["amount_cents"], channel="api"
        )
        return Response(_shown(deposit), status=202)


class DepositById(Endpoint):
    """One deposit of one's own."""

    access: ClassVar = {"GET": SignedIn()}

    @explained(
        "See one of my deposits",
        tag=_TAG,
        path={"deposit_id": _ID},
        answers={200: Answer(DepositAnswer, example=_PAID)},
        errors=(NoSuchDeposit,),
    )
    def get(self, request: Request, deposit_id: UUID) -> Response:
        """Show how it stands."""
        return Response(_shown(selectors.get(deposit_id, member_id=party_id(request))))


class DepositCancellation(Endpoint):
    """The end of waiting for a deposit."""

    access: ClassVar = {"POST": SignedIn()}

    @explained(
        "Cancel one of my deposits",
        tag=_TAG,
        path={"deposit_id": _ID},
        answers={
            200: Answer(
                DepositAnswer,
                example={**_EXAMPLE, "state": "CANCELLED", "ended_at": "2026-11-20T06:00:20Z"},
            )
        },
        errors=(NoSuchDeposit, CannotCancel),
    )
    def post(self, request: Request, deposit_id: UUID) -> Response:
        """Stop waiting. A prompt on the phone stays there; if it is paid, the money is hers."""
        deposit = services.cancel(deposit_id, member_id=party_id(request), channel="api")
        return Response(_shown(deposit))


def _shown(deposit: Deposit) -> Any:
    return DepositAnswer(deposit).data
