"""The real simulators and the real site: a SIM is changed, and its owner has to prove herself."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from tests.factories.members import MemberFactory
from tests.simulators.program import Simulators
from workers.identity.sim_swaps import services, sweep
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import State
from workers.identity.standing.models import Standing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
TARGET = "africastalking.insights"
SECONDS_MAX = 20


@pytest.fixture
def simulators(live_server: Any, settings: Settings) -> Iterator[Simulators]:
    environment = {
        "AT_API_KEY": settings.AT_API_KEY,
        "INSIGHTS_URL": f"{live_server.url}/insights/{settings.SMS_CALLBACK_KEY}",
    }
    with Simulators(environment) as running:
        settings.AT_INSIGHTS_BASE_URL = f"{running.url}/africastalking"
        yield running


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, list(SimSwapLookup.objects.values())
        time.sleep(0.05)


def state() -> str:
    inbox.sweep()
    return SimSwapLookup.objects.get().state


def test_a_changed_sim_is_noted_and_told_twice_it_is_noted_once(simulators: Simulators) -> None:
    member = MemberFactory.create()
    simulators.post("/control/sims", phone=member.phone, swapped_on="2026-02-03")
    simulators.fault("duplicate", target=TARGET)
    services.want(member.id)
    sweep.sweep()
    wait_for(lambda: state() == State.TOLD)
    wait_for(lambda: InboxMessage.objects.get().copies == 2)
    assert Standing.objects.get(pk=member.pk).sim_swapped_at is not None
    (asked,) = [
        each
        for each in simulators.get("/control/requests", target=TARGET)["requests"]
        if each["direction"] == "in"
    ]
    assert settings.AT_API_KEY not in str(asked)


def test_a_sim_that_was_never_changed_changes_nothing(simulators: Simulators) -> None:
    member = MemberFactory.create()
    services.want(member.id)
    sweep.sweep()
    wait_for(lambda: state() == State.TOLD)
    assert Standing.objects.get(pk=member.pk).sim_swapped_at is None


@pytest.mark.parametrize(
    ("kind", "came_to"), [("answer_lost", State.UNKNOWN), ("no_callback", State.ASKED)]
)
def test_what_is_lost_is_not_asked_again(simulators: Simulators, kind: str, came_to: State) -> None:
    member = MemberFactory.create()
    simulators.fault(kind, target=TARGET)
    services.want(member.id)
    for _ in range(2):
        sweep.sweep()
    assert state() == came_to
    assert Standing.objects.get(pk=member.pk).sim_swapped_at is None


def test_a_callback_before_the_answer_is_not_lost(simulators: Simulators) -> None:
    member = MemberFactory.create()
    simulators.post("/control/sims", phone=member.phone, swapped_on="2026-02-03")
    simulators.fault("early", target=TARGET)
    services.want(member.id)
    sweep.sweep()
    wait_for(lambda: state() == State.TOLD)


@pytest.mark.parametrize("day", ["", "yesterday", "03-02-2026"])
def test_a_day_that_is_none_is_refused(simulators: Simulators, day: str) -> None:
    with pytest.raises(AssertionError, match="must be a day"):
        simulators.post("/control/sims", phone="+254712345678", swapped_on=day)
