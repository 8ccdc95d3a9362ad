"""Redis by a socket of this machine: for sessions, and for Celery, which calls it otherwise."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django_redis.cache import RedisCache
from kombu import Connection
from redis import Redis

from config import env
from nannychain.embedded import binaries
from tests.config.test_env import GOOD

PASSWORD = "p%40ss"
SECONDS_MAX = 20


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    """A Valkey that listens on a socket alone; its password is `p@ss`."""
    # The path of a socket may have a hundred characters, which those of pytest go beyond.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "redis.sock"
        given = ("--port", "0", "--unixsocket", str(path), "--requirepass", "p@ss", "--save", "")
        with subprocess.Popen(
            [str(binaries.valkey_server()), *given], cwd=folder, stdout=subprocess.DEVNULL
        ) as server:
            deadline = time.monotonic() + SECONDS_MAX
            while not path.exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield path
            server.terminate()


@pytest.mark.parametrize(("query", "database"), [("", 0), ("?db=3", 3)])
def test_celery_is_rung_in_the_same_database(socket: Path, query: str, database: int) -> None:
    url = f"unix://:{PASSWORD}@{socket}{query}"
    loaded = env.load({**GOOD, "REDIS_URL": url})
    assert loaded.redis_url == url
    options = {"socket_timeout": 5}
    with (
        Connection(loaded.celery_broker_url, transport_options=options) as broker,
        broker.SimpleQueue("bells") as queue,
    ):
        queue.put("ring")
    with Redis.from_url(url) as redis:
        assert redis.connection_pool.connection_kwargs.get("db", 0) == database
        assert redis.llen("bells") == 1


def test_without_a_password_and_database_it_is_the_plain_path() -> None:
    loaded = env.load({**GOOD, "REDIS_URL": "unix:///run/redis.sock"})
    assert loaded.celery_broker_url == "redis+socket:///run/redis.sock?virtual_host=0"


def test_a_broker_of_its_own_stays_what_it_is() -> None:
    given = {"REDIS_URL": "unix:///run/redis.sock", "CELERY_BROKER_URL": "amqp://localhost"}
    assert env.load({**GOOD, **given}).celery_broker_url == "amqp://localhost"


def test_sessions_reach_it_with_our_timeouts(socket: Path) -> None:
    options = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    cache = RedisCache(f"unix://:{PASSWORD}@{socket}?db=3", {"OPTIONS": options})
    cache.set("a", "b")
    assert cache.get("a") == "b"
