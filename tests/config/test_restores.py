"""What a restore brings back may have been paid since: nothing of it moves before staff look."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from nannychain.operating.flows import Flow
from payments.withdrawals import services as withdrawals
from tests.factories import mpesa
from tests.factories.backups import address, manage, rows

pytestmark = pytest.mark.timeout(600)  # several programs each
# What the sweep and the worker do with whatever is due.
_WORK = """
from payments.withdrawals import selectors, tending
for key in selectors.due():
    tending.tend(key)
"""
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def _backed_up(folder: Path, *, database: str) -> None:
    done = manage("backup", str(folder), database=database)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hours", [0, 25])
def test_the_first_thing_that_a_restored_system_does_is_no_payout_and_no_refund(
    hours: int, tmp_path: Path, elsewhere: str
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.pass_time(hours=hours)
    _backed_up(tmp_path / "backup", database=connection.settings_dict["NAME"])

    done = manage("restore", str(tmp_path / "backup"), database=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "all flows and Stellar are stopped" in done.stdout
    nobody = {**mpesa.account("http://127.0.0.1:9"), "PAYBILL_CALLBACK_KEY": "0f" * 16}
    worked = manage("shell", "--command", _WORK, database=elsewhere, **nobody)
    assert worked.returncode == 0, worked.stderr

    stopped = rows(elsewhere, "SELECT flow, reason, stopper FROM nannychain_stoppedflow")
    assert {flow for flow, _, _ in stopped} == {str(flow) for flow in Flow}
    assert all(reason.startswith("taken back from the backup of 20") for _, reason, _ in stopped)
    assert all(stopper.endswith("(command)") for _, _, stopper in stopped)
    assert rows(elsewhere, "SELECT count(*) FROM wallets_network WHERE paused_at IS NULL") == [(0,)]
    assert rows(elsewhere, "SELECT count(*) > 0 FROM wallets_network") == [(True,)]
    written = "SELECT count(*) FROM nannychain_auditentry WHERE action = 'database.restored'"
    assert rows(elsewhere, written) == [(1,)]
    found = rows(elsewhere, "SELECT state, attempts_made FROM payments_withdrawal")
    assert found == [("NEEDS_REVIEW", 0)]


def test_a_database_that_somebody_is_connected_to_is_left_alone(made: Path, elsewhere: str) -> None:
    with psycopg.connect(address(elsewhere)):
        for words in ((), ("--replace",)):
            done = manage("restore", str(made), *words, database=elsewhere)
            assert done.returncode == 1
            assert "others are on this database" in done.stderr
    assert rows(elsewhere, _TABLES) == [(0,)]


def test_where_somebody_comes_while_it_runs_nothing_is_left(made: Path, elsewhere: str) -> None:
    """A process that a supervisor has started again may have paid out before flows were stopped."""
    running = "SELECT FROM pg_stat_activity WHERE datname = %s AND application_name = 'pg_restore'"
    here = connection.settings_dict["NAME"]
    with ThreadPoolExecutor() as pool, psycopg.connect(address(here), autocommit=True) as watcher:
        done = pool.submit(manage, "restore", str(made), database=elsewhere)
        while watcher.execute(running, [elsewhere]).fetchone() is None:
            assert not done.done()
            time.sleep(0.02)
        with psycopg.connect(address(elsewhere)):
            assert done.result().returncode == 1
        assert "others are on this database" in done.result().stderr
    assert rows(elsewhere, _TABLES) == [(0,)]


def test_where_flows_can_not_be_stopped_nothing_is_left(
    made: Path, elsewhere: str, tmp_path: Path
) -> None:
    assert manage("restore", str(made), database=elsewhere).returncode == 0
    with psycopg.connect(address(elsewhere)) as owner:
        owner.execute("DROP TABLE nannychain_stoppedflow")
    _backed_up(tmp_path / "without", database=elsewhere)
    done = manage("restore", str(tmp_path / "without"), "--replace", database=elsewhere)
    assert done.returncode == 1
    assert "flows could not be stopped, so nothing is left" in done.stderr
    assert rows(elsewhere, _TABLES) == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_an_archive_of_an_older_version_is_brought_up_to_date_and_stopped(
    tmp_path: Path, elsewhere: str
) -> None:
    for words in ((), ("nannychain", "0009")):
        done = manage("migrate", *words, "--verbosity", "0", database=elsewhere)
        assert done.returncode == 0, done.stderr
    _backed_up(tmp_path / "backup", database=elsewhere)
    done = manage("restore", str(tmp_path / "backup"), "--replace", database=elsewhere)
    assert done.returncode == 0, done.stderr
    assert rows(elsewhere, "SELECT count(*) FROM nannychain_restore") == [(1,)]
    assert len(rows(elsewhere, "SELECT flow FROM nannychain_stoppedflow")) == len(Flow)
