"""What a run does while another, or the import of a statement, is under way."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from structlog.testing import capture_logs

from nannychain import locks
from nannychain.locks import Lock
from payments.reconciliation import services, tasks
from payments.reconciliation.reports.models import DailyReport

pytestmark = pytest.mark.django_db


@contextmanager
def _somebody_at(kind: Lock) -> Iterator[None]:
    """Let another session hold that lock."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", locks._numbers(kind, ""))
        yield
    finally:
        other.close()


def test_beats_run_leaves_it_to_the_one_that_is_under_way_and_says_so() -> None:
    with _somebody_at(Lock.RECONCILIATION), capture_logs() as logs:
        tasks.run()
    assert [line["event"] for line in logs] == ["reconciliation.already_running"]
    assert not DailyReport.objects.exists()


def test_while_a_statement_is_worked_off_the_run_says_that_it_compared_nothing() -> None:
    step = "open lines of statements"
    with _somebody_at(Lock.STATEMENTS):
        assert (
            services.run(wait_seconds=0).notes[step] == "skipped: a statement is being worked off"
        )
    assert services.run(wait_seconds=0).notes[step] == 0
