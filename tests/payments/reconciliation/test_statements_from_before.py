"""Statements that were there before we read when they were made keep the rule of then."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from tests.factories.scratch import scratch_database

_STORED = """
    INSERT INTO payments_statementfile
        (id, sha256, name, size_bytes, state, reason, by, received_at, shortcode, account,
         period_from, period_to, opening_cents, closing_cents, lines, new_lines, kinds, notes,
         step, step_done, step_total)
    VALUES (gen_random_uuid(), 'a', 'november.csv', 1, 'COMPARED', '', 'Auma',
            '2026-11-03 09:30+03', '600000', 'Utility Account', '2026-11-01 00:00+03',
            '2026-11-03 23:59+03', 0, 0, 0, 0, '{}', '[]', '', 0, 0)
"""


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


def test_they_tell_of_the_time_up_to_their_coming(scratch: str) -> None:
    call_command("migrate", "payments", "0011", database=scratch, verbosity=0)
    with connections[scratch].cursor() as cursor:
        cursor.execute(_STORED)

    call_command("migrate", database=scratch, verbosity=0)

    with connections[scratch].cursor() as cursor:
        cursor.execute("SELECT reported_at = received_at FROM payments_statementfile")
        assert cursor.fetchall() == [(True,)]
