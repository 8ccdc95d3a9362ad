"""A real worker, killed at random points in the middle of payouts: M-Pesa's sums and ours agree.

`PAYOUT_KILLS` says how often; five times keep the run of all tests short.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from payments.withdrawals import services
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa, programs
from tests.factories.daraja import Daraja, running, until
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
KILLS = int(os.environ.get("PAYOUT_KILLS", "5"))
AT_ONCE = 8


@pytest.fixture
def daraja(live_server: Any, settings: Any) -> Iterator[Daraja]:
    """M-Pesa, which takes its time a little, and calls our site back."""
    with running() as found:
        found.reset(result_seconds=0.02)
        mpesa.use(settings, PUBLIC_BASE_URL=live_server.url, **found.account)
        yield found


@pytest.mark.timeout(60 + 30 * KILLS)
def test_payouts_of_a_worker_that_is_killed_again_and_again_are_made_once(
    daraja: Daraja, live_server: Any
) -> None:
    members: list[Member] = []
    chance = random.Random(20261128)
    for _ in range(KILLS):
        for _ in range(AT_ONCE):
            members.append(mpesa.member_with(1_000_00))
            services.request(members[-1].pk, amount_cents=500_00, channel="ussd")
        _work_and_die(daraja, live_server.url, after_seconds=chance.uniform(0.0, 0.5))
        mpesa.pass_time(minutes=5)

    until(_all_over, seconds=60)
    _let_people_decide(daraja)

    assert Withdrawal.objects.count() == KILLS * AT_ONCE
    paid = Withdrawal.objects.filter(state=State.PAID)
    assert paid.count() == len(daraja.payments("payout"))
    assert sorted(paid.values_list("receipt", flat=True)) == sorted(
        payment["receipt"] for payment in daraja.payments("payout")
    )
    for member in members:
        is_paid = paid.filter(member=member).exists()
        assert mpesa.balance(member) == (495_00 if is_paid else 1_000_00)
    assert mpesa.standing(Kind.PAYOUT_CLEARING, daraja.account["MPESA_B2C_SHORTCODE"]) == 0
    daraja.agrees()


def _work_and_die(daraja: Daraja, site: str, *, after_seconds: float) -> None:
    environment = programs.environment(
        **{name: str(value) for name, value in daraja.account.items()},
        PAYBILL_CALLBACK_KEY="0" * 32,
        PUBLIC_BASE_URL=site,
        PYTHONPATH=".",
    )
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.payout_worker"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(after_seconds)
        worker.send_signal(signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL


def _all_over() -> bool:
    """Tell whether all have ended, or wait for people; let hours pass otherwise."""
    ended = (State.PAID, State.FAILED, State.NEEDS_REVIEW)
    if not Withdrawal.objects.exclude(state__in=ended).exists():
        return True
    mpesa.pass_time(minutes=20)
    return False


def _let_people_decide(daraja: Daraja) -> None:
    """Settle what nobody could tell by M-Pesa's statement, as two people would."""
    receipts = {
        payout["originator_id"]: payout["receipt"]
        for payout in daraja.simulators.get("/control/daraja/payments")["payouts"]
    }
    for withdrawal in Withdrawal.objects.filter(state=State.NEEDS_REVIEW):
        receipt = receipts.get(withdrawal.attempts.get().originator_id) or ""
        mpesa.settle_by_two(withdrawal, paid=bool(receipt), receipt=receipt)
