"""One provider falls silent, and holds up nobody but those who wait for it.

The workers are the real programs, each on its queue as in an installation, with few threads, so
that a shared one would soon be used up. The providers are real programs too, at the end of wires
that are cut: what is sent into one is swallowed, and no answer comes.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from stellar_sdk import Keypair

from config.celery import app
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from tests.factories import mpesa, programs
from tests.factories.members import MemberFactory
from tests.factories.taps import Tap, taps
from tests.kernel.notifications.messages import queue
from tests.simulators.daraja.caller import ENVIRONMENT
from tests.simulators.program import Simulators
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import Funding

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.timeout(1500),
]
SECONDS_MAX = 300
THREADS = 2
CROWD = 6  # calls into the silence: more than a worker has threads
SWEEPS = (
    "nannychain.notifications.sweep",
    "payments.deposits.sweep",
    "wallets.stellar.sweep",
)


@dataclass
class Site:
    """The installation, with its wires."""

    mpesa: Tap
    sms: Tap
    stellar: Tap
    logs: Path

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Ring as beat does until it holds."""
        deadline = time.monotonic() + SECONDS_MAX
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.said()}"
            for sweep in SWEEPS:
                app.send_task(sweep, expires=10)
            time.sleep(0.5)

    def said(self) -> dict[str, str]:
        """Return the last words of each worker."""
        return {path.stem: path.read_text()[-1500:] for path in self.logs.glob("*.log")}


@pytest.fixture
def simulators(live_server: Any) -> Iterator[Simulators]:
    own = {
        **ENVIRONMENT,
        "AT_API_KEY": settings.AT_API_KEY,
        "AT_SENDER_ID": settings.AT_SENDER_ID,
        "SMS_REPORTS_URL": f"{live_server.url}/sms/reports/{settings.SMS_CALLBACK_KEY}",
        "SIMULATORS_LEDGER_SECONDS": "1",
    }
    with Simulators(own) as running:
        told = {"answers": "accept", "result_seconds": 0.05, "prompt_seconds": 2}
        running.post("/control/daraja/settings", **told)
        yield running


@pytest.fixture
def site(simulators: Simulators, live_server: Any, settings: Any, tmp_path: Path) -> Iterator[Site]:
    """Workers of each queue, with providers at the end of wires."""
    funding = Keypair.random()
    simulators.post("/control/horizon/fund", address=funding.public_key, lumens="10000")
    with ExitStack() as stack:
        wires = stack.enter_context(taps(3, target_port=simulators.port))
        found = Site(*wires, logs=tmp_path)
        ours = {
            **{name: ENVIRONMENT[name] for name in ENVIRONMENT if name.startswith("MPESA_")},
            "MPESA_BASE_URL": f"{found.mpesa.url}/daraja",
            "MPESA_CERTIFICATE": requests.get(
                f"{simulators.url}/daraja/certificate", timeout=9
            ).text,
            "PAYBILL_CALLBACK_KEY": "0" * 32,
            "PUBLIC_BASE_URL": live_server.url,
            "AT_BASE_URL": f"{found.sms.url}/africastalking",
            "STELLAR_HORIZON_URL": f"{found.stellar.url}/horizon",
            "STELLAR_FUNDING_ACCOUNT": funding.public_key,
            "STELLAR_FUNDING_SECRET": funding.secret,
        }
        mpesa.use(settings, **ours)
        for name in ("mpesa", "sms", "stellar", "signer"):
            log = stack.enter_context((tmp_path / f"{name}.log").open("wb"))
            stack.callback(_end, _worker(name, ours, log))
        yield found


def _worker(queue_name: str, ours: dict[str, str], log: Any) -> "subprocess.Popen[bytes]":
    options = f"-P threads -c {THREADS} -Q {queue_name} -n {queue_name}@%h"
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            *options.split(),
            "--without-gossip",
            "--without-mingle",
        ],
        cwd=settings.BASE_DIR,
        env=programs.environment(NANNYCHAIN_PROCESS="worker", STELLAR_CHANNELS="1", **ours),
        stdout=log,
        stderr=log,
    )


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.kill()
    program.wait()


def is_sent(sms: Sms) -> Callable[[], bool]:
    sent = (SmsState.ACCEPTED, SmsState.DELIVERED)
    return lambda: Sms.objects.filter(pk=sms.pk, state__in=sent).exists()


def is_paid(deposit: Deposit) -> Callable[[], bool]:
    def look() -> bool:
        mpesa.read_inbox()  # what the worker of callbacks does; it waits for no provider
        return Deposit.objects.filter(pk=deposit.pk, state=DepositState.PAID).exists()

    return look


def joins() -> Callable[[], bool]:
    MemberFactory.create(phone_proved=True)
    return lambda: not FundingRequest.objects.exclude(state=Funding.FUNDED).exists()


def pays_in() -> Deposit:
    return deposits.request(mpesa.member_with().pk, amount_cents=100_00, channel="ussd")


def test_whoever_is_silent_holds_up_nobody_else(site: Site, simulators: Simulators) -> None:
    site.wait_for(joins(), "an account is opened while all is well")

    site.mpesa.is_black_hole = True
    stuck = [pays_in() for _ in range(CROWD)]
    site.wait_for(lambda: site.mpesa.swallowed >= THREADS, "M-Pesa is asked")
    sms = queue(text="M-Pesa is silent")
    site.wait_for(is_sent(sms), "SMS go on without M-Pesa")
    site.wait_for(joins(), "Stellar goes on without M-Pesa")
    paid = Deposit.objects.filter(pk__in=[each.pk for each in stuck], state=DepositState.PAID)
    assert not paid.exists()

    site.sms.is_black_hole = site.stellar.is_black_hole = True
    site.mpesa.is_black_hole = False
    for number in range(CROWD):
        queue(f"+25472200011{number}", text="nobody hears it")
    waits = joins()
    site.wait_for(lambda: site.sms.swallowed >= THREADS, "Africa's Talking is asked")
    site.wait_for(is_paid(pays_in()), "M-Pesa goes on without the two")
    assert not waits(), "no account is opened meanwhile"
