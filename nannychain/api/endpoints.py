"""The base of every endpoint: who may, how often, in which language, and what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils import translation
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from nannychain import language
from nannychain.api import rates
from nannychain.api.access import Access, caller_id
from nannychain.api.errors import NotAllowed
from nannychain.logs import context

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True)
class Limit:
    """How often one caller, or one address, may do something.

    `strictly` goes on counting in each process when Redis is away: for what is guessed at.
    """

    times: int
    per_seconds: int
    strictly: bool = False


class Endpoint(APIView):
    """One address. Each of its methods has a line in `access`, or nobody may call it.

    `address_limit` counts every request from one address before anything else is done;
    `limits` counts, by method, the requests of one caller; where a key makes them happen once, the
    keys that are new, so that the answer to a known one can always be had again.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    access: ClassVar[Mapping[str, Access]] = {}
    limits: ClassVar[Mapping[str, Limit]] = {}
    address_limit: ClassVar[Limit] = Limit(600, MINUTE)
    caller_limit: ClassVar[Limit] = Limit(300, MINUTE)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in who may, in the caller's language."""
        address = context.client_address() or "unknown"
        self._take("address", address, self.address_limit)
        super().initial(request, *args, **kwargs)
        caller = caller_id(request)
        if caller != "anyone":
            self._take("caller", caller, self.caller_limit)
        method = str(request.method)
        if not getattr(getattr(self, method.lower(), None), "is_idempotent", False):
            self.count(request)

    def count(self, request: Request) -> None:
        """Count the request among those of its method; raise TooOften beyond the limit.

        Called before an endpoint does anything, and by `idempotent` for a key that is new.
        """
        method, caller = str(request.method), caller_id(request)
        if limit := self.limits.get(method):
            address = context.client_address() or "unknown"
            self._take(method, caller if caller != "anyone" else address, limit)

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls; go on in the member's language where the request names none."""
        super().perform_authentication(request)
        if not _names_language(request):
            chosen = getattr(request.user, "language", None)
            if chosen is not None:
                translation.activate(language.known(chosen))

    def get_permissions(self) -> list[Any]:
        """Return what the method's line in `access` says; without one, nobody may."""
        method = str(self.request.method)
        if method not in self.allowed_methods:
            raise MethodNotAllowed(method)
        if (found := self.access.get("GET" if method == "HEAD" else method)) is None:
            raise NotAllowed
        return [found]

    def confirm(self) -> None:
        """Check what the caller has to show afresh for this very act; called by `idempotent`."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        """Keep what is somebody's own out of every store on the way."""
        response = super().finalize_response(*args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def given(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the body as `form` reads it; what is wrong with it becomes a 400."""
        return _read(form, self.request.data)

    def asked(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the query parameters as `form` reads them; of a repeated one, the last."""
        return _read(form, self.request.query_params.dict())

    def _take(self, name: str, key: str, limit: Limit) -> None:
        # What counts all requests of an address or caller is one count for the whole API.
        shared = name in ("address", "caller") and limit in (
            Endpoint.address_limit,
            Endpoint.caller_limit,
        )
        rates.take(
            name if shared else f"{type(self).__name__}.{name}",
            key,
            limit=limit.times,
            per_seconds=limit.per_seconds,
            strictly=limit.strictly,
        )


def _read(form: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    filled = form(data=data)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)


def _names_language(request: Request) -> bool:
    """Tell whether `Accept-Language` names one that we speak."""
    named = request.headers.get("Accept-Language", "").lower()
    tags = {part.split(";")[0].strip().split("-")[0] for part in named.split(",")}
    return bool(tags & set(language.codes()))
