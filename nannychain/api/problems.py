"""Whatever went wrong, as RFC 9457 problem details: for endpoints, and for unknown addresses too.

Clients go by `code`, which is stable; `detail` is a sentence for people, in their language. All
codes are listed in docs/errors.md.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from redis.exceptions import RedisError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from nannychain import errors as kinds
from nannychain.api import errors
from nannychain.api.json import JsonRenderer
from nannychain.idempotency import KeyReused
from nannychain.logs import context

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
PATH = "/docs/errors"

# The first that fits decides. Each front door maps the kinds once; this is HTTP's map.
_STATUS: tuple[tuple[type[kinds.NannyChainError], int], ...] = (
    (KeyReused, 422),
    (errors.SignInNeeded, 401),
    (errors.TokenRefused, 401),
    (errors.WrongMethod, 405),
    (errors.NotOffered, 406),
    (errors.NotJson, 415),
    (errors.TooLarge, 413),
    (kinds.NotFound, 404),
    (kinds.Invalid, 400),
    (kinds.Conflict, 409),
    (kinds.Forbidden, 403),
    (kinds.TooOften, 429),
    (kinds.Unavailable, 503),
    (errors.Broken, 500),
)
# What Django and DRF raise → what we call it.
_FOREIGN: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[Any]], ...] = (
    (drf.NotAuthenticated, errors.SignInNeeded),
    (drf.AuthenticationFailed, errors.TokenRefused),
    ((drf.PermissionDenied, DjangoPermissionDenied), errors.NotAllowed),
    ((drf.NotFound, Http404), errors.NoSuchThing),
    (drf.MethodNotAllowed, errors.WrongMethod),
    (drf.NotAcceptable, errors.NotOffered),
    (drf.UnsupportedMediaType, errors.NotJson),
    (drf.ValidationError, errors.InvalidInput),
    (RequestDataTooBig, errors.TooLarge),
    (
        (drf.ParseError, UnreadablePostError, SuspiciousOperation, BadRequest, UnicodeError),
        errors.Malformed,
    ),
    ((OperationalError, InterfaceError, RedisError), errors.Away),
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Go by `code`; show `detail` to people.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "where the code is explained"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs"},
        "detail": {"type": "string", "description": "a sentence, in the caller's language"},
        "request_id": {"type": "string", "description": "for whoever looks for the cause"},
        "errors": {
            "type": "array",
            "description": "what is wrong with each field, for `api.invalid_input`",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "with dots; empty: the whole"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "retry_after_seconds": {"type": "integer", "minimum": 1, "description": "of 429"},
    },
}
_RETRY_AFTER_SECONDS = 2  # of what is away or under way


def status_of(error: kinds.NannyChainError | type[kinds.NannyChainError]) -> int:
    """Return the HTTP status that belongs to an error, or to a class of them."""
    kind = error if isinstance(error, type) else type(error)
    return next(status for known, status in _STATUS if issubclass(kind, known))


def type_of(code: str) -> str:
    """Return the address at which a code is explained."""
    return f"{settings.PUBLIC_BASE_URL}{PATH}#{code}"


def answer(exception: Exception, _context: Mapping[str, Any] | None = None) -> Response:
    """Return the answer to a request that ended with `exception`: DRF's exception handler.

    What nobody foresaw is logged and becomes a 500 that tells nothing of it.
    """
    error = _ours(exception)
    document = describe(error)
    if isinstance(exception, drf.ValidationError):
        document["errors"] = list(_fields(exception.detail))
    response = Response(document, status=document["status"], content_type=MEDIA_TYPE)
    for name, value in _headers(error).items():
        response.headers[name] = value
    # Django would log each 5xx as an error: what nobody foresaw was logged above, with its cause.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def plain_answer(error: kinds.NannyChainError) -> HttpResponse:
    """Return the problem as an answer of Django's, where no endpoint was reached."""
    document = describe(error)
    body = JsonRenderer().render(document)
    response = HttpResponse(body, status=document["status"], content_type=MEDIA_TYPE)
    for name, value in _headers(error).items():
        response.headers[name] = value
    return response


def describe(error: kinds.NannyChainError) -> dict[str, Any]:
    """Return the document of an error, in the language that is being spoken."""
    status = status_of(error)
    document: dict[str, Any] = {
        "type": type_of(error.code),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error.message),
        "request_id": context.request_id(),
    }
    if isinstance(error, kinds.TooOften):
        document["retry_after_seconds"] = error.retry_after_seconds
    return {**error.details, **document}


def _ours(exception: Exception) -> kinds.NannyChainError:
    if isinstance(exception, kinds.NannyChainError):
        if any(isinstance(exception, known) for known, _ in _STATUS):
            return exception
    else:
        for foreign, ours in _FOREIGN:
            if isinstance(exception, foreign):
                return _told(ours(), exception)
    log.error("api.broken", exc_info=exception)
    return errors.Broken()


def _told(error: kinds.NannyChainError, exception: Exception) -> kinds.NannyChainError:
    """Note in the log what the caller is told only in general."""
    if isinstance(error, errors.Away):
        log.error("api.unavailable", exc_info=exception)
    return error


def _headers(error: kinds.NannyChainError) -> dict[str, str]:
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    if isinstance(error, kinds.TooOften):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, kinds.Unavailable | errors.StillRunning):
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    elif isinstance(error, errors.SignInNeeded | errors.TokenRefused):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _fields(detail: Any, *, path: str = "") -> Iterator[dict[str, str]]:
    """Yield field, code and sentence of each thing that is wrong, however deep it lies."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == "non_field_errors"
            yield from _fields(inner, path=path if is_whole else f"{path}.{name}".strip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _fields(inner, path=path)
    else:
        yield {"field": path, "code": str(detail.code), "detail": str(detail)}
