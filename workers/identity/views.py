"""The public page with the terms. A whole text for each language, so that each reads as written."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from nannychain.language import codes, known, speaking
from nannychain.policy import with_own_style
from workers.identity import terms as terms_text


@require_safe
@with_own_style
@cache_control(public=True, max_age=3600)
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms in the language of `?lang=`, or else of the browser."""
    asked = request.GET.get("lang", "")
    language = asked if asked in codes() else known(get_language_from_request(request))
    with speaking(language):
        response = render(
            request,
            f"workers/terms_{language}.html",
            {
                "version": terms_text.VERSION,
                "age_min_years": terms_text.AGE_MIN_YEARS,
                "code": settings.USSD_SERVICE_CODE,
                "help_line": settings.HELP_LINE,
                "language": language,
            },
        )
    response.headers["Content-Language"] = language
    patch_vary_headers(response, ("Accept-Language",))
    return response
