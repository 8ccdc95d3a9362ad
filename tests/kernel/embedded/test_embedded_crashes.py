"""After a crash, a kill -9 or a second start: the data is whole, and nobody is disturbed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from nannychain import embedded
from nannychain.embedded.folders import FolderLock
from nannychain.embedded.processes import Record, end

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
_HOLD = """
import sys, time
from pathlib import Path
from nannychain import embedded
servers = embedded.start(Path(sys.argv[1]), durable=True)
print(servers.postgres.pid, servers.valkey.pid, servers.owner_url, servers.redis_url, flush=True)
time.sleep(600)
"""


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[embedded.Postgres]:
    """A durable cluster of one's own."""
    postgres = embedded.Postgres(tmp_path, durable=True)
    postgres.start()
    yield postgres
    postgres.stop()


def _holder(folder: Path) -> tuple[subprocess.Popen[str], list[str]]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    return holder, holder.stdout.readline().split()


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 15
    while Record.of(pid):  # whether its new parent has reaped it is not our business
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)


def test_what_was_committed_survives_the_killing_of_postgresql(durable):
    with psycopg.connect(durable.owner_url) as connection:
        connection.execute("CREATE TABLE note AS SELECT generate_series(1, 1000) AS id")
    sleeper = psycopg.connect(durable.owner_url)
    durable.kill()
    durable.start()
    with psycopg.connect(durable.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (1000,)
    sleeper.close()


def test_what_valkey_was_told_survives_its_killing(tmp_path):
    valkey = embedded.Valkey(tmp_path, durable=True)
    valkey.start()
    client = redis.Redis.from_url(valkey.url)
    client.set("key", "kept")
    assert client.execute_command("WAITAOF", 1, 0, 5000)
    valkey.kill()
    valkey.start()
    assert redis.Redis.from_url(valkey.url).get("key") == b"kept"
    valkey.stop()


def test_a_second_start_says_who_runs_and_changes_nothing(tmp_path):
    holder, (postgres_pid, _, owner_url, _) = _holder(tmp_path)
    before = (tmp_path / "postgres/state.json").read_bytes()
    with pytest.raises(embedded.AlreadyRunning, match=rf"already running .*\(pid {postgres_pid}\)"):
        embedded.start(tmp_path, durable=True)
    assert (tmp_path / "postgres/state.json").read_bytes() == before
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    holder.terminate()
    holder.communicate()
    _wait_until_gone(int(postgres_pid))


def test_a_second_object_in_the_same_process_is_refused_too(durable):
    with pytest.raises(embedded.AlreadyRunning):
        embedded.Postgres(durable.directory, durable=True).start()


def test_servers_die_with_a_starter_that_was_killed_and_start_again(tmp_path):
    holder, (postgres_pid, valkey_pid, owner_url, _) = _holder(tmp_path)
    holder.kill()
    holder.communicate()
    servers = embedded.start(tmp_path, durable=True)  # at once, while they are still ending
    try:
        assert servers.owner_url == owner_url
        for pid in (postgres_pid, valkey_pid):
            _wait_until_gone(int(pid))
    finally:
        servers.stop()


def test_a_leftover_that_would_not_die_is_ended_by_the_next_start(tmp_path):
    holder, (postgres_pid, valkey_pid, *_) = _holder(tmp_path)
    for pid in (postgres_pid, valkey_pid):
        os.kill(int(pid), signal.SIGSTOP)  # deaf to the signal that comes when its parent dies
    holder.kill()
    holder.communicate()
    servers = embedded.Valkey(tmp_path, durable=True)
    servers.polite = signal.SIGKILL  # what the next start would come to after some seconds
    servers.start()
    servers.stop()
    assert Record.of(int(valkey_pid)) is None
    os.kill(int(postgres_pid), signal.SIGCONT)
    _wait_until_gone(int(postgres_pid))


def test_a_stale_pid_file_whose_number_is_used_again_is_no_obstacle(durable):
    durable.kill()
    stale = durable.home / "data" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    bystander = subprocess.Popen(["sleep", "60"])
    stale.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    durable.start()
    assert bystander.poll() is None, "somebody else's process was ended"
    bystander.kill()
    bystander.wait()
    with psycopg.connect(durable.app_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_postgresql_that_was_started_by_hand_is_left_alone(durable):
    data, port = durable.home / "data", durable.port
    durable.stop()
    by_hand = subprocess.Popen(
        [*_as_we_do(durable), "-D", str(data), "-c", f"port={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for_ready(data)
    with pytest.raises(embedded.AlreadyRunning, match=str(by_hand.pid)):
        durable.start()
    assert by_hand.poll() is None
    by_hand.send_signal(signal.SIGINT)
    assert by_hand.wait(10) == 0


def test_a_start_that_was_broken_off_in_the_middle_is_made_good(tmp_path):
    (tmp_path / "postgres" / "data.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres" / "data.new" / "half").write_text("written")
    postgres = embedded.Postgres(tmp_path, durable=False)
    postgres.start()
    assert not (tmp_path / "postgres" / "data.new").exists()
    postgres.stop()


def test_a_record_of_another_process_with_the_same_number_is_never_signalled():
    bystander = subprocess.Popen(["sleep", "60"])
    record = Record.of(bystander.pid)
    assert record is not None
    older = Record(pid=record.pid, started=record.started - 1, boot=record.boot)
    assert end(older, signals=((signal.SIGKILL, 1),))
    assert bystander.poll() is None
    threading_free = Record(pid=record.pid, started=record.started, boot="another boot")
    assert end(threading_free, signals=((signal.SIGKILL, 1),))
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_lock_is_free_again_as_soon_as_its_holder_lets_go(tmp_path):
    first, second = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    assert first.take()
    assert not second.take()
    assert second.holder() == Record.of(os.getpid())
    first.release()
    assert second.take()
    second.release()


def _as_we_do(postgres: embedded.Postgres) -> list[str]:
    from nannychain.embedded import processes

    command = [str(postgres.program("postgres"))]
    return processes.launched(command, identity=postgres._identity())


def _wait_for_ready(data: Path) -> None:
    deadline = time.monotonic() + 15
    while "ready" not in (
        (data / "postmaster.pid").read_text() if (data / "postmaster.pid").exists() else ""
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
