"""Asking for a code by SMS."""

from django.utils import translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import Anyone
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Choice, Form, Phone
from nannychain.language import codes as languages
from nannychain.logs import context
from workers.identity import selectors
from workers.identity.codes import services
from workers.identity.codes.purposes import Purpose

_PURPOSES = {
    "sign_in": Purpose.PROVE_PHONE,
    "set_pin": Purpose.SET_PIN,
    "reset_pin": Purpose.RESET_PIN,
}


class CodeForm(Form):
    """Whom to send a code, and what for."""

    phone = Phone()
    purpose = Choice(
        choices=tuple(_PURPOSES),
        default="sign_in",
        help_text="`sign_in` also serves to register; a code is good for one purpose only",
    )
    language = Choice(
        choices=languages(), required=False, help_text="of the SMS; else that of the request"
    )


class CodeAnswer(Form):
    """That a code is on its way, to whomever has that phone."""

    phone = Phone()
    expires_in_seconds = serializers.IntegerField()


class SendCode(Endpoint):
    """One-time codes."""

    authentication_classes = ()
    access = {"POST": Anyone()}
    limits = {"POST": Limit(60, HOUR, strictly=True)}

    @explained(
        "Get a code by SMS",
        tag="Signing in",
        body=CodeForm,
        body_example={"phone": "0712 345 678"},
        answers={
            202: Answer(
                CodeAnswer,
                example={"phone": "+254712345678", "expires_in_seconds": 300},
                when="A code is on its way.",
            )
        },
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Send a code of six digits to a phone.

        It is good for five minutes and five tries, and a newer one ends it. The answer is the same
        whether or not the number has an account.
        """
        given = self.given(CodeForm)
        caller = selectors.caller_by_phone(given["phone"])
        language = given.get("language") or (
            caller.language if caller else translation.get_language()
        )
        services.send(
            given["phone"],
            purpose=_PURPOSES[given["purpose"]],
            language=language,
            address=context.client_address() or "",
        )
        seconds = int(services.LIFETIME.total_seconds())
        answer = {"phone": given["phone"], "expires_in_seconds": seconds}
        return Response(CodeAnswer(answer).data, status=202)
