"""Counting requests by route, around everything that answers."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from nannychain.metrics import requests

NO_ROUTE = "none"  # nothing of ours answers there: files, and what was never there


class RequestCounts:
    """Counts each answer by method, status and the pattern of its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        started = time.perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        requests.count(
            method=request.method or "",
            route=f"/{match.route}" if match else NO_ROUTE,
            status=response.status_code,
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        return response
