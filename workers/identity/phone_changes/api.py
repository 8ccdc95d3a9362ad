"""Another number: asked for, shown by a code to each of the two, or taken back."""

from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Choice, Form, Instant, Phone, Text
from nannychain.logs import context
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.endpoints import session_of
from workers.identity.phone_changes import selectors, services
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.states import State
from workers.identity.pins import services as pins
from workers.identity.standing.services import Frozen
from workers.identity.tokens import services as tokens
from workers.identity.tokens.pin_tokens import PinTokenRefused

PIN_OPERATION = "phone_change"
_PURPOSES = {"old": Purpose.LEAVE_PHONE, "new": Purpose.TAKE_PHONE}
_ASKED = {
    "new_phone": "+254733000111",
    "state": "ASKED",
    "old_shown": False,
    "new_shown": False,
    "expires_at": "2026-11-29T12:00:00.000000Z",
}


class AskForm(Form):
    """The new number, and the PIN token of who has a PIN."""

    new_phone = Phone()
    pin_token = Text(
        required=False,
        max_length=200,
        help_text=f"for whoever has a PIN: of `/auth/pin/verify`, for `{PIN_OPERATION}`",
    )


class NumberCodeForm(Form):
    """A code, and which of the two numbers it came to."""

    number = Choice(choices=sorted(_PURPOSES))
    code = Text(max_length=20)


class PhoneChangeAnswer(Form):
    """How far a change of number is."""

    new_phone = Phone()
    state = serializers.ChoiceField(choices=[str(state) for state in State])
    old_shown = serializers.BooleanField(help_text="the old number has let go")
    new_shown = serializers.BooleanField(help_text="the new number was shown to be yours")
    expires_at = Instant()


class NumberChange(Endpoint):
    """The change of number that is under way."""

    access = {"GET": SignedIn(), "POST": SignedIn(), "DELETE": SignedIn()}
    limits = {"POST": Limit(10, HOUR, strictly=True)}

    @explained(
        "See my change of number",
        tag="Me",
        answers={200: Answer(PhoneChangeAnswer, example=_ASKED)},
        errors=(services.NoSuchChange,),
    )
    def get(self, request: Request) -> Response:
        """See which number you are moving to, and which of the two codes is still missing."""
        return Response(_answer(_waiting(request)))

    @explained(
        "Ask for another number",
        tag="Me",
        body=AskForm,
        body_example={"new_phone": "0733 000 111"},
        answers={202: Answer(PhoneChangeAnswer, example=_ASKED, when="A code goes to each.")},
        errors=(services.SamePhone, services.TooSoon, Frozen, PinTokenRefused),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Have a code sent to your number and another one to the new number.

        Once both are entered, the account moves: money and PIN stay, all devices are signed out,
        and what may leave is capped for a day. Without the old phone, staff have to help.
        """
        given = self.given(AskForm)
        if pins.has_pin(party_id(request)):
            tokens.check_pin_token(
                session_of(request), token=given.get("pin_token", ""), operation=PIN_OPERATION
            )
        change = services.ask(
            party_id(request),
            new_phone=given["new_phone"],
            channel="api",
            address=context.client_address() or "",
        )
        return Response(_answer(change), status=202)

    @explained(
        "Keep my number",
        tag="Me",
        answers={204: Answer(when="The change is taken back.")},
        errors=(services.NoSuchChange,),
    )
    def delete(self, request: Request) -> Response:
        """Take the change of number back."""
        services.cancel(_waiting(request).pk)
        return Response(status=204)


class NumberChangeCodes(Endpoint):
    """The codes of a change of number."""

    access = {"POST": SignedIn()}
    limits = {"POST": Limit(60, HOUR, strictly=True)}

    @explained(
        "Enter a code of my change of number",
        tag="Me",
        body=NumberCodeForm,
        body_example={"number": "new", "code": "402913"},
        answers={
            200: Answer(
                PhoneChangeAnswer,
                example={**_ASKED, "new_shown": True},
                when="With the second code the state is DONE, and every device is signed out.",
            )
        },
        errors=(services.NoSuchChange, services.PhoneTaken, codes.Refused),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Show the old number or the new one by the code that came to it.

        That the new number has an account already is told only to who holds that phone.
        """
        given = self.given(NumberCodeForm)
        change = services.prove(
            _waiting(request).pk,
            purpose=_PURPOSES[given["number"]],
            code=given["code"],
            address=context.client_address() or "",
        )
        return Response(_answer(change))


def _waiting(request: Request) -> PhoneChange:
    change = selectors.waiting_of(party_id(request))
    if change is None:
        raise services.NoSuchChange
    return change


def _answer(change: PhoneChange) -> Any:
    return PhoneChangeAnswer(
        {
            "new_phone": change.new_phone,
            "state": change.state,
            "old_shown": change.is_let_go,
            "new_shown": change.new_proved_at is not None,
            "expires_at": change.expires_at,
        }
    ).data
