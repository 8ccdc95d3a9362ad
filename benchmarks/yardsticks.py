"""What a hop is measured against: the least that any stateful answer must do."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django_redis import get_redis_connection


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer, and do nothing else."""
    return HttpResponse("CON bare", content_type="text/plain")


@csrf_exempt
def get_set_select(request: HttpRequest) -> HttpResponse:
    """Do one Redis GET, one SET and one SELECT by an indexed key."""
    redis = get_redis_connection("default")
    key = "yardstick:" + request.POST["sessionId"]
    redis.get(key)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id FROM workers_member WHERE phone = %s", [request.POST["phoneNumber"]]
        )
        cursor.fetchone()
    redis.set(key, "x" * 200, ex=180)
    return HttpResponse("CON yardstick", content_type="text/plain")
