"""Acts that want to be sure who sits there: a code not long ago, or else one now.

How a code is asked for is the admin site's matter, at its address `admin:confirm`.
"""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

LASTS_SECONDS = 15 * 60
_PROVED = "proved_at"


def note(request: HttpRequest) -> None:
    """Note that a code was shown in this session, now."""
    request.session[_PROVED] = int(time.time())


def missing(request: HttpRequest, *, back: str) -> HttpResponse | None:
    """Return the way to the page that asks for a code and leads `back`; None if none is needed."""
    if time.time() - request.session.get(_PROVED, 0) < LASTS_SECONDS:
        return None
    return HttpResponseRedirect(f"{reverse('admin:confirm')}?{urlencode({'next': back})}")
