"""Whatever kills the worker of a statement, and wherever: in the end all stands there once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from benchmarks import statement_world
from nannychain.actors import Actor
from nannychain.ids import new_id
from payments.paybill.models import PaybillPayment
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.statements import services
from payments.reconciliation.statements.models import StatementFile, StatementLine, StatementMatch
from payments.reconciliation.statements.states import State
from payments.withdrawals.models import Withdrawal
from tests.factories import mpesa, programs
from wallets.ledger.models import Journal, Posting

SHORTCODE = "600000"
KILLS = (3, 9, 30, 60)


@pytest.fixture(autouse=True)
def one_number(settings: Any) -> None:
    """One number takes and pays out."""
    mpesa.use(settings, MPESA_SHORTCODE=SHORTCODE, MPESA_B2C_SHORTCODE=SHORTCODE)


class Killed(BaseException):
    """The end of a worker, which nothing may catch."""


@contextmanager
def dying(after: int) -> Iterator[None]:
    """Let the worker end at the statement with that number."""
    left = after

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        if "advisory" in sql:  # what a dead process has locked is free
            return execute(sql, params, many, context)
        left -= 1
        if left == 0:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(kill):
        yield


def outcome() -> dict[str, Any]:
    """Return all that has come of it, without ids that are made up anew each time."""
    return {
        "lines": StatementLine.objects.count(),
        "breaks": sorted(
            Break.objects.values_list("reference", "kind", "state", "amount_cents").order_by()
        ),
        "matches": sorted(
            StatementMatch.objects.values_list("line__receipt", "line__kind", "rule").order_by()
        ),
        "payments": sorted(PaybillPayment.objects.values_list("receipt", "state").order_by()),
        "payouts": sorted(
            (row.receipt or "", row.state) for row in Withdrawal.objects.order_by("pk")
        ),
        "journals": Journal.objects.count(),
        "postings": sorted(
            Posting.objects.values_list("account__kind", "account__label", "amount").order_by()
        ),
    }


def received(world: statement_world.World) -> StatementFile:
    """Hand the statement in, and leave it to workers."""
    by = Actor(new_id(), "NW-OFFICER")
    file, _ = services.hand_in(world.csv(), name="day.csv", by=by)
    return file


@pytest.mark.django_db
def test_a_worker_that_dies_at_every_statement_leaves_what_a_whole_one_does() -> None:
    world = statement_world.build(lines=32, each=1, shortcode=SHORTCODE)
    with transaction.atomic():
        services.work_off(received(world).pk)
        whole = outcome()
        transaction.set_rollback(True)
    assert StatementLine.objects.count() == 0
    file = received(world)
    deaths = 0
    while file.state != State.COMPARED:
        deaths += 1
        try:
            with dying(after=deaths):
                file = services.work_off(file.pk)
        except Killed:
            file = StatementFile.objects.get(pk=file.pk)
    assert deaths > 15
    assert outcome() == whole
    assert world.unnamed() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
@pytest.mark.timeout(300)
def test_a_process_that_is_killed_again_and_again_ends_where_a_whole_one_does() -> None:
    world = statement_world.build(lines=32, each=1, shortcode=SHORTCODE)
    file = received(world)
    account = {
        **{name: str(value) for name, value in mpesa.account("http://127.0.0.1:9").items()},
        "MPESA_SHORTCODE": SHORTCODE,
        "MPESA_B2C_SHORTCODE": SHORTCODE,
        "PAYBILL_CALLBACK_KEY": "0" * 32,
    }
    environment = programs.environment(**account, PYTHONPATH=".")
    for number in (*KILLS, 10**9):
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.statement_worker", str(file.pk), str(number)],
            env=environment,
            check=False,
            timeout=120,
        )
        is_last = number == 10**9
        assert done.returncode == (0 if is_last else -9)
    file.refresh_from_db()
    assert file.state == State.COMPARED
    assert world.unnamed() == {}
    once = StatementMatch.objects.values_list("line", flat=True)
    assert len(once) == len(set(once))
    again = services.compare_all()
    assert again == StatementLine.objects.filter(open_item__isnull=False).count()
