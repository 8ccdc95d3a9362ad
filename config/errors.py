"""What is answered when no view could: short plain text, since no caller of ours reads HTML errors.

Gateways and providers would show or store the page; people reach only the admin and public pages.
"""

from django.http import HttpRequest, HttpResponse


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that can't be understood."""
    return _plain("Bad request", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that may not be made."""
    return _plain("Forbidden", status=403)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form that did not come from our own page."""
    return _plain(
        "Forbidden: this form has expired. Go back, reload the page, try again.", status=403
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request for what isn't there."""
    return _plain("Not found", status=404)


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer a request that met a fault of ours; the log holds the rest."""
    return _plain("Something is broken on our side. It has been noted.", status=500)


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
