"""What M-Pesa posts to: kept first, answered at once. Nothing is understood here.

Only a paybill's validation decides while M-Pesa waits. An address that we have not opened gets the
answer of one that does not exist, and nothing is kept of what came to it.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from nannychain import inbox
from nannychain.logs import context
from payments.mpesa import paybills, reading
from payments.mpesa.callbacks import sources, validation
from payments.mpesa.callbacks.addresses import digest_of

log = structlog.get_logger(__name__)

_TOKEN = re.compile(r"[0-9a-f]{32}")
_ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}
_ACCEPTED_PAYBILL = {"ResultCode": "0", "ResultDesc": "Accepted"}
_SECRET_WORDS = re.compile(r"credential|passw|passkey|authorization", re.IGNORECASE)
_SHOWN = 300
_OLDER_BYTES_MAX = 4_000
_OF_PAYBILL = inbox.Source(sources.PAYBILL, sources.NEVER_KEPT)
_OLDER = {
    name: inbox.Source(name, sources.NEVER_KEPT)
    for name in (sources.OLDER_PUSHES, sources.OLDER_PAYOUTS)
}


@csrf_exempt
def told(request: HttpRequest, token: str, path: str) -> HttpResponse:
    """Keep what is told at an operation's address."""
    if request.method != "POST":
        return _only_post()
    if not _TOKEN.fullmatch(token):
        return _unknown()
    body = {"path": path, "told": _body(request)}

    def keep() -> int:
        return inbox.receive_at(
            digest_of(token), body=body, redact=sources.NEVER_KEPT, trusted=_is_believed()
        )

    return _kept(keep, answer=_ACCEPTED)


@csrf_exempt
def confirmation(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the news of a payment to the paybill."""
    if refusal := _closed(request, key):
        return refusal
    body = _body(request)
    whole = body if isinstance(body, dict) else {"told": body}
    return _kept(
        lambda: inbox.receive(_OF_PAYBILL, body=whole, trusted=_is_believed()) or 1,
        answer=_ACCEPTED_PAYBILL,
    )


@csrf_exempt
def may_pay(request: HttpRequest, key: str) -> HttpResponse:
    """Say whether a payment to the paybill may be made."""
    if refusal := _closed(request, key):
        return refusal
    try:
        payment = paybills.payment(_body(request))
    except reading.Unreadable:
        reason: paybills.Refusal | None = paybills.Refusal.OTHER
    else:
        reason = validation.decision(payment)
    if reason is None:
        return JsonResponse(_ACCEPTED_PAYBILL)
    log.info("mpesa.paybill_refused", reason=str(reason))
    return JsonResponse({"ResultCode": str(reason), "ResultDesc": "Rejected"})


@csrf_exempt
def older(request: HttpRequest, name: str) -> HttpResponse:
    """Keep what came to an older address. Anybody can post there, so it proves nothing."""
    if request.method != "POST":
        return _only_post()
    body = _body(request, bytes_max=_OLDER_BYTES_MAX)
    whole = body if isinstance(body, dict) else {"told": body}
    return _kept(
        lambda: inbox.receive(_OLDER[name], body=whole, trusted=False) or 1, answer=_ACCEPTED
    )


def _kept(keep: Callable[[], int], *, answer: Mapping[str, Any]) -> HttpResponse:
    try:
        if not keep():
            return _unknown()
    except DatabaseError:
        log.exception("mpesa.callback_not_kept")
        return _plain("Try again later", status=503)
    return JsonResponse(answer)


def _closed(request: HttpRequest, key: str) -> HttpResponse | None:
    """Return the answer to whoever doesn't know the paybill's key, or doesn't post."""
    expected = settings.PAYBILL_CALLBACK_KEY
    if not expected or not constant_time_compare(key, expected):
        return _unknown()
    return None if request.method == "POST" else _only_post()


def _body(request: HttpRequest, *, bytes_max: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE) -> Any:
    """Return the JSON of a body; of any other, what may be kept of it."""
    try:
        raw = request.body
    except (RequestDataTooBig, UnreadablePostError):
        return {"unreadable": "too big, or broken off"}
    if len(raw) > bytes_max:
        return {"unreadable": "too big"}
    try:
        return reading.parse(raw)
    except reading.Unreadable:
        text = raw.decode("utf-8", "replace")
        shown = "" if _SECRET_WORDS.search(text) else text[:_SHOWN]
        return {"unreadable": shown, "sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw)}


def _is_believed() -> bool:
    """Tell whether the caller's address is one of those that M-Pesa calls from."""
    if not settings.MPESA_CALLBACK_IPS:
        return True
    address = context.client_address()
    if address is not None:
        caller = ipaddress.ip_address(address)
        if any(caller in network for network in settings.MPESA_CALLBACK_IPS):
            return True
    log.warning("mpesa.unknown_sender", address=address)
    return False


def _unknown() -> HttpResponse:
    return _plain("Not found", status=404)


def _only_post() -> HttpResponse:
    response = _plain("Method not allowed", status=405)
    response.headers["Allow"] = "POST"
    return response


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
