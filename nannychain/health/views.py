"""`/health` for load balancers, `/health/ready` for people and start-up."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from nannychain.health import services


@require_safe
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say that this process answers. No dependency is touched."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say of each component whether it lives; 200 only when all do, else 503."""
    found = services.components()
    is_ready = all(state == "ok" for state in found.values())
    body = {"status": "ready" if is_ready else "not ready", "components": found}
    return JsonResponse(body, status=200 if is_ready else 503)
