"""Reading what a gateway sends, which may be anything at all: query, form or JSON."""

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from ussd.gateways.errors import InvalidRequest

TROUBLE = (
    BadRequest,
    SuspiciousOperation,
    RequestDataTooBig,
    UnreadablePostError,
    MultiPartParserError,
    UnicodeError,
    LookupError,
)
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def fields_of(request: HttpRequest) -> dict[str, Any]:
    """Return the fields of the request; raise InvalidRequest for what has none, or one twice."""
    try:
        if request.method == "GET":
            return _single(request.GET)
        if request.content_type in _FORMS:
            return _single(request.POST)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise InvalidRequest
        return _object(request.body)
    except (*TROUBLE, ValueError, RecursionError):
        raise InvalidRequest from None


def _single(form: QueryDict) -> dict[str, Any]:
    """Return the fields; some networks send nameless ones beside them, which mean nothing."""
    if any(name and len(values) > 1 for name, values in form.lists()):
        raise InvalidRequest
    return {str(name): value for name, value in form.items() if name}


def _object(body: bytes) -> dict[str, Any]:
    found = json.loads(body, object_pairs_hook=_once_each) if body else {}
    if not isinstance(found, dict):
        raise InvalidRequest
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs; which of two of one name was meant can't be told."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest
    return found
