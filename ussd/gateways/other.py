"""The HTTP face of the gateways beside Africa's Talking: /ussd/gateways/<name>[/<path>].

Whatever happens inside, whoever may speak for a gateway gets 200 and a sentence in its dialect.
"""

import re

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from nannychain.errors import Invalid
from nannychain.phone import InvalidPhone
from ussd.engine import run
from ussd.engine.hop import Reply
from ussd.gateways import access, bodies
from ussd.gateways.errors import InvalidRequest
from ussd.gateways.seam import Call, Dialect, Gone
from ussd.gateways.sentences import NOT_KENYAN
from ussd.gateways.table import DIALECTS
from ussd.menu import APPLICATION

log = structlog.get_logger(__name__)
_PLAIN = "text/plain; charset=utf-8"


@csrf_exempt
def hop(request: HttpRequest, name: str, path: str = "", key: str | None = None) -> HttpResponse:
    """Answer one request of the gateway of that name, by its own verbs and paths."""
    if not access.is_allowed(request, path_key=key):
        return HttpResponse("Unauthorized", status=401, content_type=_PLAIN)
    dialect = DIALECTS.get(name)
    path = path.strip("/")
    verbs = _verbs(dialect, path) if dialect else None
    if dialect is None or verbs is None:
        return HttpResponse("Not found", status=404, content_type=_PLAIN)
    method = request.method or ""
    if method not in verbs:
        response = HttpResponse("Method not allowed", status=405, content_type=_PLAIN)
        response.headers["Allow"] = ", ".join(verbs)
        return response
    call = Call(method=method, path=path, fields={}, is_authenticated=access.vouches_for_phones())
    return _answered(dialect, request, call)


def _verbs(dialect: Dialect, path: str) -> tuple[str, ...] | None:
    return next(
        (verbs for pattern, verbs in dialect.routes.items() if re.fullmatch(pattern, path)), None
    )


def _answered(dialect: Dialect, request: HttpRequest, call: Call) -> HttpResponse:
    try:
        call = Call(
            method=call.method,
            path=call.path,
            fields=bodies.fields_of(request),
            is_authenticated=call.is_authenticated,
        )
        parsed = dialect.parse(call)
    except InvalidPhone:
        return dialect.render(run.last_word(NOT_KENYAN), call)
    except Invalid:
        return dialect.render(run.last_word(InvalidRequest.message), call)
    if isinstance(parsed, Gone):
        log.info("ussd.gone", gateway=dialect.name)
        return dialect.render(Reply("", ends=True), call)
    return dialect.render(run.answer(APPLICATION, parsed), call)
