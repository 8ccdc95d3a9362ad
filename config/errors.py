"""What is answered when no view could: short plain text, since no caller of ours reads HTML errors.

Gateways and providers would show or store the page; people reach only the admin and public pages.
Under /api/ it is problem details, as everything there.
"""

from django.http import HttpRequest, HttpResponse

from nannychain.api import errors, problems
from nannychain.errors import NannyChainError

_API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that can't be understood."""
    return _answer(request, errors.Malformed(), text="Bad request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request that may not be made."""
    return _answer(request, errors.NotAllowed(), text="Forbidden")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form that did not come from our own page."""
    return _plain(
        "Forbidden: this form has expired. Go back, reload the page, try again.", status=403
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer a request for what isn't there."""
    return _answer(request, errors.NoSuchThing(), text="Not found")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a request that met a fault of ours; the log holds the rest."""
    return _answer(
        request, errors.Broken(), text="Something is broken on our side. It has been noted."
    )


def _answer(request: HttpRequest, error: NannyChainError, *, text: str) -> HttpResponse:
    if request.path.startswith(_API):
        return problems.plain_answer(error)
    return _plain(text, status=problems.status_of(error))


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
