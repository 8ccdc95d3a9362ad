"""Who may do what to the ledger's tables, and that a process says so where it is too much."""

import pytest
from django.db import connection
from structlog.testing import capture_logs

from config import startup
from wallets.ledger import rights, syncing

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")


def test_the_application_may_only_read() -> None:
    assert rights.may_only_read()


def test_a_role_that_may_write_is_told_at_the_start(
    as_owner: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup.connections, "close_all", lambda: None)
    with capture_logs() as lines:
        startup.tell()
    assert [line["event"] for line in lines] == ["ledger.roles_not_separated"]


def test_nothing_is_told_where_the_roles_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup.connections, "close_all", lambda: None)
    with capture_logs() as lines:
        startup.tell()
    assert lines == []


def test_rights_that_somebody_granted_are_gone_after_the_next_migration(as_owner: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON wallets_posting TO nannychain_app")
        cursor.execute("SELECT has_table_privilege('nannychain_app', 'wallets_posting', 'UPDATE')")
        assert cursor.fetchone() == (True,)
        syncing.after_migrate()
        cursor.execute(
            "SELECT has_table_privilege('nannychain_app', 'wallets_posting', 'INSERT, UPDATE'),"
            " has_table_privilege('nannychain_app', 'wallets_posting', 'SELECT')"
        )
        assert cursor.fetchone() == (False, True)


def test_who_may_post_gets_back_what_another_release_took_away(as_owner: None) -> None:
    """Its list of what is offered lacks what came later, and nothing else would give it again."""
    may = "SELECT has_function_privilege('nannychain_app', oid, 'EXECUTE') FROM pg_proc"
    with connection.cursor() as cursor:
        cursor.execute("REVOKE EXECUTE ON FUNCTION ledger_post_pair FROM PUBLIC, nannychain_app")
        cursor.execute(f"{may} WHERE proname = 'ledger_post_pair'")
        assert cursor.fetchall() == [(False,)]
        syncing.after_migrate()
        cursor.execute(f"{may} WHERE proname = 'ledger_post_pair'")
        assert cursor.fetchall() == [(True,)]
        cursor.execute(f"{may} WHERE proname = 'ledger_posted_with'")
        assert cursor.fetchall() == [(False,)]
