"""RabbitMQ in Redis' place as the broker: real server, real worker, real beat, real provider.

It runs where RabbitMQ is installed (Debian: `apt-get install rabbitmq-server`), else it says so.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache

from config.celery import QUEUES
from nannychain import queues
from nannychain.health import services as health
from nannychain.notifications.states import State
from tests.factories import programs, rabbits
from tests.kernel.notifications.messages import PHONE, queue, state_of
from tests.simulators.program import Simulators

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.timeout(400),
    pytest.mark.skipif(rabbits.program() is None, reason="RabbitMQ is not installed here"),
]
SECONDS_MAX = 120


@contextmanager
def worker(broker: str, provider: str, folder: Path) -> Iterator[None]:
    """Run a worker with beat, whose broker is RabbitMQ."""
    options = "-P threads -c 3 -Q default,sms -B --without-gossip --without-mingle"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", *options.split()]
    with (folder / "worker.log").open("wb") as log:
        program = subprocess.Popen(
            [*command, "-s", str(folder / "schedule")],
            cwd=settings.BASE_DIR,
            env=programs.environment(
                AT_BASE_URL=provider, CELERY_BROKER_URL=broker, NANNYCHAIN_PROCESS="worker"
            ),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def wait_for(holds: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


def is_delivered(sms: Any) -> bool:
    return state_of(sms) == State.DELIVERED


@pytest.fixture
def simulators(live_server: Any) -> Iterator[Simulators]:
    key = settings.SMS_CALLBACK_KEY
    told = {
        "AT_API_KEY": settings.AT_API_KEY,
        "AT_SENDER_ID": settings.AT_SENDER_ID,
        "SMS_REPORTS_URL": f"{live_server.url}/sms/reports/{key}",
    }
    with Simulators(told) as running:
        yield running


@pytest.fixture
def rabbit(monkeypatch: pytest.MonkeyPatch) -> Iterator[rabbits.Rabbit]:
    """A server, which this process too rings."""
    with (
        rabbits.running() as running,
        current_app.connection_for_write(running.url) as connection,
    ):
        monkeypatch.setattr(current_app, "connection_for_read", connection.clone)
        yield running


def test_all_goes_on_by_it_and_through_its_death(
    rabbit: rabbits.Rabbit, simulators: Simulators, tmp_path: Path
) -> None:
    cache.delete(health.HEARTBEAT_KEY)
    log = tmp_path / "worker.log"
    with worker(rabbit.url, f"{simulators.url}/africastalking", tmp_path):
        wait_for(lambda: health.components()["celery"] == "ok", log)
        first = queue(PHONE, text="by another broker")
        wait_for(lambda: is_delivered(first), log)
        depths = queues.depths(QUEUES)
        assert depths["sms"] < 100, "they are worked off"
        assert depths["stellar"] > 0, "nobody listens to this one, and beat rings for it"

        rabbit.kill()
        with pytest.raises(ConnectionError):
            queues.depths(QUEUES)
        rabbit.start()
        second = queue(PHONE, text="after its death")
        wait_for(lambda: is_delivered(second), log)
        cache.delete(health.HEARTBEAT_KEY)
        wait_for(lambda: health.components()["celery"] == "ok", log)
    assert sorted(simulators.texts(PHONE)) == ["after its death", "by another broker"]


def test_who_rings_does_not_wait_for_it(rabbit: rabbits.Rabbit, tmp_path: Path) -> None:
    """As a web process: its own settings, and RabbitMQ stopped in its tracks."""
    code = (
        "import django, time; django.setup()\n"
        "from nannychain import queues\n"
        "queues.enqueue('nannychain.health.beat')\n"
        "print('connected', flush=True); input()\n"
        "for _ in range(3):\n"
        "    started = time.monotonic()\n"
        "    queues.breaker.close()\n"
        "    queues.enqueue('nannychain.health.beat')\n"
        "    print(time.monotonic() - started, flush=True)\n"
    )
    program = programs.start_code(code, CELERY_BROKER_URL=rabbit.url, NANNYCHAIN_PROCESS="web")
    assert program.stdout is not None
    assert program.stdout.readline() == "connected\n"
    rabbit.kill()
    out, _ = program.communicate("\n", timeout=60)
    assert [float(line) < 3 for line in out.split()] == [True] * 3
