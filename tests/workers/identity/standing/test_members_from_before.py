"""Members who joined before there was a standing get theirs by a migration."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from tests.factories.scratch import scratch_database


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


def join(alias: str, number: int, *, proved_at: str | None) -> uuid.UUID:
    """Write a member as the tables were before."""
    member, wallet = uuid.uuid4(), uuid.uuid4()
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO wallets_wallet (id, party_id, stellar_public_key, created_at)"
            " VALUES (%s, %s, %s, now())",
            [wallet, member, f"G{number:055d}"],
        )
        cursor.execute(
            "INSERT INTO workers_member (id, worker_id, phone, name, language, wallet_id, channel,"
            " joined_at, phone_proved_at, is_active, is_staff, is_superuser, password)"
            " VALUES (%s, %s, %s, '', 'en', %s, 'ussd', '2026-01-01', %s, true, false, false, '')",
            [member, f"NW-{number:08d}", f"+2547{number:08d}", wallet, proved_at],
        )
    return member


def test_everybody_from_before_is_open_and_was_last_seen_when_proved(scratch: str) -> None:
    call_command("migrate", "workers", "0004", database=scratch, verbosity=0)
    proved = join(scratch, 1, proved_at="2026-03-04")
    unproved = join(scratch, 2, proved_at=None)

    call_command("migrate", database=scratch, verbosity=0)

    with connections[scratch].cursor() as cursor:
        cursor.execute("SELECT member_id, state, last_seen_at::date::text FROM workers_standing")
        assert set(cursor.fetchall()) == {
            (proved, "OPEN", "2026-03-04"),
            (unproved, "OPEN", "2026-01-01"),
        }
