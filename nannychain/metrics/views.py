"""`GET /metrics`, for Prometheus alone.

With `METRICS_KEY`: whoever shows it, as `Authorization: Bearer <key>`. Without: callers on this
very machine, outside production, and only where no proxy stands between, because behind a proxy
everybody seems to be here. To all others there is nothing at that address.
"""

import contextlib
import hmac
import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from nannychain.metrics import exposition, reading, requests

_PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@csrf_exempt
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell all figures in Prometheus' text form."""
    if settings.METRICS_KEY:
        if not _shows_key(request):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    elif not (settings.METRICS_OPEN_HERE and _is_here(request)):
        raise Http404
    families = reading.families()
    # Where Redis is away, the component's own figure tells it.
    with contextlib.suppress(RedisError, OSError):
        families = [*families, *requests.families()]
    return HttpResponse(exposition.render(families), content_type=exposition.CONTENT_TYPE)


@sensitive_variables()
def _shows_key(request: HttpRequest) -> bool:
    shown = request.headers.get("Authorization", "").encode("utf-8", "replace")
    return hmac.compare_digest(shown, f"Bearer {settings.METRICS_KEY}".encode())


def _is_here(request: HttpRequest) -> bool:
    if any(name in request.headers for name in _PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False
