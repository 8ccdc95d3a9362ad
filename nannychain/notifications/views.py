"""Where Africa's Talking posts what became of SMS, and opt-outs. Plain text out, whatever comes in.

The provider signs nothing, so a key in the path is all that authenticates it.
"""

from collections.abc import Callable, Mapping

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from nannychain import inbox
from nannychain.inbox.forms import UnreadableForm, posted
from nannychain.notifications import optouts, reports

log = structlog.get_logger(__name__)


@csrf_exempt
def report(request: HttpRequest, key: str) -> HttpResponse:
    """Keep one delivery report."""
    return keep_call(request, key=key, keep=_keep_report)


@csrf_exempt
def opt_out(request: HttpRequest, key: str) -> HttpResponse:
    """Keep one opt-out."""
    return keep_call(request, key=key, keep=optouts.receive)


def _keep_report(form: Mapping[str, str]) -> None:
    inbox.receive(reports.SOURCE, body=form)


def keep_call(
    request: HttpRequest,
    *,
    key: str,
    keep: Callable[[Mapping[str, str]], None],
    read: Callable[[HttpRequest], dict[str, str]] = posted,
) -> HttpResponse:
    """Let only the provider in, and only by POST; store what it posts and answer at once."""
    expected = settings.SMS_CALLBACK_KEY
    if not expected or not constant_time_compare(key, expected):
        return _plain("Forbidden", status=403)
    if request.method != "POST":
        response = _plain("Method not allowed", status=405)
        response.headers["Allow"] = "POST"
        return response
    try:
        keep(read(request))
    except UnreadableForm:
        return _plain("Bad request", status=400)
    except DatabaseError:
        log.exception("sms.callback_not_kept")
        return _plain("Try again later", status=503)
    return _plain("OK")


def _plain(text: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
