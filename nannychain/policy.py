"""The Content-Security-Policy: strict everywhere, and looser in the admin, which needs it.

The admin's pages hold inline scripts and Alpine expressions that aren't ours, so there it keeps
foreign sources and frames out and no more. The policies themselves are settings.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from functools import wraps

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


class ContentPolicy(CSPMiddleware):
    """Puts the policy on every answer."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy that belongs to the address."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(settings.ADMIN_PATH):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


def with_own_style(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a page that holds its few rules of style in itself, so as to be one request.

    The policy then names them by their hash: what somebody else would slip in stays without effect.
    """

    @wraps(view)
    def named(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        hashes = [_hash(rules) for rules in _STYLE.findall(response.content)]
        response._csp_update = {"style-src": hashes}  # type: ignore[attr-defined]
        return response

    return named


def _hash(rules: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(rules).digest()).decode()}'"
