"""`/health` for load balancers, `/health/ready` for people and start-up."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from nannychain.health import services


@csrf_exempt
@require_safe
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say that this process answers. No dependency is touched."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Say of each component whether it lives; 200 only when all do, else 503."""
    found = services.components()
    is_ready = all(state == "ok" for state in found.values())
    body = {"status": "ready" if is_ready else "not ready", "components": found}
    response = JsonResponse(body, status=200 if is_ready else 503)
    # Whoever waits asks again and again; Django would log each answer as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
