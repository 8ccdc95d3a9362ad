"""A payout that M-Pesa says it does not know: two people decide early, and nobody guesses."""

from typing import Any

import pytest
from django.urls import reverse

from nannychain.alerts.models import Alert
from payments.withdrawals import asking, services
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import CUT, PAYOUT, STATUS, Safaricom, post, status_result

pytestmark = pytest.mark.django_db
SAID = {"code": 2032, "words": "The transaction does not exist"}


def _lost(safaricom: Safaricom) -> Withdrawal:
    safaricom.plan(PAYOUT, CUT)
    withdrawal = services.request(
        mpesa.member_with(1_000_00).pk, amount_cents=500_00, channel="ussd"
    )
    mpesa.work()
    return withdrawal


def _say(safaricom: Safaricom, words: str = SAID["words"], **changes: Any) -> list[str]:
    """Answer to the newest question."""
    question = safaricom.asked(STATUS)[-1]
    body = status_result(question, **{"code": SAID["code"], **changes})
    body["Result"]["ResultDesc"] = words
    body["Result"]["ConversationID"] = f"AG_{len(safaricom.asked(STATUS))}"
    post(question["ResultURL"], body)
    return mpesa.read_inbox()


def _pass(safaricom: Safaricom, times: int, **said: Any) -> None:
    for _ in range(times):
        before = len(safaricom.asked(STATUS))
        while len(safaricom.asked(STATUS)) == before:
            mpesa.pass_time(minutes=1)
            mpesa.work()
        _say(safaricom, **said)


def _now(withdrawal: Withdrawal) -> str:
    withdrawal.refresh_from_db()
    return withdrawal.state


def test_what_was_never_taken_and_is_not_known_is_left_to_two_people_within_the_hour(
    safaricom: Safaricom,
) -> None:
    withdrawal = _lost(safaricom)

    _pass(safaricom, 6)
    assert _now(withdrawal) == State.UNKNOWN, "often enough, but not for long enough"
    _pass(safaricom, 1)

    assert _now(withdrawal) == State.NEEDS_REVIEW
    attempt = withdrawal.attempts.get()
    assert (attempt.questions, attempt.not_known) == (7, 7)
    assert sum(pause.total_seconds() for pause in asking.PAUSES[:6]) <= 3_600
    assert mpesa.balance(withdrawal.member) == 495_00, "nothing was given back"
    assert len(safaricom.asked(PAYOUT)) == 1, "nothing was ordered again"
    assert Alert.objects.filter(key=f"withdrawal:review:{withdrawal.pk}").exists()


def test_the_page_shows_what_it_rests_on_and_two_people_give_it_back(
    safaricom: Safaricom,
) -> None:
    withdrawal = _lost(safaricom)
    _pass(safaricom, 7)

    page = reverse("admin:payments_withdrawal_not-paid", args=[withdrawal.pk])
    shown = signed_in(StaffFactory.create()).get(page).content.decode()
    assert "was not, by any answer, taken by M-Pesa; it was asked about 7 times" in shown
    assert "M-Pesa has said 7 times that it knows of no such payout" in shown
    assert withdrawal.attempts.get().originator_id in shown

    mpesa.settle_by_two(withdrawal, paid=False)
    assert _now(withdrawal) == State.FAILED
    assert mpesa.balance(withdrawal.member) == 1_000_00


def test_what_m_pesa_has_taken_is_waited_for_however_often_it_is_not_known(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()

    _pass(safaricom, 7)

    assert _now(withdrawal) == State.UNKNOWN


@pytest.mark.parametrize("said", [{"words": "System internal error"}, {"code": 17}])
def test_another_answer_is_no_word_about_the_payout(
    safaricom: Safaricom, said: dict[str, Any]
) -> None:
    withdrawal = _lost(safaricom)

    _pass(safaricom, 7, **{"words": "Internal failure", **said})

    assert _now(withdrawal) == State.UNKNOWN
    assert withdrawal.attempts.get().not_known == 0


def test_a_payout_that_was_paid_after_all_is_paid(safaricom: Safaricom) -> None:
    withdrawal = _lost(safaricom)
    _pass(safaricom, 7)
    assert _now(withdrawal) == State.NEEDS_REVIEW

    assert _say(safaricom, "Done.", code="0") == ["paid"]

    assert _now(withdrawal) == State.PAID
    assert mpesa.balance(withdrawal.member) == 495_00


def test_one_answer_that_it_is_under_way_begins_anew(safaricom: Safaricom) -> None:
    withdrawal = _lost(safaricom)
    _pass(safaricom, 6)
    _say(safaricom, "Done.", code="0", status="Pending")

    _pass(safaricom, 1)

    assert _now(withdrawal) == State.UNKNOWN
    assert withdrawal.attempts.get().not_known == 1
