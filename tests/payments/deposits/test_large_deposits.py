"""A large deposit is credited when M-Pesa has answered to a question, not on a message alone."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.clock import nairobi_date
from nannychain.ids import new_id
from payments.deposits import echoes, services
from payments.deposits.models import Deposit
from payments.deposits.states import State
from payments.limits import changing
from tests.factories import mpesa
from tests.factories.safaricom import PUSH, QUERY, Safaricom, checkout_id, post, push_result
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
LARGE, RECEIPT = 50_001_00, "UKL1A2B3C4"


@pytest.fixture
def her() -> Member:
    return mpesa.member_with()


def _prompted(her: Member, cents: int = LARGE) -> Deposit:
    deposit = services.request(her.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def _called_back(safaricom: Safaricom, **changes: Any) -> list[str]:
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt=RECEIPT, **changes))
    return mpesa.read_inbox()


def _stands(deposit: Deposit) -> tuple[str, int]:
    deposit.refresh_from_db()
    return deposit.state, wallets.standing_of(deposit.member_id).balance


def test_m_pesa_is_asked_at_once_and_its_word_credits_it(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her)

    assert _called_back(safaricom) == ["to be confirmed"]
    assert _stands(deposit) == (State.SENT, 0)
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.work()

    assert len(safaricom.asked(QUERY)) == 1
    assert _stands(deposit) == (State.PAID, LARGE)
    assert (deposit.receipt, deposit.told_by) == (RECEIPT, "status")
    assert any(f"M-Pesa {RECEIPT}." in text for text in mpesa.texts(her))


def test_up_to_the_limit_the_callback_is_enough(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her, 50_000_00)

    assert _called_back(safaricom) == ["paid"]

    assert _stands(deposit) == (State.PAID, 50_000_00)
    assert safaricom.asked(QUERY) == []


def test_the_callback_comes_twice_and_is_no_word(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her)

    assert _called_back(safaricom) == ["to be confirmed"]
    assert _called_back(safaricom, ResultDesc="Again.") == ["to be confirmed"]

    assert _stands(deposit) == (State.SENT, 0)


def test_m_pesa_says_no_and_staff_are_told(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her)
    _called_back(safaricom)
    safaricom.push_results[checkout_id(1)] = ("1032", "Request cancelled by user")

    mpesa.work()

    assert _stands(deposit) == (State.UNKNOWN, 0)
    assert (
        Alert.objects.get(key=f"deposit:contradiction:{deposit.pk}").details["receipt"] == RECEIPT
    )
    assert mpesa.texts(her) == [], "she is not told that it failed"


def test_m_pesa_says_no_for_ever_and_late_money_still_counts(
    her: Member, safaricom: Safaricom
) -> None:
    deposit = _prompted(her)
    _called_back(safaricom)
    safaricom.push_results[checkout_id(1)] = ("1032", "Request cancelled by user")
    for _ in range(12):
        mpesa.work()
        mpesa.pass_time(hours=5)
    assert _stands(deposit)[0] == State.EXPIRED
    safaricom.push_results[checkout_id(1)] = ("0", "processed")

    assert services.ask_now(deposit.pk, by=Actor(id=new_id(), name="NW-STAFF000"))
    mpesa.work()

    assert _stands(deposit) == (State.PAID, LARGE)


def test_while_m_pesa_is_silent_it_goes_on_being_asked(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her)
    _called_back(safaricom)
    for _ in range(3):
        mpesa.work()
        mpesa.pass_time(minutes=2)

    assert _stands(deposit) == (State.UNKNOWN, 0)
    assert len(safaricom.asked(QUERY)) == 3
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(minutes=10)
    mpesa.work()
    assert _stands(deposit) == (State.PAID, LARGE)


def test_the_paybills_confirmed_echo_is_m_pesas_word_too(her: Member, safaricom: Safaricom) -> None:
    deposit = _prompted(her)
    _called_back(safaricom)

    assert echoes.record_receipt(deposit.pk, receipt=RECEIPT, amount_cents=LARGE) == "paid"

    assert _stands(deposit) == (State.PAID, LARGE)


def test_a_large_success_after_the_payer_had_declined_is_asked_about(
    her: Member, safaricom: Safaricom
) -> None:
    deposit = _prompted(her)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, code=1032))
    mpesa.read_inbox()
    assert _stands(deposit)[0] == State.DECLINED

    assert _called_back(safaricom) == ["to be confirmed"]
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.work()

    assert _stands(deposit) == (State.PAID, LARGE)


def test_the_limit_is_a_figure_of_the_table(her: Member, safaricom: Safaricom) -> None:
    changing.limit_operation(
        "deposit",
        min_cents=1_00,
        max_cents=250_000_00,
        confirm_above_cents=100_00,
        starts_on=nairobi_date(timezone.now()) + timedelta(days=1),
        reason="a flood of forgeries",
        by=Actor(id=new_id(), name="NW-STAFF000"),
    )
    today = services.request(her.pk, amount_cents=101_00, channel="ussd")

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        later = [
            services.request(mpesa.member_with().pk, amount_cents=cents, channel="ussd")
            for cents in (100_00, 101_00)
        ]

    assert [each.needs_word for each in (today, *later)] == [False, False, True]
