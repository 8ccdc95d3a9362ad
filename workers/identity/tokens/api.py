"""Signing in and out, and the devices that are signed in."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api import errors
from nannychain.api.access import Anyone, SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import Flag, Form, Instant, Phone, Text
from nannychain.api.pagination import PageQuery, page
from nannychain.errors import NotFound
from nannychain.logs import context
from workers.identity.codes import services as codes
from workers.identity.endpoints import session_of
from workers.identity.tokens import selectors, services
from workers.identity.tokens.models import DEVICE_LENGTH_MAX

TOKEN_LENGTH_MAX = 200
_SIGNED_IN = {
    "access": "nca_Qm9Z0nJx1vYcR3dT5fH7jK9lP2rU4wX6zB8aC0eG1iM",
    "refresh": "ncr_V7bN5mL3kJ1hG9fD7sA5qW3eR1tY9uI7oP5zX3cV1bN",
    "token_type": "Bearer",
    "access_expires_at": "2026-11-28T12:10:00.000000Z",
    "refresh_expires_at": "2026-12-28T12:00:00.000000Z",
}


class NoSuchDevice(NotFound):
    """A session that isn't the member's, or not open."""

    code = "device.not_found"
    message = _("This device is not signed in.")


class SignInForm(Form):
    """A phone, and the code that was sent to it."""

    phone = Phone()
    code = Text(max_length=20)
    device = Text(
        required=False,
        default="",
        allow_blank=True,
        max_length=DEVICE_LENGTH_MAX,
        help_text="what the member will know the device by",
    )


class RefreshForm(Form):
    """A refresh token."""

    refresh = Text(max_length=TOKEN_LENGTH_MAX)


class LogoutForm(Form):
    """Here, or everywhere."""

    everywhere = Flag(default=False, help_text="on all devices, not on this one only")


class TokensAnswer(Form):
    """A pair of tokens. They are shown once."""

    access = serializers.CharField(help_text="send it as `Authorization: Bearer …`")
    refresh = serializers.CharField(help_text="good for one new pair")
    token_type = serializers.CharField(default="Bearer")
    access_expires_at = Instant()
    refresh_expires_at = Instant()


class DeviceAnswer(Form):
    """One device that is signed in."""

    id = serializers.UUIDField()
    device = serializers.CharField()
    opened_at = Instant()
    last_used_at = Instant()
    address = serializers.CharField(allow_null=True)
    is_this_one = serializers.BooleanField()


class DevicesAnswer(Form):
    """A page of devices."""

    items = DeviceAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class SignIn(Endpoint):
    """Tokens for a phone and its code."""

    authentication_classes = ()
    access = {"POST": Anyone()}
    limits = {"POST": Limit(120, HOUR, strictly=True)}

    @explained(
        "Sign in with a code",
        tag="Signing in",
        body=SignInForm,
        body_example={"phone": "+254712345678", "code": "402913", "device": "Nokia G11"},
        answers={200: Answer(TokensAnswer, example=_SIGNED_IN)},
        errors=(codes.Refused, services.NoAccount),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Get an access token for ten minutes and a refresh token for 30 days.

        Whether the number has an account is told only to whoever has the right code.
        """
        given = self.given(SignInForm)
        found = services.sign_in(
            given["phone"],
            code=given["code"],
            device=given["device"],
            address=context.client_address() or "",
        )
        return Response(_answer(found))


class Refresh(Endpoint):
    """A new pair of tokens for an old one."""

    authentication_classes = ()
    access = {"POST": Anyone()}
    limits = {"POST": Limit(600, HOUR, strictly=True)}

    @explained(
        "Get new tokens",
        tag="Signing in",
        body=RefreshForm,
        body_example={"refresh": _SIGNED_IN["refresh"]},
        answers={200: Answer(TokensAnswer, example=_SIGNED_IN)},
        errors=(errors.TokenRefused,),
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Spend a refresh token, and get a new pair.

        A token that was spent before and is shown again was stolen by somebody: the device is
        signed out.
        """
        try:
            found = services.refresh(self.given(RefreshForm)["refresh"])
        except services.TokenRefused:
            raise errors.TokenRefused from None
        return Response(_answer(found))


class Logout(Endpoint):
    """The end of a session."""

    access = {"POST": SignedIn()}

    @explained(
        "Sign out",
        tag="Signing in",
        body=LogoutForm,
        body_example={"everywhere": False},
        answers={204: Answer(when="Signed out; the tokens are good for nothing.")},
    )
    def post(self, request: Request) -> Response:
        """Sign this device out at once, or all of them."""
        if self.given(LogoutForm)["everywhere"]:
            services.close_all(party_id(request))
        else:
            services.close_session(session_of(request).pk)
        return Response(status=204)


class Devices(Endpoint):
    """The devices on which the member is signed in."""

    access = {"GET": SignedIn()}

    @explained(
        "See my devices",
        tag="Signing in",
        query=PageQuery,
        answers={
            200: Answer(
                DevicesAnswer,
                example={
                    "items": [
                        {
                            "id": "019ac000-0000-7000-8000-000000000001",
                            "device": "Nokia G11",
                            "opened_at": "2026-11-28T12:00:00.000000Z",
                            "last_used_at": "2026-11-28T12:05:00.000000Z",
                            "address": "197.248.1.2",
                            "is_this_one": True,
                        }
                    ],
                    "next_cursor": None,
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        """List where the member is signed in, the newest first."""
        asked = self.asked(PageQuery)
        sessions = selectors.open_sessions(party_id(request))
        found = page(sessions, cursor=asked.get("cursor"), size=asked["size"])
        for session in found.items:
            session.is_this_one = session.pk == session_of(request).pk  # type: ignore[attr-defined]
        return Response(
            DevicesAnswer({"items": found.items, "next_cursor": found.next_cursor}).data
        )


class Device(Endpoint):
    """One device on which the member is signed in."""

    access = {"DELETE": SignedIn()}

    @explained(
        "Sign a device out",
        tag="Signing in",
        path={"device_id": "019ac000-0000-7000-8000-000000000001"},
        answers={204: Answer(when="Signed out.")},
        errors=(NoSuchDevice,),
    )
    def delete(self, request: Request, device_id: UUID) -> Response:
        """Make a device's tokens good for nothing, at once."""
        if not selectors.open_sessions(party_id(request)).filter(pk=device_id).exists():
            raise NoSuchDevice
        services.close_session(device_id, why="signed out from another device")
        return Response(status=204)


@sensitive_variables()
def _answer(found: services.Tokens) -> Any:
    return TokensAnswer(
        {
            "access": found.access,
            "refresh": found.refresh,
            "token_type": "Bearer",
            "access_expires_at": found.access_expires_at,
            "refresh_expires_at": found.refresh_expires_at,
        }
    ).data
