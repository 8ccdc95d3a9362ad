"""The PIN: choosing, changing and showing it."""

from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Form, Instant, Text, Word
from nannychain.errors import Forbidden, TooOften
from nannychain.logs import context
from workers.identity.codes import services as codes
from workers.identity.endpoints import HEADER, session_of
from workers.identity.pins import rules, services
from workers.identity.pins.counting import Verdict
from workers.identity.tokens import services as tokens
from workers.identity.tokens.pin_tokens import LIFETIME

_CHANNEL = "api"
_CODE_LENGTH_MAX = 20
_TRIES = Limit(30, HOUR, strictly=True)


class WrongPin(Forbidden):
    """A PIN that is wrong, while there are tries left."""

    code = "pin.wrong"
    message = _("That PIN is wrong.")
    details = {"tries_left": 2}

    def __init__(self, *, tries_left: int) -> None:
        self.details = {"tries_left": tries_left}
        super().__init__()


class PinLocked(TooOften):
    """Too many wrong PINs: none is taken for a while."""

    code = "pin.locked"
    message = _("Too many wrong PINs. Please wait a while, then try again.")


class PinNeedsReset(Forbidden):
    """Too many locks in a row: only a reset helps."""

    code = "pin.needs_reset"
    message = _("Too many wrong PINs. Please ask for a new one.")


class PinForm(Form):
    """A new PIN, and what shows that one may set it."""

    pin = Text(max_length=_CODE_LENGTH_MAX, help_text="four digits")
    old_pin = Text(required=False, max_length=_CODE_LENGTH_MAX, help_text="to change a PIN")
    code = Text(
        required=False,
        max_length=_CODE_LENGTH_MAX,
        help_text="for a first PIN once money has come: of purpose `set_pin`",
    )


class VerifyForm(Form):
    """A PIN, and what it is shown for."""

    pin = Text(max_length=_CODE_LENGTH_MAX)
    operation = Word(help_text="what the operation's own description names")


class PinTokenAnswer(Form):
    """What shows for a while that the PIN was right."""

    pin_token = serializers.CharField(help_text=f"send it as `{HEADER}`, once")
    operation = serializers.CharField()
    expires_at = Instant()


class ResetForm(Form):
    """A code of purpose `reset_pin`."""

    code = Text(max_length=_CODE_LENGTH_MAX)


class Pin(Endpoint):
    """The member's PIN."""

    access = {"POST": SignedIn()}
    limits = {"POST": _TRIES}

    @explained(
        "Choose or change the PIN",
        tag="PIN",
        body=PinForm,
        body_example={"pin": "4071"},
        answers={204: Answer(when="The PIN is set.")},
        errors=(
            *(rules.NotFourDigits, rules.WeakPin, services.SamePin, codes.Refused),
            *(services.PinExists, services.NoPin, services.CodeNeeded),
            *(WrongPin, PinNeedsReset, PinLocked, services.PepperChanged),
        ),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Set a first PIN, or with `old_pin` another one.

        Once money has come to the account, a first PIN takes a code of purpose `set_pin`, and what
        may leave is capped for a day.
        """
        given = self.given(PinForm)
        attempt = _attempt()
        if "old_pin" in given:
            _refuse_unless_right(
                services.change(
                    party_id(request),
                    old=given["old_pin"],
                    new=given["pin"],
                    attempt_key=attempt,
                    channel=_CHANNEL,
                )
            )
        else:
            services.choose_first(
                party_id(request),
                pin=given["pin"],
                code=given.get("code"),
                attempt_key=attempt,
                channel=_CHANNEL,
            )
        return Response(status=204)


class VerifyPin(Endpoint):
    """A PIN token for a PIN."""

    access = {"POST": SignedIn()}
    limits = {"POST": _TRIES}

    @explained(
        "Show the PIN for an operation",
        tag="PIN",
        body=VerifyForm,
        body_example={"pin": "4071", "operation": "withdrawal"},
        answers={
            200: Answer(
                PinTokenAnswer,
                example={
                    "pin_token": "ncp_T5rE3wQ1aS9dF7gH5jK3lZ1xC9vB7nM5qW3eR1tY9uI",
                    "operation": "withdrawal",
                    "expires_at": "2026-11-28T12:05:00.000000Z",
                },
            )
        },
        errors=(WrongPin, PinNeedsReset, PinLocked, services.NoPin, services.PepperChanged),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Get a token that confirms one operation of this session, once, within five minutes."""
        given = self.given(VerifyForm)
        _refuse_unless_right(
            services.verify(
                party_id(request), pin=given["pin"], attempt_key=_attempt(), channel=_CHANNEL
            )
        )
        token = tokens.issue_pin_token(session_of(request), operation=given["operation"])
        answer = {
            "pin_token": token,
            "operation": given["operation"],
            "expires_at": timezone.now() + LIFETIME,
        }
        return Response(PinTokenAnswer(answer).data)


class ResetPin(Endpoint):
    """A wish for a new PIN."""

    access = {"POST": SignedIn()}
    limits = {"POST": _TRIES}

    @explained(
        "Ask for a new PIN",
        tag="PIN",
        body=ResetForm,
        body_example={"code": "402913"},
        answers={202: Answer(when="Two members of staff will look at it.")},
        errors=(codes.Refused, services.NoPin),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Show by a code of purpose `reset_pin` that it is you who forgot the PIN."""
        services.ask_reset(
            party_id(request),
            code=self.given(ResetForm)["code"],
            channel=_CHANNEL,
            address=context.client_address() or "",
        )
        return Response(status=202)


def _attempt() -> str:
    """Return a key for this request alone: whoever repeats it over HTTP tries again."""
    return f"http {uuid4().hex}"


def _refuse_unless_right(verdict: Verdict) -> None:
    if verdict.is_right:
        return
    if verdict.needs_reset:
        raise PinNeedsReset
    if verdict.locked_until is not None:
        wait = verdict.locked_until - timezone.now()
        raise PinLocked(retry_after_seconds=int(wait.total_seconds()) + 1)
    raise WrongPin(tries_left=verdict.tries_left)
