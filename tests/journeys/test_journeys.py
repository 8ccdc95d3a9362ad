"""Journeys as data: what is typed, and the exact screen that follows."""

from typing import Any

import pytest
import time_machine

from tests.factories import paybill
from tests.journeys.journey import Journey, all_journeys, play, set_up
from ussd.engine.screens import Choose, Confirm
from ussd.menu import APPLICATION

JOURNEYS = all_journeys()
# On these a lost session asks once more, as it should: their journeys are played with Redis only.
_ASKS_AGAIN = {
    name.partition(".")[0]
    for name, screen in APPLICATION.screens.items()
    if isinstance(screen, Choose | Confirm)
}


@pytest.fixture(autouse=True)
def m_pesa_is_set_up(settings: Any) -> None:
    """Let requests to M-Pesa be accepted; nothing is sent while no worker runs."""
    settings.MPESA_CONSUMER_KEY, settings.MPESA_SHORTCODE = "key", "174379"
    settings.PAYBILL_CALLBACK_KEY = paybill.KEY


@pytest.mark.django_db
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
@pytest.mark.parametrize("loses_redis", [False, True], ids=["", "losing Redis at every hop"])
def test_a_journey_goes_as_written(journey: Journey, loses_redis: bool) -> None:
    if loses_redis and journey.name.partition(".")[0] in _ASKS_AGAIN:
        pytest.skip("a list or figures are asked again")
    with time_machine.travel("2026-11-20T09:00:00Z"):
        phone = set_up(journey)
        for number, step in enumerate(journey.steps, start=1):
            if loses_redis:
                phone.lose_session()
            assert play(phone, step) == step.shows, f"step {number}: {step.does} {step.what}"


@pytest.mark.parametrize("language", ["en", "sw"])
def test_each_way_is_told_in_each_language(language: str) -> None:
    told = {journey.name.rpartition(".")[0] for journey in JOURNEYS}
    spoken = {
        name for name, _, code in (j.name.rpartition(".") for j in JOURNEYS) if code == language
    }
    assert spoken == told


@pytest.mark.django_db
def test_the_balance_takes_three_hops_with_the_pin() -> None:
    journey = next(journey for journey in JOURNEYS if journey.name == "balance.en")
    phone = set_up(journey)
    hops = [phone.dial(), phone.enter("1"), phone.enter("4826")]
    assert hops[-1].startswith("CON Your balance: KSh 1,750")
