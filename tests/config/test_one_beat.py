"""Two beats are started, as real programs: one rings, and when it is killed the other does."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.db import connection

from config.beat import OneBeat
from config.celery import QUEUES, app
from nannychain import locks
from tests.architecture import tree
from tests.factories import programs

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.timeout(300),
]
SECONDS_MAX = 90
ENOUGH = 12  # rings of one program, to see that the other has no part in them


@pytest.fixture
def broker() -> Iterator[str]:
    """A number of its own on the tests' server, where nobody else rings or listens."""
    address = urlsplit(os.environ["REDIS_URL"])._replace(path="/15").geturl()
    with redis.Redis.from_url(address) as server:
        server.delete(*QUEUES)
        yield address
        server.delete(*QUEUES)


@contextmanager
def beat(folder: Path, broker: str) -> Iterator["subprocess.Popen[bytes]"]:
    folder.mkdir()
    options = ("-s", str(folder / "schedule"), "--pidfile=")
    program = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "beat", *options],
        cwd=tree.ROOT,
        env=programs.environment(CELERY_BROKER_URL=broker, NANNYCHAIN_PROCESS="beat"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def rings(broker: str) -> list[tuple[int, str]]:
    """Return who rang, and for which task, of all messages that lie there."""
    found = []
    with redis.Redis.from_url(broker) as server:
        for queue in QUEUES:
            for message in server.lrange(queue, 0, -1):
                headers = json.loads(message)["headers"]
                pid = int(headers["origin"].removeprefix("gen").partition("@")[0])
                found.append((pid, headers["task"]))
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def wait_for_rings(broker: str, *, of: int) -> list[tuple[int, str]]:
    wait_until(lambda: Counter(pid for pid, _ in rings(broker))[of] >= ENOUGH)
    return rings(broker)


def test_one_of_two_rings_and_the_other_takes_over(tmp_path: Path, broker: str) -> None:
    with beat(tmp_path / "1", broker) as first:
        wait_for_rings(broker, of=first.pid)
        with beat(tmp_path / "2", broker) as second:
            wait_until(lambda: any((tmp_path / "2").iterdir()))  # it has set up its schedule
            before = len(rings(broker))
            wait_until(lambda: len(rings(broker)) >= before + ENOUGH)
            assert {pid for pid, _ in rings(broker)} == {first.pid}
            first.kill()
            first.wait()
            after = wait_for_rings(broker, of=second.pid)
    assert {pid for pid, _ in after} == {first.pid, second.pid}


def test_without_postgresql_the_one_that_rings_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = OneBeat(app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    assert scheduler._may_ring() is True
    scheduler._rings = True
    connection.close()  # as when the server cuts it: the lock is gone, and another takes it
    with monkeypatch.context() as patch:
        patch.setattr(locks, "hold", _database_is_away)
        scheduler._holds = False
        assert scheduler._may_ring() is True
        scheduler._rings = False
        assert scheduler._may_ring() is False
    assert scheduler._may_ring() is True
    connection.close()


def _database_is_away(*_: object) -> bool:
    from django.db import OperationalError

    raise OperationalError("away")
