"""A real worker, the real simulator and the real site: an SMS on its way to a phone and back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from nannychain.notifications import sweep
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State
from tests.factories import programs
from tests.kernel.notifications.messages import CODE, PHONE, age, queue, queue_code, state_of
from tests.simulators.program import Simulators, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
SECONDS_MAX = 60
OTHER = "+254722000111"


@pytest.fixture
def environment(live_server: Any) -> dict[str, str]:
    """What the simulators need to know: our account, and the site that runs beside this test."""
    key = settings.SMS_CALLBACK_KEY
    return {
        "AT_API_KEY": settings.AT_API_KEY,
        "AT_SENDER_ID": settings.AT_SENDER_ID,
        "SMS_REPORTS_URL": f"{live_server.url}/sms/reports/{key}",
        "SMS_OPTOUT_URL": f"{live_server.url}/sms/optout/{key}",
    }


@pytest.fixture
def simulators(environment: dict[str, str]) -> Iterator[Simulators]:
    """The running simulators."""
    with Simulators(environment) as running:
        yield running


@contextmanager
def worker(simulators: Simulators, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Celery worker, with beat, whose provider are these simulators."""
    options = "-P threads -c 3 -Q default,sms -B --without-gossip --without-mingle"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", *options.split()]
    with (folder / "worker.log").open("wb") as log:
        program = subprocess.Popen(
            [*command, "-s", str(folder / "schedule")],
            cwd=settings.BASE_DIR,
            env=programs.environment(
                AT_BASE_URL=f"{simulators.url}/africastalking", NANNYCHAIN_PROCESS="worker"
            ),
            stdout=log,
            stderr=log,
            start_new_session=True,  # beat is a child of it, and goes with it
        )
        try:
            yield program
        finally:
            kill(program)


def kill(program: "subprocess.Popen[bytes]") -> None:
    """Kill the program and its children at once, as a power cut would."""
    if program.poll() is None:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after a minute."""
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, list(Sms.objects.values("state", "reason", "attempts"))
        time.sleep(0.05)


def delivered(*messages: Sms) -> bool:
    return all(state_of(sms) == State.DELIVERED for sms in messages)


def test_what_is_queued_arrives_and_is_reported_whatever_goes_wrong_on_the_way(
    simulators: Simulators, tmp_path: Path
) -> None:
    with worker(simulators, tmp_path):
        well, code = queue(text="Karibu \u2013 welcome"), queue_code()
        wait_for(lambda: delivered(well, code))
        assert sorted(simulators.texts(PHONE)) == ["Karibu - welcome", f"Your code is {CODE}."]
        code.refresh_from_db()
        assert (code.sealed_text, code.cost) == (None, "KES 0.8000")

        for kind in ("answer_lost", "error", "duplicate", "out_of_order"):
            simulators.fault(kind, phone=OTHER)
            sms = queue_code(OTHER)  # urgent, so that no pause is long
            wait_for(lambda sms=sms: delivered(sms))
        assert len(simulators.texts(OTHER)) == 4

        simulators.fault("undelivered", phone=OTHER)
        failed = queue(OTHER)
        wait_for(lambda: state_of(failed) == State.FAILED)


def test_a_provider_that_is_down_for_a_while_costs_patience_only(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    absent = Simulators(environment, port=port)
    with worker(absent, tmp_path):
        waiting = [queue(PHONE, text=f"number {n}") for n in range(3)]
        wait_for(lambda: all(was_put_off(sms) for sms in waiting))
        with Simulators(environment, port=port) as back:
            wait_for(lambda: delivered(*waiting))
            assert sorted(back.texts(PHONE)) == ["number 0", "number 1", "number 2"]


def was_put_off(sms: Sms) -> bool:
    sms.refresh_from_db()
    return sms.attempts >= 1 and sms.state == State.QUEUED


def test_a_worker_that_is_killed_in_mid_sms_sends_it_once(
    simulators: Simulators, tmp_path: Path
) -> None:
    simulators.fault("slow", seconds=2)
    sms = queue(PHONE, text="once")
    with worker(simulators, tmp_path) as first:
        wait_for(lambda: state_of(sms) == State.CLAIMED)
        wait_for(lambda: simulators.get("/control/faults")["faults"] == [])  # it has struck
        kill(first)
    assert state_of(sms) == State.CLAIMED
    wait_for(lambda: simulators.texts(PHONE) == ["once"])
    age(sms, sweep.CLAIM_MAX)
    with worker(simulators, tmp_path):
        # Given up, and then settled by the report that nobody could place before.
        wait_for(lambda: delivered(sms))
        assert simulators.texts(PHONE) == ["once"]
