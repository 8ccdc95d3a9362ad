"""When payouts may not go: short float, refused credentials, limits; and who decides at last."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.services import OwnRequest
from nannychain.ids import new_id
from payments.withdrawals import desk, services
from payments.withdrawals.models import Desk, PayoutAttempt, Withdrawal
from payments.withdrawals.review import EvidenceMissing, NotInReview
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import PAYOUT, STATUS, Safaricom, payout_result, post, status_result
from wallets.ledger.chart import Kind
from workers.identity.models import Member
from workers.kyc import services as kyc
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db
ASKER, DECIDER = Actor(new_id(), "NW-ASKER"), Actor(new_id(), "NW-DECIDER")


def _sent(member: Member, cents: int = 500_00) -> Withdrawal:
    withdrawal = services.request(member.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    withdrawal.refresh_from_db()
    return withdrawal


def _now(withdrawal: Withdrawal) -> State:
    withdrawal.refresh_from_db()
    return State(withdrawal.state)


def _rich() -> Member:
    member = mpesa.member_with(10_000_00)
    kyc.set_level(member.pk, level=Level.ID_CHECKED, reason="a test", by=ASKER)
    mpesa.put_in(member, 90_000_00)
    return member


def _answer(safaricom: Safaricom, **result: Any) -> None:
    ordered = safaricom.asked(PAYOUT)[-1]
    assert post(ordered["ResultURL"], payout_result(ordered, **result)) == 200
    mpesa.read_inbox()


def test_a_short_float_parks_payouts_and_one_tries_whether_it_still_is(
    safaricom: Safaricom,
) -> None:
    first, second = mpesa.member_with(1_000_00), mpesa.member_with(1_000_00)
    parked = _sent(first)
    _answer(safaricom, code=1)
    assert _now(parked) == State.PARKED
    assert Alert.objects.filter(key=desk.SHORT, resolved_at__isnull=True).exists()
    waiting = _sent(second)
    assert (_now(waiting), len(safaricom.asked(PAYOUT))) == (State.RESERVED, 1)

    mpesa.pass_time(minutes=6)
    Desk.objects.update(probe_at=timezone.now())
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 2, "one tries"
    _answer(safaricom)
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 3, "the float pays, so the others go"
    _answer(safaricom, receipt="UKL7G7H7J7")
    assert {_now(parked), _now(waiting)} == {State.PAID}
    assert not Alert.objects.filter(key=desk.SHORT, resolved_at__isnull=True).exists()


def test_refused_credentials_stop_everything_until_staff_say_so(safaricom: Safaricom) -> None:
    first, second = mpesa.member_with(1_000_00), mpesa.member_with(1_000_00)
    parked = _sent(first)
    _answer(safaricom, code=2001)
    assert (_now(parked), mpesa.balance(first)) == (State.PARKED, 495_00)
    waiting = _sent(second)
    mpesa.pass_time(hours=2)
    mpesa.work()
    assert (_now(waiting), len(safaricom.asked(PAYOUT))) == (State.RESERVED, 1)
    assert Alert.objects.filter(key=desk.STOPPED, resolved_at__isnull=True).exists()
    with transaction.atomic():
        assert desk.start(mpesa.PAYOUT_SHORTCODE, reason="mended", by=ASKER.id, name=ASKER.name)
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 3
    assert len(PayoutAttempt.objects.filter(withdrawal=parked)) == 2


def test_an_attempt_that_may_still_pay_is_followed_by_no_other(safaricom: Safaricom) -> None:
    withdrawal = _sent(mpesa.member_with(1_000_00))
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutAttempt.objects.create(withdrawal=withdrawal, number=2, originator_id="another")


def test_a_great_failure_is_believed_when_the_status_query_agrees(safaricom: Safaricom) -> None:
    member = _rich()
    withdrawal = _sent(member, 20_000_00)
    before = mpesa.balance(member)
    _answer(safaricom, code=8)
    assert (_now(withdrawal), withdrawal.failure_code) == (State.UNKNOWN, "8")
    assert mpesa.balance(member) == before
    mpesa.work()
    (question,) = safaricom.asked(STATUS)
    post(question["ResultURL"], status_result(question, status="Declined", receipt=""))
    mpesa.read_inbox()
    assert (_now(withdrawal), mpesa.balance(member)) == (State.FAILED, 100_000_00)
    assert "can't hold that much" in mpesa.texts(member)[-1]


def test_a_contradiction_is_left_to_two_people(safaricom: Safaricom) -> None:
    member = _rich()
    withdrawal = _sent(member, 20_000_00)
    _answer(safaricom, code=8)
    mpesa.work()
    (question,) = safaricom.asked(STATUS)
    post(question["ResultURL"], status_result(question, amount="20000"))
    mpesa.read_inbox()
    assert _now(withdrawal) == State.NEEDS_REVIEW

    asked = _asked(withdrawal, "withdrawal.settle_as_paid", receipt="UKL5D6E7F8")
    with pytest.raises(OwnRequest):
        approvals.decide(asked.pk, by=ASKER, approve=True, reason="I am sure")
    approvals.decide(asked.pk, by=DECIDER, approve=True, reason="seen on the statement")
    assert (_now(withdrawal), withdrawal.receipt) == (State.PAID, "UKL5D6E7F8")
    assert mpesa.standing(Kind.PAYOUT_FLOAT, mpesa.PAYOUT_SHORTCODE) == -20_000_00
    _answer(safaricom)
    assert mpesa.standing(Kind.SUSPENSE_PAYOUTS, mpesa.PAYOUT_SHORTCODE) == 0


def _second_attempt(safaricom: Safaricom, withdrawal: Withdrawal) -> Any:
    """Have the float filled up and a parked payout tried again; return its first order."""
    assert _now(withdrawal) == State.PARKED
    first = safaricom.asked(PAYOUT)[-1]
    mpesa.pass_time(minutes=6)
    Desk.objects.update(probe_at=timezone.now())
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 2
    return first


def test_a_confirmed_failure_says_nothing_of_the_next_attempt(safaricom: Safaricom) -> None:
    withdrawal = _sent(_rich(), 20_000_00)
    _answer(safaricom, code=1)
    mpesa.work()
    (question,) = safaricom.asked(STATUS)
    post(question["ResultURL"], status_result(question, status="Declined", receipt=""))
    mpesa.read_inbox()
    _second_attempt(safaricom, withdrawal)
    _answer(safaricom)
    assert (_now(withdrawal), withdrawal.attempts_made) == (State.PAID, 2)


@pytest.mark.parametrize("second", [{"code": 8}, {"receipt": "UKL7G7H7J7"}])
def test_after_a_contradiction_no_other_attempt_decides(
    safaricom: Safaricom, second: dict[str, Any]
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    _answer(safaricom, code=1)
    first = _second_attempt(safaricom, withdrawal)
    post(first["ResultURL"], payout_result(first))
    mpesa.read_inbox()
    assert _now(withdrawal) == State.NEEDS_REVIEW

    _answer(safaricom, **second)
    assert (_now(withdrawal), mpesa.balance(member)) == (State.NEEDS_REVIEW, 495_00)
    key = f"withdrawal:review:{withdrawal.pk}"
    assert Alert.objects.filter(key=key, resolved_at__isnull=True).exists()


def test_two_people_give_back_what_was_not_paid(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _in_review(member, safaricom)
    asked = _asked(withdrawal, "withdrawal.settle_as_not_paid")
    approvals.decide(asked.pk, by=DECIDER, approve=True, reason="not on the statement")
    assert (_now(withdrawal), mpesa.balance(member)) == (State.FAILED, 1_000_00)
    with pytest.raises(NotInReview), transaction.atomic():
        again = _asked(withdrawal, "withdrawal.settle_as_not_paid")
        approvals.decide(again.pk, by=DECIDER, approve=True, reason="again")


def test_a_decision_needs_its_evidence(safaricom: Safaricom) -> None:
    withdrawal = _in_review(mpesa.member_with(1_000_00), safaricom)
    asked = _asked(withdrawal, "withdrawal.settle_as_paid", receipt="no receipt")
    with pytest.raises(EvidenceMissing):
        approvals.decide(asked.pk, by=DECIDER, approve=True, reason="I think so")
    assert _now(withdrawal) == State.NEEDS_REVIEW


def test_a_late_clear_result_settles_what_waits_for_people(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _in_review(member, safaricom)
    _answer(safaricom)
    assert (_now(withdrawal), mpesa.balance(member)) == (State.PAID, 495_00)
    assert not Alert.objects.filter(key__startswith="withdrawal:review", resolved_at=None).exists()


def test_staff_ask_for_a_decision_in_the_admin(safaricom: Safaricom) -> None:
    withdrawal = _in_review(mpesa.member_with(1_000_00), safaricom)
    browser: Client = signed_in(StaffFactory.create())
    page = browser.get(f"/admin/payments/withdrawal/{withdrawal.pk}/change/").content.decode()
    assert "M-Pesa does not say what became of it" in page
    address = f"/admin/payments/withdrawal/{withdrawal.pk}/not-paid/"
    assert address in page
    sent = {"reason": "The statement lacks it", "evidence": "statement of 20 November"}
    assert browser.post(address, sent).status_code == 302
    request = ApprovalRequest.objects.get(subject_id=str(withdrawal.pk))
    assert request.payload == {"evidence": "statement of 20 November"}
    assert _now(withdrawal) == State.NEEDS_REVIEW


def test_a_list_in_the_admin_is_found_by_phone_and_asks_mpesa(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    browser: Client = signed_in(StaffFactory.create())
    page = browser.get("/admin/payments/withdrawal/", {"q": member.phone}).content.decode()
    assert "M-Pesa has the order" in page
    sent = {"action": "ask", "_selected_action": [str(withdrawal.pk)]}
    browser.post("/admin/payments/withdrawal/", sent)
    mpesa.work()
    assert len(safaricom.asked(STATUS)) == 1


def _in_review(member: Member, safaricom: Safaricom) -> Withdrawal:
    withdrawal = _sent(member)
    for _ in range(20):
        mpesa.pass_time(hours=3)
        mpesa.work()
    assert _now(withdrawal) == State.NEEDS_REVIEW
    return withdrawal


def _asked(withdrawal: Withdrawal, kind: str, **payload: str) -> ApprovalRequest:
    return approvals.ask(
        kind,
        subject_type="payments.withdrawal",
        subject_id=withdrawal.pk,
        payload={"evidence": "statement of 20 November", **payload},
        by=ASKER,
        reason="M-Pesa's statement",
    )
