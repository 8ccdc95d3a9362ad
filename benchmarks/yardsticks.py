"""What a hop and a callback are measured against: the least that such an answer must do."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django_redis import get_redis_connection

_INSERT = """
    INSERT INTO nannychain_statechange (machine, subject_id, source, target, why, at)
    VALUES ('yardstick', '0', '', 'DONE', %s, now())
"""


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer, and do nothing else."""
    return HttpResponse("CON bare", content_type="text/plain")


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Insert one row, and answer as a callback is answered."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [request.body.decode()[:200]])
    return JsonResponse({"ResultCode": 0, "ResultDesc": "Accepted"})


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
