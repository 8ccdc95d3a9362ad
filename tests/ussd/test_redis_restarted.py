"""A real Valkey that is killed and comes back in the middle of a session."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django_redis import get_redis_connection

from nannychain.embedded import Valkey
from tests.factories.threads import at_once
from tests.factories.waiting import until
from tests.ussd.phone import Phone
from ussd.engine import store
from workers.identity.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.processes]


@pytest.fixture
def valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A server of this test's own, which may be killed; without durability it forgets all."""
    server = Valkey(tmp_path, durable=False)
    server.start()
    default = {**settings.CACHES["default"], "LOCATION": server.url}
    settings.CACHES = {"default": default}
    store._script.cache_clear()
    yield server
    server.stop()
    store._script.cache_clear()


def test_a_session_goes_on_through_a_restart_and_joins_once(phone: Phone, valkey: Valkey) -> None:
    phone.dial()
    phone.enter("4")
    valkey.kill()
    assert phone.enter("1").startswith("CON Kwa kujiunga")
    assert phone.enter("9").startswith("CON Hiyo si nambari")
    valkey.start()
    store.breaker.close()
    shown = phone.enter("1")
    assert shown.startswith("END Akaunti imefunguliwa. Worker ID: NW-")
    valkey.kill()
    assert phone.post() == shown
    assert Member.objects.count() == 1


def test_a_server_that_hangs_costs_a_second_and_not_the_session(
    phone: Phone, valkey: Valkey
) -> None:
    phone.dial()
    phone.enter("4")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert phone.enter("1").startswith("CON Kwa kujiunga")
        assert phone.enter("1").startswith("END Akaunti imefunguliwa")
        # far from the gateway's ten seconds, however slow this machine is
        assert time.monotonic() - started < 8
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


def test_a_session_that_began_without_redis_is_kept_once_it_is_back(
    phone: Phone, valkey: Valkey
) -> None:
    valkey.kill()
    phone.dial()
    phone.enter("4")
    valkey.start()
    store.breaker.close()
    shown = phone.enter("1")
    assert shown.startswith("CON Kwa kujiunga")
    kept = get_redis_connection("default").get(store.KEY.format(phone.session_id))
    assert json.loads(kept)["path"] == ["welcome", "register"]
    assert phone.post() == shown


def test_while_it_hangs_no_hop_looks_whether_it_is_back(valkey: Valkey) -> None:
    looked: list[str] = []
    script_of = store._script

    def noted(source: str) -> Any:
        looked.append(threading.current_thread().name)
        return script_of(source)

    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        assert store._call("return 1", ()) is None
        store.breaker.look_now()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "_script", noted)
            assert at_once(lambda: store._call("return 1", ()), times=8, threads=8) == [None] * 8
            until(lambda: bool(looked))
        assert looked == ["breaker"]
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
    store.breaker.look_now()
    until(lambda: store._call("return 1", ()) == 1)
