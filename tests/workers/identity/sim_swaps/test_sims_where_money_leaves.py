"""Whatever door money leaves by, the question about the SIM is asked behind it, and fresh."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from payments.transfers import services as transfers
from payments.withdrawals import services as withdrawals
from tests.factories import money, phones
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.pins import services as pins
from workers.identity.sim_swaps import services as sim_swaps
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender() -> Member:
    return money.member(5_000_00)


def send(sender: Member) -> None:
    payee = money.member()
    transfers.send(
        sender.pk,
        recipient_id=payee.pk,
        amount_cents=100_00,
        shown_fee_cents=0,
        key=f"test {payee.pk}",
        channel="rest",
    )


def withdraw(sender: Member) -> None:
    withdrawals.request(sender.pk, amount_cents=100_00, channel="rest")


def reset_pin(sender: Member) -> None:
    if not pins.has_pin(sender.pk):
        phones.choose_pin(sender)
    code = phones.sent_code(sender.phone, Purpose.RESET_PIN)
    pins.ask_reset(sender.pk, code=code, channel="rest")


def questions(member: Member) -> int:
    return SimSwapLookup.objects.filter(member=member).count()


@pytest.fixture(autouse=True)
def m_pesa_is_set_up(settings: Any) -> None:
    settings.MPESA_CONSUMER_KEY, settings.MPESA_SHORTCODE = "key", "174379"
    settings.MPESA_B2C_SHORTCODE = "600000"


@pytest.mark.parametrize("act", [send, withdraw])
def test_it_is_asked_once_a_day(sender: Member, act: Callable[[Member], None]) -> None:
    act(sender)
    assert SimSwapLookup.objects.get(member=sender).state == State.WAITING
    act(sender)
    assert questions(sender) == 1
    SimSwapLookup.objects.update(state=State.SILENT)
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        act(sender)
    assert questions(sender) == 2


def test_asking_for_a_new_pin_asks_about_the_sim() -> None:
    member = money.member()
    reset_pin(member)
    assert questions(member) == 1


def test_what_a_dial_has_asked_in_the_week_is_too_old_for_money(sender: Member) -> None:
    sim_swaps.want(sender.pk)
    SimSwapLookup.objects.update(state=State.TOLD, wanted_at=timezone.now() - timedelta(days=2))
    sim_swaps.want(sender.pk)
    assert questions(sender) == 1
    send(sender)
    assert questions(sender) == 2


def test_what_is_refused_asks_nobody() -> None:
    poor = money.member(10_00)
    with pytest.raises(transfers.NotEnoughMoney):
        send(poor)
    assert questions(poor) == 0
