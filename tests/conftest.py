"""What every test has: real PostgreSQL and Valkey, no network beyond loopback, no `.env`.

One pair of servers serves the whole run; each parallel worker has a database and a Redis number of
its own. Tests run as the application role, which may do no more than in production. A server that
was given by `DATABASE_URL` or `REDIS_URL` is never flushed or dropped.
"""

import gc
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import hypothesis
import pytest

_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.test",
    "NANNYCHAIN_ENV_FILE": os.devnull,
    "SECRET_KEY": "a secret for tests only, and long enough for all that signs with it",
    "ENCRYPTION_KEY": "0f" * 32,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "AT_USERNAME": "sandbox",
    "AT_API_KEY": "key-of-the-tests",
    "AT_SENDER_ID": "NANNYCHAIN",
    "AT_BASE_URL": "http://127.0.0.1:9",  # nobody listens on the discard port
    "AT_INSIGHTS_BASE_URL": "http://127.0.0.1:9",
    "SMS_CALLBACK_KEY": "callback-key-of-the-tests",
    "USSD_SERVICE_CODE": "*384*2024#",
    "HELP_LINE": "0800 000 000",
    "PUBLIC_BASE_URL": "https://nannychain.example",
    "STELLAR_HORIZON_URL": "http://127.0.0.1:9",
}
_FOREIGN = (
    *("AT_", "USSD_", "SMS_", "STELLAR_", "MPESA_", "SENTRY_", "ENCRYPTION_", "SEALING_"),
    *("PIN_", "OUTGOING_", "METRICS_", "ALERT_", "EMAIL_"),
)
# Several workers share few processors here: how long a test takes says nothing about it.
hypothesis.settings.register_profile(
    "nannychain", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("nannychain")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_APP_ROLE = "nannychain_app"
_LONG = Path(__file__).parent / "faults"


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment and start the servers, before Django reads its settings."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ.update(_SETTINGS)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ.setdefault("API_SEED", str(secrets.randbelow(2**32)))  # workers inherit it
    if worker:
        _take_own_redis_number(int(worker.removeprefix("gw")))
    else:
        _start_servers(config)
    django.setup()
    if not worker:
        _compile_translations()
        if getattr(config.option, "numprocesses", None):
            # Or pytest-django reads the settings of a worker before it has its Redis number.
            del os.environ["DJANGO_SETTINGS_MODULE"]
    # All that was imported stays: looking through it again and again for garbage is a waste.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left with one at the end."""
    long = {item.path for item in items if item.get_closest_marker("processes")}
    items.sort(key=lambda item: item.path not in long and _LONG not in item.path.parents)


def pytest_report_header() -> str:
    """Tell the seed from which requests to the API are made up; `API_SEED` repeats them."""
    return f"API_SEED={os.environ['API_SEED']}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers that this run has started."""
    for stop in reversed(getattr(config, "stop_servers", [])):
        stop()


def _start_servers(config: pytest.Config) -> None:
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from nannychain import embedded

    folder = tempfile.TemporaryDirectory(prefix="nannychain-tests-")
    servers = embedded.start(Path(folder.name), durable=False)
    config.stop_servers = [folder.cleanup, servers.stop]  # type: ignore[attr-defined]
    if "DATABASE_URL" not in os.environ:
        from tests.factories import pristine

        os.environ["DATABASE_URL"] = servers.owner_url
        pristine.permit(servers.postgres.superuser_url, owner=urlsplit(servers.owner_url).username)
    os.environ.setdefault("REDIS_URL", servers.redis_url)


def _compile_translations() -> None:
    from nannychain import translations

    translations.compile_all()


def _take_own_redis_number(number: int) -> None:
    base = os.environ["REDIS_URL"].rstrip("/")
    head, _, tail = base.rpartition("/")
    os.environ["REDIS_URL"] = f"{head if tail.isdigit() else base}/{number + 1}"


@pytest.fixture(autouse=True, scope="session")
def no_network_beyond_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let every connection to the test database take the application role from now on."""
    from django.db import connection

    from tests.factories import pristine

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        pristine.remember(cursor)
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_APP_ROLE])
        if cursor.fetchone() is None:
            return  # a given server: everything runs as the one role that was given
        for statement in (
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {_APP_ROLE}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {_APP_ROLE}",
            f'ALTER ROLE CURRENT_USER IN DATABASE "{connection.settings_dict["NAME"]}" '
            f"SET role TO {_APP_ROLE}",
            (Path(__file__).parent.parent / "wallets/ledger/sql/v1/rights.sql").read_text(),
            f"SET role TO {_APP_ROLE}",
        ):
            cursor.execute(statement)


@pytest.fixture(autouse=True, scope="session")
def tables_come_back() -> Iterator[None]:
    """After a test that commits, let every table hold what it held at first."""
    from django.db import connection
    from django.test import TransactionTestCase

    from tests.factories import pristine

    flush: Callable[[Any], None] = TransactionTestCase._fixture_teardown

    def come_back(self: Any) -> None:
        with connection.cursor() as cursor:
            if not pristine.is_remembered(cursor):
                return pristine.flush_as_owner(cursor, lambda: flush(self))
            return pristine.come_back(cursor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", come_back)
        yield


@pytest.fixture(autouse=True, scope="session")
def pins_are_hashed_cheaply() -> Iterator[None]:
    """Let a PIN take microseconds to hash: thousands are made. What it costs has its own test."""
    from argon2 import PasswordHasher

    from workers.identity.pins import hashing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "_HASHER", PasswordHasher(1, 8, 1))
        yield


@pytest.fixture(autouse=True)
def rates_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test be refused for what others did before it: Redis goes on counting."""
    from nannychain.api import rates

    monkeypatch.setattr(rates, "PREFIX", f"rates:{secrets.token_hex(6)}")


@pytest.fixture(autouse=True)
def english_is_spoken() -> Iterator[None]:
    """Forget the language of the last request: Django goes on in it until the next one."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def books_balance(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """Recompute the books after every test that has a database: none may leave them wrong.

    Tests that break them on purpose are marked `broken_books`.
    """
    asked = [name for name in ("transactional_db", "db") if name in request.fixturenames]
    for name in asked:
        request.getfixturevalue(name)  # before this one, so that it is there until after it
    yield
    is_marked = request.node.get_closest_marker("django_db") is not None
    if not (asked or is_marked) or request.node.get_closest_marker("broken_books"):
        return
    from django.db import connection

    from wallets.ledger.checking import services

    if connection.needs_rollback or not _has_books(connection):
        return
    assert services.verify().faults == []


def _has_books(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM wallets_journal) OR EXISTS (SELECT FROM wallets_hold)"
            " OR EXISTS (SELECT FROM wallets_balance WHERE balance <> 0 OR held <> 0)"
        )
        return bool(cursor.fetchone()[0])
