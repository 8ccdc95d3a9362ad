"""Health: /health touches nothing, /health/ready tells the truth about each component."""

import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from nannychain.health import services


@pytest.fixture(autouse=True)
def _no_heartbeat() -> None:
    cache.delete(services.HEARTBEAT_KEY)


def test_health_touches_no_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a dependency was touched")

    monkeypatch.setattr(connection, "cursor", fail)
    monkeypatch.setattr(cache, "get", fail)
    response = Client().get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
class TestReady:
    def test_it_is_ready_once_celery_beats(self) -> None:
        response = Client().get("/health/ready")
        assert response.status_code == 503
        assert response.json()["components"] == {
            "database": "ok",
            "redis": "ok",
            "celery": "no heartbeat yet",
        }
        services.beat()
        response = Client().get("/health/ready")
        assert (response.status_code, response.json()["status"]) == (200, "ready")

    def test_an_old_heartbeat_is_no_heartbeat(self) -> None:
        cache.set(services.HEARTBEAT_KEY, time.time() - 100)
        assert Client().get("/health/ready").json()["components"]["celery"].startswith("silent for")

    def test_redis_away_is_told(self, settings: object) -> None:
        settings.CACHES = {  # type: ignore[attr-defined]
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://127.0.0.1:9/0",
                "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.2},
            }
        }
        response = Client().get("/health/ready")
        assert response.status_code == 503
        assert response.json()["components"]["redis"] == "unreachable"


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_allowed(path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405
