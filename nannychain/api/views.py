"""The description of the API: the schema as it was made, and Swagger's page to read and try it."""

import hashlib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from nannychain.api import codes
from nannychain.policy import with_own_style


@cache
def _schema() -> bytes:
    return bytes(settings.OPENAPI_FILE.read_bytes())


def _etag(request: HttpRequest) -> str:  # noqa: ARG001
    return f'"{hashlib.sha256(_schema()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_etag)
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer with the OpenAPI schema, as it is under version control."""
    return HttpResponse(_schema(), content_type="application/json")


@require_safe
@with_own_style
@cache_control(public=True, max_age=300)
def errors(request: HttpRequest) -> HttpResponse:
    """Show what each code of an error means: where `type` of a problem leads to."""
    return render(request, "nannychain/errors.html", {"codes": codes.known()})


@require_safe
@cache_control(public=True, max_age=300)
def docs(request: HttpRequest) -> HttpResponse:
    """Show Swagger, out of files of our own."""
    return render(request, "nannychain/docs.html")
