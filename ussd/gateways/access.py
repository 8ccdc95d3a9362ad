"""Who may post as a gateway: whoever shows `USSD_API_KEY`, as bearer or in the path."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

_BEARER = "Bearer "


def is_allowed(request: HttpRequest, *, path_key: str | None) -> bool:
    """Tell whether the request may speak for a gateway.

    Without `USSD_API_KEY`, which production requires, everybody may, by the path without a key.
    """
    expected = settings.USSD_API_KEY
    if not expected:
        return path_key is None
    given = path_key if path_key is not None else _bearer(request)
    return constant_time_compare(given, expected)


def vouches_for_phones() -> bool:
    """Tell whether a request that was let in may be believed about whose phone it comes from.

    In a sandbox nobody else can reach us as a gateway, so that a key isn't needed for that.
    """
    return bool(settings.USSD_API_KEY) or settings.OPERATING_MODE == "sandbox"


def _bearer(request: HttpRequest) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix(_BEARER) if header.startswith(_BEARER) else ""
