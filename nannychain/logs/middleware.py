"""One log line for each request, and the request id that everything it causes carries."""

import ipaddress
import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from nannychain.logs import context
from nannychain.logs.masking import mask_text

log = structlog.get_logger("nannychain.request")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
# 1.2.3.4:5678 and [2001:db8::1]:5678, as some proxies write it
_ADDRESS = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")
_QUIET_PATHS = frozenset({"/health", "/health/ready"})


class RequestLog:
    """Binds the context, logs method, masked path, status and milliseconds, echoes the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        identity = context.begin(
            request_id=given if _GIVEN_ID.fullmatch(given) else "",
            client_address=client_address(request),
        )
        try:
            response = self._get_response(request)
            response.headers["X-Request-ID"] = identity
            if request.path not in _QUIET_PATHS:
                log.info(
                    "request",
                    method=request.method,
                    path=mask_text(request.path),
                    status=response.status_code,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )
            return response
        finally:
            context.end()


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's address, counted from the right past `TRUSTED_PROXIES` proxies.

    Whatever stands further left in X-Forwarded-For was written by the caller and proves nothing.
    Some proxies add a port; what is no address at all is None.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    chain = [hop for hop in hops if hop] + [direct]
    told = chain[max(0, len(chain) - 1 - settings.TRUSTED_PROXIES)]
    match = _ADDRESS.fullmatch(told)
    try:
        return str(ipaddress.ip_address(match["six"] or match["four"] if match else told))
    except ValueError:
        return None
