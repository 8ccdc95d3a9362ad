"""The HTTP face of USSD. Whatever comes in: plain text goes out, never HTML and never a 5xx."""

import json
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from nannychain import inbox
from nannychain.errors import Invalid
from nannychain.phone import InvalidPhone
from ussd.engine import run
from ussd.engine.hop import Reply
from ussd.gateways import access, africastalking
from ussd.gateways.bodies import TROUBLE
from ussd.gateways.errors import InvalidRequest
from ussd.gateways.events import SESSION_ENDED
from ussd.gateways.sentences import NOT_KENYAN
from ussd.menu import APPLICATION

log = structlog.get_logger(__name__)


def _plain(text: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only gateways in, and only by POST."""

    @csrf_exempt
    def guarded(request: HttpRequest, key: str | None = None) -> HttpResponse:
        if not access.is_allowed(request, path_key=key):
            return _plain("Unauthorized", status=401)
        if request.method != "POST":
            response = _plain("Method not allowed", status=405)
            response.headers["Allow"] = "POST"
            return response
        return view(request)

    return guarded


@_guarded
def hop(request: HttpRequest) -> HttpResponse:
    """Answer one hop of Africa's Talking: always 200, `CON …` or `END …`."""
    return _plain(str(_answer(lambda: request.POST)))


@_guarded
def session_ended(request: HttpRequest) -> HttpResponse:
    """Keep the event at the end of a session, without what was typed or shown. Always 200."""
    try:
        inbox.receive(SESSION_ENDED, body=request.POST.dict())
    except TROUBLE:
        log.warning("ussd.event_not_understood")
    except DatabaseError:
        log.exception("ussd.event_lost")  # best effort: events only count
    return _plain("")


@_guarded
def hop_for_scripts(request: HttpRequest) -> HttpResponse:
    """Answer one hop as JSON, for scripts; the route is absent in production."""
    try:
        fields = json.loads(request.body)
        form = QueryDict(mutable=True)
        form.update({name: str(value) for name, value in fields.items()})
    except (*TROUBLE, ValueError, AttributeError, RecursionError):
        return JsonResponse({"error": "The body must be a JSON object of strings."}, status=400)
    reply = _answer(lambda: form)
    return JsonResponse(
        {"response": str(reply), "text": reply.text, "action": "END" if reply.ends else "CON"}
    )


def _answer(form: Callable[[], Any]) -> Reply:
    try:
        hop = africastalking.from_form(form(), is_authenticated=access.vouches_for_phones())
        return run.answer(APPLICATION, hop)
    except InvalidPhone:
        return run.last_word(NOT_KENYAN)
    except Invalid:
        return run.last_word(InvalidRequest.message)
    except TROUBLE:
        return run.last_word(InvalidRequest.message)
