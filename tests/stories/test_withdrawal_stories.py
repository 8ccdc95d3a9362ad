"""Withdrawals from beginning to end against the simulated M-Pesa, each with something going wrong.

Whatever it is, it is paid once or given back once, and our books have what M-Pesa has.
"""

from typing import Any

import pytest

from payments.withdrawals import services
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.daraja import Daraja, hurried, is_over, until
from wallets.ledger.models import Journal
from workers.identity.models import Member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
_FINAL = ("withdrawal.paid", "withdrawal.failed")
Faults = tuple[tuple[str, str, dict[str, Any]], ...]

# What M-Pesa pays out all the same.
PAID: dict[str, Faults] = {
    "nothing goes wrong": (),
    "the result is lost": (("payout", "callback_lost", {}),),
    "the result comes twice": (("payout", "callback_doubled", {}),),
    "the result comes before the answer": (("payout", "callback_early", {}),),
    "the result is late": (("payout", "callback_late", {"seconds": 1.0}),),
    "the answer is lost after acceptance": (("payout", "answer_lost", {}),),
    "answer and result are lost": (
        ("payout", "answer_lost", {}),
        ("payout", "callback_lost", {}),
    ),
    "a queue timeout, and it is carried out": (("payout", "queue_timeout", {"carried_out": 1}),),
    "the token is invalidated": (("payout", "token_invalid", {}),),
    "spike arrest": (("payout", "spike_arrest", {}),),
    "no token is to be had at first": (("token", "down", {}),),
    "the result is lost and questions fail": (
        ("payout", "callback_lost", {}),
        ("question", "html", {"times": 2}),
    ),
    "the result and the first answer to a question are lost": (
        ("payout", "callback_lost", {}),
        ("question", "callback_lost", {}),
    ),
    "the answer to a question comes twice": (
        ("payout", "callback_lost", {}),
        ("question", "callback_doubled", {}),
    ),
}
# What M-Pesa never got: it does not say so for certain, so that two people decide.
NEVER_TAKEN: dict[str, Faults] = {
    "the line is down in the middle": (("payout", "down", {}),),
    "HTML instead of JSON": (("payout", "html", {}),),
    "SOAP instead of JSON": (("payout", "soap", {}),),
    "a server error": (("payout", "error", {}),),
}


@pytest.mark.parametrize("name", PAID)
def test_a_withdrawal_is_paid_once_though(name: str, daraja: Daraja) -> None:
    withdrawal, member = _told(daraja, PAID[name])
    until(hurried(withdrawal, seconds=20))
    until(lambda: mpesa.read_inbox() == [])
    assert withdrawal.state == State.PAID
    assert mpesa.balance(member) == 495_00
    assert [payment["cents"] for payment in daraja.payments("payout")] == [500_00]
    assert Journal.objects.filter(kind__in=_FINAL).count() == 1
    assert mpesa.texts(member)[-1].startswith("KSh 500 was sent to your M-Pesa.")
    daraja.agrees()


@pytest.mark.parametrize("name", NEVER_TAKEN)
def test_a_withdrawal_that_never_reached_mpesa_is_not_guessed(name: str, daraja: Daraja) -> None:
    withdrawal, member = _told(daraja, NEVER_TAKEN[name])
    until(hurried(withdrawal, hours=3))
    assert withdrawal.state == State.NEEDS_REVIEW
    assert PayoutAttempt.objects.count() == 1, "it was never ordered again"
    assert (mpesa.balance(member), daraja.payments("payout")) == (495_00, [])
    mpesa.settle_by_two(withdrawal, paid=False)
    assert mpesa.balance(member) == 1_000_00
    daraja.agrees()


def test_a_queue_timeout_of_what_was_not_carried_out_goes_back(daraja: Daraja) -> None:
    withdrawal, member = _told(daraja, (("payout", "queue_timeout", {"carried_out": 0}),))
    until(hurried(withdrawal, hours=1))
    if withdrawal.state == State.NEEDS_REVIEW:
        mpesa.settle_by_two(withdrawal, paid=False)
    assert mpesa.balance(member) == 1_000_00
    assert daraja.payments("payout") == []
    daraja.agrees()


@pytest.mark.parametrize(("shillings", "words"), [(1002, "can't hold"), (1003, "not registered")])
def test_a_phone_that_can_not_be_paid_gets_its_money_back(
    daraja: Daraja, shillings: int, words: str
) -> None:
    member = mpesa.member_with(2_000_00)
    withdrawal = services.request(member.pk, amount_cents=shillings * 100, channel="ussd")
    until(lambda: is_over(withdrawal))
    assert (withdrawal.state, mpesa.balance(member)) == (State.FAILED, 2_000_00)
    assert words in mpesa.texts(member)[-1]
    daraja.agrees()


def test_a_float_that_runs_dry_parks_payouts_until_it_is_filled(daraja: Daraja) -> None:
    shortcode = daraja.account["MPESA_B2C_SHORTCODE"]
    daraja.simulators.post("/control/daraja/floats", shortcode=shortcode, cents=100_00)
    withdrawal, member = _told(daraja, ())
    until(lambda: _now(withdrawal) == State.PARKED)
    assert "takes longer" in mpesa.texts(member)[-1]
    daraja.simulators.post("/control/daraja/floats", shortcode=shortcode, cents=10_000_00)
    until(hurried(withdrawal, minutes=3))
    assert (withdrawal.state, mpesa.balance(member)) == (State.PAID, 495_00)
    assert PayoutAttempt.objects.count() == 2
    daraja.agrees()


def test_a_code_that_is_in_no_list_is_asked_about(daraja: Daraja) -> None:
    member = mpesa.member_with(2_000_00)
    withdrawal = services.request(member.pk, amount_cents=1007_00, channel="ussd")
    until(hurried(withdrawal, minutes=10))
    assert (withdrawal.state, mpesa.balance(member)) == (State.FAILED, 2_000_00)
    assert daraja.payments("payout") == []


def _told(daraja: Daraja, faults: Faults) -> tuple[Withdrawal, Member]:
    for target, kind, fields in faults:
        daraja.fault(target, kind, **fields)
    member = mpesa.member_with(1_000_00)
    return services.request(member.pk, amount_cents=500_00, channel="ussd"), member


def _now(withdrawal: Withdrawal) -> State:
    withdrawal.refresh_from_db()
    return State(withdrawal.state)
