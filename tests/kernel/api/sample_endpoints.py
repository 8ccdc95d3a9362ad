"""Endpoints to try the base with, and an authentication that believes what it is told."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain import alerts
from nannychain.alerts.models import Alert
from nannychain.api.access import Anyone, Scope, SignedIn, Staff
from nannychain.api.endpoints import Endpoint, Limit
from nannychain.api.fields import Cents, Phone, Text
from nannychain.api.idempotent import idempotent
from nannychain.api.pagination import PageQuery, page
from nannychain.errors import Conflict, Forbidden, NotFound, TooOften, Unavailable
from workers.identity.models import Member


class Key:
    """Stands for an API key."""

    def __init__(self, scopes: list[str]) -> None:
        self.scopes = scopes
        self.pk = "1"


class Believing(BaseAuthentication):
    """Takes `Bearer <Worker ID>` for that member and `Bearer key:<scope>` for a key."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        told = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not told:
            return None
        if told.startswith("key:"):
            return None, Key([told.removeprefix("key:")])
        member = Member.objects.filter(worker_id=told).first()
        if member is None:
            raise AuthenticationFailed
        return member, "token"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Payment(serializers.Serializer[Any]):
    """What the sample takes."""

    amount_cents = Cents()
    note = Text(required=False, allow_blank=True, max_length=40)
    phone = Phone(required=False)


class Sample(Endpoint):
    """What all samples share."""

    authentication_classes = (Believing,)


class Broke(Conflict):
    """Too little money."""

    code = "sample.broke"
    message = "There is too little money."
    details = {"left_cents": 5}


REFUSALS: dict[str, type[Exception]] = {
    "broke": Broke,
    "missing": NotFound,
    "forbidden": Forbidden,
    "away": Unavailable,
    "bug": ZeroDivisionError,
}


class Payments(Sample):
    """Moves money, so to speak: an alert is raised once for each effect."""

    access = {"GET": Anyone(), "POST": SignedIn()}

    def get(self, request: Request) -> Response:
        query = self.asked(PageQuery)
        found = page(Alert.objects.all(), cursor=query.get("cursor"), size=query["size"])
        return Response(
            {"items": [alert.pk for alert in found.items], "next_cursor": found.next_cursor}
        )

    @idempotent
    def post(self, request: Request) -> Response:
        given = self.given(Payment)
        alert = alerts.raise_alert(key="paid", title="it happened")
        if given.get("note") in REFUSALS:
            raise REFUSALS[given["note"]]()
        if given.get("note") == "often":
            raise TooOften(retry_after_seconds=7)
        count = Alert.objects.get(pk=alert).count
        return Response(
            {"count": count, "cents": given["amount_cents"]}, status=201, headers={"Location": "/x"}
        )


class Rare(Payments):
    """Payments of which only two are taken in an hour."""

    limits = {"POST": Limit(2, 3_600)}


class StaffOnly(Sample):
    """For staff with a permission, or a key with a scope."""

    access = {"GET": Staff("workers.view_member"), "POST": Scope("sample:post")}

    def get(self, request: Request) -> Response:
        return Response({"language": "fine"})

    def post(self, request: Request) -> Response:
        return Response({"phone": self.given(Payment).get("phone")})


class Forgotten(Sample):
    """Nobody said who may."""

    def get(self, request: Request) -> Response:
        return Response({})


class Guessed(Sample):
    """What may be tried twice in a minute."""

    access = {"GET": Anyone()}
    limits = {"GET": Limit(2, 60, strictly=True)}

    def get(self, request: Request) -> Response:
        return Response({})


def crash(request: Any) -> Any:
    """Fail where no endpoint catches it."""
    raise ZeroDivisionError


handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"
urlpatterns = [
    path("api/payments", Payments.as_view()),
    path("api/rare", Rare.as_view()),
    path("api/staff", StaffOnly.as_view()),
    path("api/forgotten", Forgotten.as_view()),
    path("api/guessed", Guessed.as_view()),
    path("api/crash", crash),
]
