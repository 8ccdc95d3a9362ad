"""When beat is silent, a worker looks at the rules by itself, and tells."""

import threading
import time
from typing import Any

import pytest
from celery.signals import worker_ready
from django.core.cache import cache

from nannychain import locks
from nannychain.alerts import rules, tasks, watchdog
from nannychain.alerts.models import Alert, AlertDelivery
from nannychain.health import services as health
from tests.factories.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = "rule:beat_silent"


@pytest.fixture(autouse=True)
def told_to_nobody_who_listens(settings: Any) -> None:
    """A way to tell is set, so that a try to tell leaves a row."""
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_KEY = "http://127.0.0.1:9", "w" * 32
    cache.delete(health.HEARTBEAT_KEY)


def test_a_silence_is_told_and_is_over_when_beat_is_back() -> None:
    dog = watchdog.Watchdog()
    assert [dog.look(), dog.look()] == [False, True]
    assert Alert.objects.get(key=BEAT).resolved_at is None
    assert AlertDelivery.objects.get(alert__key=BEAT).attempts == 1
    health.beat()
    assert dog.look() is False
    rules.evaluate()  # as beat rings for it
    assert Alert.objects.get(key=BEAT).resolved_at is not None


def test_while_beat_is_heard_it_leaves_the_rules_to_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "evaluate", lambda: pytest.fail("it looked"))
    dog = watchdog.Watchdog()
    health.beat()
    assert [dog.look(), dog.look()] == [False, False]
    cache.set(health.HEARTBEAT_KEY, time.time() - 100)
    assert dog.look() is False, "a pause is no silence yet"
    health.beat()
    assert dog.look() is False
    cache.set(health.HEARTBEAT_KEY, time.time() - 100)
    assert dog.look() is False, "two pauses are no silence either"


def test_of_many_workers_one_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    together = threading.Barrier(8)

    def looks() -> list[str]:
        seen.append(1)
        time.sleep(0.3)
        return []

    def twice() -> None:
        dog = watchdog.Watchdog()
        dog.look()
        together.wait(10)
        dog.look()

    monkeypatch.setattr(rules, "evaluate", looks)
    at_once(twice, times=8)
    assert len(seen) < 8
    with locks.alone(locks.Lock.WATCHDOG, "") as is_alone:
        assert is_alone, "nobody keeps the lock"


def test_redis_away_is_told_too(settings: Any) -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {"default": away}
    dog = watchdog.Watchdog()
    assert [dog.look(), dog.look()] == [False, True]
    assert Alert.objects.filter(key="rule:redis_away", resolved_at=None).exists()
    assert not Alert.objects.filter(key=BEAT).exists()


def test_a_worker_watches_from_its_start_and_a_look_that_fails_is_not_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    enough = threading.Event()

    def fails(_: watchdog.Watchdog) -> bool:
        looks.append(1)
        if len(looks) == 3:
            enough.set()
        raise ValueError("a fault of ours")

    stops: list[threading.Event] = []
    start = watchdog.start
    monkeypatch.setattr(watchdog, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(watchdog.Watchdog, "look", fails)
    monkeypatch.setattr(watchdog, "start", lambda: stops.append(start()))
    worker_ready.send(sender=tasks)
    assert enough.wait(10)
    stops[0].set()
