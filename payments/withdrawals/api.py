"""Withdrawals over REST: what one would cost, having it paid out, seeing what became of it."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import CURRENCY, Cents, Currency, Form, Instant, Whole
from nannychain.api.idempotent import idempotent
from nannychain.api.pagination import PageQuery, page
from nannychain.money import AMOUNT_CENTS_MAX
from nannychain.operating.selectors import FlowStopped
from payments.fees import NoFeeKnown
from payments.limits import LimitExceeded, OutflowReached
from payments.withdrawals import selectors, services
from payments.withdrawals.errors import (
    AmountOutOfRange,
    FeeChanged,
    NoSuchWithdrawal,
    NotEnoughMoney,
)
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State
from workers.identity.endpoints import PinEndpoint
from workers.identity.standing.services import Frozen, MustProveAgain

_TAG = "Wallet"
_ID = "01932c5e-9f21-7d04-8b1d-5a3c2e9f0b11"
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "state": "RESERVED",
    "amount_cents": 50_000,
    "fee_cents": 435,
    "tax_cents": 65,
    "total_cents": 50_500,
    "currency": CURRENCY,
    "receipt": None,
    "created_at": "2026-11-20T06:00:00Z",
    "ended_at": None,
}
_PAID = {
    **_EXAMPLE,
    "state": "PAID",
    "receipt": "UKL5D6E7F8",
    "ended_at": "2026-11-20T06:00:12Z",
}
_QUOTE = {
    name: _EXAMPLE[name]
    for name in ("amount_cents", "fee_cents", "tax_cents", "total_cents", "currency")
}
_REFUSALS = (
    AmountOutOfRange,
    FeeChanged,
    NotEnoughMoney,
    LimitExceeded,
    OutflowReached,
    NoFeeKnown,
    Frozen,
    MustProveAgain,
    FlowStopped,
)


class WithdrawalForm(Form):
    """What is asked for; M-Pesa pays whole shillings, and the cents stay in the wallet.

    With `total_cents` as quoted, a changed fee is refused.
    """

    amount_cents = Cents()
    total_cents = Cents(required=False, help_text="as the quote has it: amount, fee and tax")


class QuoteQuery(Form):
    """What a withdrawal is asked to cost."""

    amount_cents = Whole(min_value=1, max_value=AMOUNT_CENTS_MAX)


class QuoteAnswer(Form):
    """What a withdrawal would do: `total_cents` leaves the wallet."""

    amount_cents = Cents()
    fee_cents = serializers.IntegerField()
    tax_cents = serializers.IntegerField()
    total_cents = Cents()
    currency = Currency(default=CURRENCY)


class WithdrawalAnswer(QuoteAnswer):
    """One withdrawal."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(
        choices=list(State), help_text="FAILED: nothing was paid, and all of it is back"
    )
    receipt = serializers.CharField(allow_null=True, help_text="M-Pesa's, once it has paid")
    created_at = Instant()
    ended_at = Instant(allow_null=True)


class WithdrawalList(Form):
    """A page of withdrawals."""

    items = WithdrawalAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class WithdrawalQuote(Endpoint):
    """What a withdrawal would cost."""

    access: ClassVar = {"GET": SignedIn()}

    @explained(
        "See what a withdrawal costs",
        tag=_TAG,
        query=QuoteQuery,
        answers={200: Answer(QuoteAnswer, example=_QUOTE)},
        errors=(AmountOutOfRange, NoFeeKnown),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Show what is paid out, what it costs and what leaves the wallet. Nothing is done."""
        asked = self.asked(QuoteQuery)
        return Response(QuoteAnswer(selectors.quote(asked["amount_cents"])).data)


class Withdrawals(PinEndpoint):
    """Money from one's wallet to one's own M-Pesa."""

    pin_operation = "withdrawal"
    access: ClassVar = {"GET": SignedIn(), "POST": SignedIn()}
    limits: ClassVar = {"POST": Limit(20, HOUR)}

    @explained(
        "List my withdrawals",
        tag=_TAG,
        query=PageQuery,
        answers={200: Answer(WithdrawalList, example={"items": [_PAID], "next_cursor": None})},
    )
    def get(self, request: Request) -> Response:
        """List them from the newest back."""
        asked = self.asked(PageQuery)
        found = page(
            selectors.of_member(party_id(request)), cursor=asked.get("cursor"), size=asked["size"]
        )
        items = [_shown(withdrawal) for withdrawal in found.items]
        return Response({"items": items, "next_cursor": found.next_cursor})

    @explained(
        "Take money out",
        tag=_TAG,
        body=WithdrawalForm,
        body_example={"amount_cents": 50_000, "total_cents": 50_500},
        answers={
            202: Answer(
                WithdrawalAnswer,
                example=_EXAMPLE,
                when="the money has left the wallet; M-Pesa pays it to the member's own phone",
            )
        },
        errors=_REFUSALS,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Have it paid out to the member's own phone; the PIN token is for `withdrawal`."""
        given = self.given(WithdrawalForm)
        amount_cents, seen = given["amount_cents"], None
        if "total_cents" in given:
            seen = selectors.quote(amount_cents)
            if seen.total_cents != given["total_cents"]:
                raise FeeChanged
        withdrawal = services.request(
            party_id(request), amount_cents=amount_cents, channel="api", seen=seen
        )
        return Response(_shown(withdrawal), status=202)


class WithdrawalById(Endpoint):
    """One withdrawal of one's own."""

    access: ClassVar = {"GET": SignedIn()}

    @explained(
        "See one of my withdrawals",
        tag=_TAG,
        path={"withdrawal_id": _ID},
        answers={200: Answer(WithdrawalAnswer, example=_PAID)},
        errors=(NoSuchWithdrawal,),
    )
    def get(self, request: Request, withdrawal_id: UUID) -> Response:
        """Show how it stands."""
        return Response(_shown(selectors.get(withdrawal_id, member_id=party_id(request))))


def _shown(withdrawal: Withdrawal) -> Any:
    return WithdrawalAnswer(withdrawal).data
