"""POSTs that move money happen once for each Idempotency-Key.

    class Withdrawals(Endpoint):
        @idempotent
        def post(self, request): ...

The answer is stored in the transaction of the money, so that neither exists without the other: the
same key and body gets the same status and bytes again, another body 422. While the first request
runs, a second one is told so at once (409). A key belongs to its caller and endpoint.

What the service refuses (a limit, too little money) is an answer too, and stored; of its own
writes nothing stays then. What never reached it (a wrong field, a missing right), what is away
(503) and what comes too often (429) leave the key free. What the caller has to show afresh, such
as a PIN token, is checked by the endpoint's `confirm`: in the same transaction, but not for a
repetition, whose token is long used up. Nor does a repetition count towards the limit of its
method. Keys are forgotten after `KEPT_DAYS`.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain import idempotency, locks
from nannychain.api import errors, problems
from nannychain.api.access import caller_id
from nannychain.api.json import JsonRenderer
from nannychain.errors import Conflict, Forbidden, Invalid, NotFound

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_DAYS = 30
SCOPE = "http:"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_REFUSALS = (NotFound, Invalid, Conflict, Forbidden)
_KEPT_HEADERS = ("Location",)

View = TypeVar("View", bound=Callable[..., Any])


def idempotent(method: View) -> View:
    """Decorate the `post` of an endpoint, so that one key and body has one effect and answer."""

    @wraps(method)
    def once(endpoint: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        scope = f"{SCOPE}{caller_id(request)}"
        key = _key(request, endpoint=endpoint)
        with transaction.atomic():
            if not locks.try_to_take(locks.Lock.API_REQUEST, f"{scope} {key}"):
                raise errors.StillRunning
            stored, was_known = idempotency.once(
                scope=scope,
                key=key,
                fingerprint=_fingerprint(request),
                effect=lambda: _confirmed(
                    endpoint, request, lambda: method(endpoint, request, *args, **kwargs)
                ),
            )
        return _answer(stored, was_known=was_known)

    once.is_idempotent = True  # type: ignore[attr-defined]
    return once  # type: ignore[return-value]


def forget_old() -> int:
    """Forget the keys whose time is over; return how many there were."""
    return idempotency.forget(scope_prefix=SCOPE, before=timezone.now() - timedelta(days=KEPT_DAYS))


def _key(request: Request, *, endpoint: Any) -> str:
    """Return the key with the name of its endpoint; hashed, since it may be as long as it likes."""
    given = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(given):
        raise errors.KeyMissing
    digest = hashlib.sha256(given.encode()).hexdigest()
    return f"{type(endpoint).__name__}:{digest}"


def _fingerprint(request: Request) -> str:
    """Return what tells one question from another: its address and body, however it is spaced."""
    body = json.dumps(request.data, sort_keys=True)
    return hashlib.sha256(f"{request.get_full_path()} {body}".encode()).hexdigest()


def _confirmed(endpoint: Any, request: Request, effect: Callable[[], Response]) -> dict[str, Any]:
    """Have the endpoint confirm that this may happen now: a refusal of that leaves the key free."""
    endpoint.count(request)
    endpoint.confirm()
    return _kept(effect)


def _kept(effect: Callable[[], Response]) -> dict[str, Any]:
    try:
        with transaction.atomic():
            response = effect()
    except _REFUSALS as refusal:
        response = problems.answer(refusal)
    return {
        "status": response.status_code,
        "type": response.content_type or "application/json",
        "headers": {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        },
        "body": JsonRenderer().render(response.data).decode(),
    }


def _answer(stored: dict[str, Any], *, was_known: bool) -> HttpResponse:
    response = HttpResponse(stored["body"], status=stored["status"], content_type=stored["type"])
    for name, value in stored["headers"].items():
        response.headers[name] = value
    if was_known:
        response.headers[REPLAYED] = "true"
    return response
