"""An endpoint that takes a PIN token, beside all others."""

from typing import ClassVar

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn
from nannychain.api.idempotent import idempotent
from workers.identity.endpoints import PinEndpoint


class Spend(PinEndpoint):
    """Moves money out, so to speak."""

    access = {"POST": SignedIn()}
    pin_operation = "spend"
    spent: ClassVar[list[int]] = []

    @idempotent
    def post(self, request: Request) -> Response:
        Spend.spent.append(1)
        return Response({"spent": len(Spend.spent)}, status=201)


handler404 = "config.errors.not_found"
urlpatterns = [path("api/v1/spend", Spend.as_view()), path("", include("config.urls"))]
