"""M-Pesa pays one withdrawal twice: an emergency, booked in suspense, with both receipts kept."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from nannychain.alerts.models import Alert
from payments.withdrawals import review, services
from payments.withdrawals.models import ExtraPayout, Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import (
    PAYOUT,
    SPIKE_ARREST,
    Safaricom,
    payout_result,
    post,
)
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
FIRST, SECOND = "UKL5D6E7F8", "UKL9Z8Y7X6"


@pytest.fixture
def her() -> Member:
    return mpesa.member_with(1_000_00)


def _sent(her: Member) -> Withdrawal:
    withdrawal = services.request(her.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    return withdrawal


def _told(order: dict[str, Any], receipt: str = FIRST, **changes: Any) -> list[str]:
    post(order["ResultURL"], payout_result(order, receipt=receipt, **changes))
    return mpesa.read_inbox()


def _is_counted(her: Member, withdrawal: Withdrawal, *, paid: int, too_many: int) -> None:
    """The float has what M-Pesa has paid, and suspense what it should not have."""
    withdrawal.refresh_from_db()
    assert -mpesa.standing(Kind.PAYOUT_FLOAT, mpesa.PAYOUT_SHORTCODE) == paid
    assert -mpesa.standing(Kind.SUSPENSE_PAYOUTS, mpesa.PAYOUT_SHORTCODE) == too_many
    assert mpesa.standing(Kind.PAYOUT_CLEARING, mpesa.PAYOUT_SHORTCODE) == 0


def test_two_receipts_for_one_attempt_are_an_emergency(her: Member, safaricom: Safaricom) -> None:
    withdrawal = _sent(her)
    (order,) = safaricom.asked(PAYOUT)

    assert _told(order) == ["paid"]
    assert _told(order, SECOND) == ["contradicted"]
    assert _told(order, SECOND, ResultDesc="Once more.") == ["known"]
    assert _told(order, FIRST, ResultDesc="The first once more.") == ["known"]

    _is_counted(her, withdrawal, paid=1_000_00, too_many=500_00)
    assert (withdrawal.state, withdrawal.receipt) == (State.PAID, FIRST)
    assert mpesa.balance(her) == 495_00
    assert withdrawal.attempts.get().receipt == FIRST
    assert ExtraPayout.objects.get().receipt == SECOND
    alert = Alert.objects.get(key=f"withdrawal:paid_twice:{withdrawal.pk}")
    assert "EMERGENCY" in alert.title
    assert len(mpesa.texts(her)) == 1, "she is not told of a second payment as if it were hers"


def test_three_receipts_are_two_too_many(her: Member, safaricom: Safaricom) -> None:
    withdrawal = _sent(her)
    (order,) = safaricom.asked(PAYOUT)

    for receipt in (FIRST, SECOND, "UKLAAAAAAA"):
        _told(order, receipt)

    _is_counted(her, withdrawal, paid=1_500_00, too_many=1_000_00)


def test_two_attempts_are_both_paid(her: Member, safaricom: Safaricom) -> None:
    safaricom.plan(PAYOUT, SPIKE_ARREST)  # certainly not taken, it says
    withdrawal = _sent(her)
    mpesa.pass_time(minutes=3)
    mpesa.work()
    rejected, sent = safaricom.asked(PAYOUT)

    assert _told(sent, SECOND) == ["paid"]
    assert _told(rejected, FIRST) == ["contradicted"]

    _is_counted(her, withdrawal, paid=1_000_00, too_many=500_00)
    receipts = withdrawal.attempts.order_by("number").values_list("receipt", flat=True)
    assert list(receipts) == [FIRST, SECOND]


def test_review_knows_the_receipt_of_each_attempt_and_books_both(
    her: Member, safaricom: Safaricom
) -> None:
    safaricom.plan(PAYOUT, SPIKE_ARREST)
    withdrawal = _sent(her)
    (rejected,) = safaricom.asked(PAYOUT)
    assert _told(rejected, FIRST) == ["contradiction"]
    Withdrawal.objects.filter(pk=withdrawal.pk).update(
        state=State.PARKED, failure_code="", due_at=timezone.now()
    )
    mpesa.work()
    second = safaricom.asked(PAYOUT)[1]
    Withdrawal.objects.filter(pk=withdrawal.pk).update(state=State.NEEDS_REVIEW, failure_code="x")
    assert _told(second, SECOND) == ["contradiction"]

    page = signed_in(StaffFactory.create()).get(_page(withdrawal, "paid")).content.decode()
    assert f"M-Pesa has named the receipt {FIRST}" in page
    assert f"M-Pesa has named the receipt {SECOND}" in page
    with pytest.raises(review.AnotherReceipt):
        mpesa.settle_by_two(withdrawal, paid=True, receipt="UKLNOTTOLD")
    _forget_requests()
    mpesa.settle_by_two(withdrawal, paid=True, receipt=FIRST)

    _is_counted(her, withdrawal, paid=1_000_00, too_many=500_00)
    assert withdrawal.receipt == FIRST
    assert Alert.objects.filter(key=f"withdrawal:paid_twice:{withdrawal.pk}").exists()


def _forget_requests() -> None:
    from nannychain.approvals import services as approvals
    from nannychain.approvals.models import ApprovalRequest

    request = ApprovalRequest.objects.get(state="ASKED")
    by = approvals.Actor(request.asked_by, request.asker)
    approvals.withdraw(request.pk, by=by, reason="the wrong receipt")


def _page(withdrawal: Withdrawal, name: str = "change") -> str:
    return reverse(f"admin:payments_withdrawal_{name}", args=[withdrawal.pk])


def test_every_payment_of_what_was_given_back_is_booked(her: Member, safaricom: Safaricom) -> None:
    withdrawal = _sent(her)
    (order,) = safaricom.asked(PAYOUT)
    post(order["ResultURL"], payout_result(order, code=2040))
    mpesa.read_inbox()

    assert [_told(order, receipt) for receipt in (FIRST, SECOND)] == [["contradicted"]] * 2

    _is_counted(her, withdrawal, paid=1_000_00, too_many=1_000_00)
    assert (withdrawal.state, mpesa.balance(her)) == (State.FAILED, 1_000_00)


def test_the_receipt_of_another_operation_is_no_second_payment(
    her: Member, safaricom: Safaricom
) -> None:
    """A receipt pays one thing: whoever names it for another is not believed."""
    withdrawal = _sent(her)
    him = mpesa.member_with(1_000_00)
    _sent(him)
    hers, his = safaricom.asked(PAYOUT)
    _told(hers, FIRST)
    _told(his, SECOND)

    assert _told(hers, SECOND) == ["receipt belongs to another"]

    _is_counted(her, withdrawal, paid=1_000_00, too_many=0)


def test_staff_see_it_on_the_page_and_in_the_list(her: Member, safaricom: Safaricom) -> None:
    withdrawal = _sent(her)
    (order,) = safaricom.asked(PAYOUT)
    _told(order)
    _told(order, SECOND)
    staff = signed_in(StaffFactory.create())

    page = staff.get(_page(withdrawal)).content.decode()
    assert f"EMERGENCY: M-Pesa has paid too often, receipts {SECOND}" in page
    assert f"M-Pesa has paid KSh 500 too many: receipt {SECOND}" in page
    listed = reverse("admin:payments_withdrawal_changelist")
    assert FIRST in staff.get(listed, {"state": "twice"}).content.decode()
    other = _sent(mpesa.member_with(1_000_00))
    assert str(other.pk) not in staff.get(listed, {"state": "twice"}).content.decode()
