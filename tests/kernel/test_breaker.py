"""Whoever calls never waits for a server that is known to be away."""

import os
import signal
import threading
from pathlib import Path

import pytest

from nannychain.breaker import Breaker
from nannychain.embedded import Valkey
from tests.factories import programs
from tests.factories.threads import at_once
from tests.factories.waiting import until


class Server:
    """Is away or not, and notes which threads have asked it."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked_by: list[str] = []

    def look(self) -> None:
        self.asked_by.append(threading.current_thread().name)
        if self.is_away:
            raise ConnectionError


def test_it_is_closed_until_somebody_has_waited_in_vain() -> None:
    server = Server()
    breaker = Breaker(server.look, errors=(ConnectionError,))
    assert not breaker.is_open()
    breaker.look_now()
    assert not breaker.is_open()
    breaker.open()
    assert breaker.is_open()
    assert server.asked_by == []


def test_one_thread_looks_and_no_caller_does() -> None:
    server = Server()
    breaker = Breaker(server.look, errors=(ConnectionError,))
    breaker.open()
    breaker.look_now()
    assert at_once(breaker.is_open, times=8, threads=8) == [True] * 8
    until(lambda: bool(server.asked_by))
    assert server.asked_by == ["breaker"]
    assert breaker.is_open()


def test_it_closes_when_the_server_answers_again() -> None:
    server = Server()
    breaker = Breaker(server.look, errors=(ConnectionError,))
    breaker.open()
    server.is_away = False
    breaker.look_now()
    assert breaker.is_open(), "the caller does not wait for the look"
    until(lambda: not breaker.is_open())


@pytest.mark.django_db
@pytest.mark.processes
def test_who_rings_waits_once_for_a_broker_that_hangs(tmp_path: Path) -> None:
    """As a web process: its own settings, and Valkey stopped in its tracks."""
    code = (
        "import django, time; django.setup()\n"
        "from nannychain import queues\n"
        "queues.enqueue('nannychain.health.beat')\n"
        "print('connected', flush=True); input()\n"
        "for is_known in (False, False, True):\n"
        "    started = time.monotonic()\n"
        "    if not is_known: queues.breaker.close()\n"
        "    queues.enqueue('nannychain.health.beat')\n"
        "    print(time.monotonic() - started, flush=True)\n"
        "print('waited', flush=True); input()\n"
        "while queues.breaker.is_open(): queues.breaker.look_now(); time.sleep(0.1)\n"
        "print('back', flush=True)\n"
    )
    broker = Valkey(tmp_path, durable=False)
    broker.start()
    try:
        program = programs.start_code(code, CELERY_BROKER_URL=broker.url, NANNYCHAIN_PROCESS="web")
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == "connected\n"
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            program.stdin.write("\n")
            program.stdin.flush()
            waited = [float(program.stdout.readline()) for _ in range(3)]
            assert program.stdout.readline() == "waited\n"
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        # One wait is half a second; seven seconds are what a retry within the library takes.
        assert max(waited[:2]) < 4
        assert waited[2] < min(waited[:2])
        out, _ = program.communicate("\n", timeout=60)
        assert out.endswith("back\n")
    finally:
        broker.stop()
