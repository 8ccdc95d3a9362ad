"""Both servers as `make run` and the tests use them: who may what, and what stays over restarts."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nannychain import embedded
from nannychain.embedded import postgres

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Servers]:
    """Throw-away servers in a folder whose path has a space and a quote."""
    running = embedded.start(tmp_path_factory.mktemp("a path's") / "data", durable=False)
    yield running
    running.stop()


def _run(url: str, *statements: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements[:-1]:
            connection.execute(statement)
        cursor = connection.execute(statements[-1])
        return cursor.fetchall() if cursor.description else []


def test_the_application_reads_and_writes_rows_of_tables_made_later(servers):
    _run(servers.owner_url, "CREATE TABLE note (id bigserial PRIMARY KEY, text text)")
    rows = _run(
        servers.app_url,
        "INSERT INTO note (text) VALUES ('a'), ('b')",
        "UPDATE note SET text = 'c' WHERE text = 'b'",
        "DELETE FROM note WHERE text = 'a'",
        "SELECT text FROM note",
    )
    assert rows == [("c",)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "TRUNCATE kept",
        "DROP TABLE kept",
        "ALTER TABLE kept ADD COLUMN more int",
        "SET ROLE nannychain_owner",
        "ALTER ROLE nannychain_app SUPERUSER",
        "COPY kept TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
def test_the_application_may_do_no_more_than_that(servers, statement):
    _run(servers.owner_url, "CREATE TABLE IF NOT EXISTS kept (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _run(servers.app_url, statement)


def test_the_rules_hold_in_databases_that_the_owner_makes_for_tests(servers):
    _run(servers.owner_url, "CREATE DATABASE test_other")
    other = servers.owner_url.removesuffix("nannychain") + "test_other"
    _run(other, "CREATE TABLE note (id int)", "SET ROLE nannychain_app", "SELECT * FROM note")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _run(other, "SET ROLE nannychain_app", "TRUNCATE note")


def test_the_owner_is_no_superuser_and_makes_no_roles(servers):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _run(servers.owner_url, "CREATE ROLE mine")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _run(servers.owner_url, "SET ROLE nannychain_superuser")


@pytest.mark.parametrize("role", ["nannychain_owner", "nannychain_app", "nannychain_superuser"])
def test_a_wrong_password_is_refused(servers, role):
    url = f"postgresql://{role}:wrong@127.0.0.1:{servers.postgres.port}/nannychain"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_passwords_are_kept_as_scram_verifiers(servers):
    kept = _run(
        servers.postgres.superuser_url, "SELECT rolpassword FROM pg_authid WHERE rolcanlogin"
    )
    assert len(kept) == 3
    assert all(password.startswith("SCRAM-SHA-256$") for (password,) in kept)


def test_text_is_ordered_by_code_point_whatever_the_machine(servers):
    order = _run(servers.app_url, "SELECT x FROM unnest(ARRAY['é','b','Z','a']) AS x ORDER BY x")
    assert [x for (x,) in order] == ["Z", "a", "b", "é"]
    assert _run(servers.app_url, "SELECT upper('é')") == [("É",)]


def test_valkey_wants_its_password_and_never_forgets_for_want_of_memory(servers):
    client = redis.Redis.from_url(servers.redis_url)
    assert client.set("key", "value")
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=servers.valkey.port, retry=Retry(NoBackoff(), 0)).ping()


def test_the_servers_listen_on_loopback_only(servers):
    listening = set()
    for table, loopback in (("tcp", "0100007F"), ("tcp6", None)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, _, port = line.split()[1].partition(":")
            if line.split()[3] == "0A" and int(port, 16) in (
                servers.postgres.port,
                servers.valkey.port,
            ):
                listening.add(address == loopback)
    assert listening == {True}


def test_nobody_else_may_look_into_the_folders(servers):
    folder = servers.folder
    for path in (folder, folder / "postgres", folder / "valkey", folder / "logs"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (
        folder / "postgres/state.json",
        folder / "valkey/valkey.conf",
        *folder.glob("logs/*"),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_password_stands_on_a_command_line_or_in_a_log(servers):
    passwords = [url.split(":")[2].split("@")[0] for url in (servers.owner_url, servers.app_url)]
    passwords.append(servers.redis_url.split(":")[2].split("@")[0])
    told = b"".join(
        Path(f"/proc/{pid}/{what}").read_bytes()
        for pid in (servers.postgres.pid, servers.valkey.pid)
        for what in ("cmdline", "environ")
    ) + b"".join(path.read_bytes() for path in servers.folder.glob("logs/*"))
    assert told
    assert not [password for password in passwords if password.encode() in told]


def test_a_failing_statement_leaves_no_data_in_the_log(servers):
    with pytest.raises(psycopg.errors.UniqueViolation):
        _run(
            servers.owner_url,
            "CREATE TABLE canary (text text UNIQUE)",
            "INSERT INTO canary VALUES ('canary-4711')",
            "INSERT INTO canary VALUES ('canary-4711')",
        )
    log = servers.postgres.log.read_text()
    assert "duplicate key" in log
    assert "canary-4711" not in log


def test_address_and_data_stay_over_a_restart_when_durable(tmp_path):
    first = embedded.start(tmp_path, durable=True)
    urls = (first.owner_url, first.app_url, first.redis_url)
    _run(first.owner_url, "CREATE TABLE note (text text)", "INSERT INTO note VALUES ('kept')")
    redis.Redis.from_url(first.redis_url).set("key", "kept")
    first.stop()
    second = embedded.start(tmp_path, durable=True)
    try:
        assert (second.owner_url, second.app_url, second.redis_url) == urls
        assert _run(second.app_url, "SELECT text FROM note") == [("kept",)]
        assert redis.Redis.from_url(second.redis_url).get("key") == b"kept"
        assert _run(second.app_url, "SHOW fsync") == [("on",)]
        held = "SELECT pg_size_bytes(current_setting('shared_buffers')) / 1048576"
        assert _run(second.app_url, held) == [(postgres._buffers(postgres._memory()),)]
        ahead = "SELECT pg_size_bytes(current_setting('max_wal_size')) / 1048576"
        assert 1024 <= _run(second.app_url, ahead)[0][0] <= 8192
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(0, 128), (1 << 30, 128), (4 << 30, 512), (8 << 30, 1024), (64 << 30, 1024)],
)
def test_pages_are_held_in_an_eighth_of_the_memory_within_bounds(memory, buffers):
    assert postgres._buffers(memory) == buffers


@pytest.mark.parametrize(
    ("free", "ahead"),
    [(0, 1024), (8 << 30, 1024), (32 << 30, 4096), (64 << 30, 8192), (1 << 40, 8192)],
)
def test_an_eighth_of_the_free_disk_is_written_ahead_within_bounds(free, ahead):
    assert postgres._write_ahead(free) == ahead


@pytest.mark.parametrize(
    ("written", "is_less"), [("536870912\n", True), ("max\n", False), (None, False)]
)
def test_a_containers_limit_counts(tmp_path, monkeypatch, written, is_less):
    limit = tmp_path / "memory.max"
    if written is not None:
        limit.write_text(written)
    monkeypatch.setattr(postgres, "_CONTAINERS_LIMIT", limit)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert postgres._memory() == (min(machine, 512 << 20) if is_less else machine)


def test_a_port_that_was_taken_meanwhile_is_exchanged(tmp_path):
    valkey = embedded.Valkey(tmp_path, durable=False)
    valkey.start()
    port = valkey.port
    valkey.stop()
    import socket

    with socket.create_server(("127.0.0.1", port)):
        valkey.start()
        assert valkey.port != port
        assert redis.Redis.from_url(valkey.url).ping()
        valkey.stop()


def test_stopping_leaves_no_process_and_may_be_repeated(tmp_path):
    servers = embedded.start(tmp_path, durable=False)
    pids = (servers.postgres.pid, servers.valkey.pid)
    servers.stop()
    servers.stop()
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
