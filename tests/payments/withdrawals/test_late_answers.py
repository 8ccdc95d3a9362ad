"""M-Pesa's answer to an order may come after its result, and after the next order."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from payments.mpesa import codes
from payments.mpesa.answers import Taken
from payments.withdrawals import sending, services
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import Attempt, State
from tests.factories import mpesa
from tests.factories.safaricom import (
    CUT,
    PAYOUT,
    SPIKE_ARREST,
    Answer,
    Plan,
    Safaricom,
    payout_result,
    post,
)

pytestmark = pytest.mark.django_db
ACCEPTED = Taken(meaning=codes.meaning_of(codes.Where.CALL, "0"), conversation_id="AG_LATE")


def _ordered() -> Withdrawal:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    withdrawal.refresh_from_db()
    return withdrawal


def _second_attempt(safaricom: Safaricom, answer: Plan | None) -> Withdrawal:
    """Return a withdrawal whose first attempt was refused, and whose second got that answer."""
    safaricom.plan(PAYOUT, SPIKE_ARREST, *([answer] if answer is not None else []))
    withdrawal = _ordered()
    assert withdrawal.state == State.PARKED
    mpesa.pass_time(minutes=3)
    mpesa.work()
    withdrawal.refresh_from_db()
    assert withdrawal.attempts_made == 2
    return withdrawal


def test_a_yes_to_an_attempt_that_is_over_says_nothing_of_the_next(safaricom: Safaricom) -> None:
    withdrawal = _second_attempt(safaricom, CUT)
    due_at = withdrawal.due_at
    first = withdrawal.attempts.get(number=1)

    sending.record(first.pk, ACCEPTED)

    withdrawal.refresh_from_db()
    assert (withdrawal.state, withdrawal.due_at) == (State.UNKNOWN, due_at)
    first.refresh_from_db()
    assert (first.state, first.conversation_id) == (Attempt.REJECTED, "AG_LATE")


def test_a_result_without_sense_of_an_attempt_that_is_over_says_nothing_of_the_next(
    safaricom: Safaricom,
) -> None:
    withdrawal = _second_attempt(safaricom, None)
    assert withdrawal.state == State.SENT
    first = safaricom.asked(PAYOUT)[0]

    post(first["ResultURL"], payout_result(first, code=7777))

    assert mpesa.read_inbox() == ["not decided"]
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_a_failure_to_be_confirmed_comes_first_and_our_answer_gets_lost(
    safaricom: Safaricom,
) -> None:
    """Nobody knows whether M-Pesa took the order, and the attempt says so."""

    def fail_first(body: dict[str, Any]) -> Answer:
        post(body["ResultURL"], payout_result(body, code=17))
        assert mpesa.read_inbox() == ["to be confirmed"]
        connection.close()
        return CUT

    safaricom.plan(PAYOUT, fail_first)
    withdrawal = _ordered()

    assert PayoutAttempt.objects.get().state == Attempt.UNKNOWN
    assert (withdrawal.state, withdrawal.failure_code) == (State.UNKNOWN, "17")
    assert withdrawal.due_at is not None
    assert withdrawal.due_at <= timezone.now(), "it is asked about at once"
