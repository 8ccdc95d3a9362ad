"""An answer of M-Pesa's at a payout's address: about that payout, or about something else."""

from typing import Any

import pytest

from payments.mpesa.receipts.models import MpesaReceipt
from payments.withdrawals import services
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.safaricom import (
    PAYOUT,
    STATUS,
    Safaricom,
    payout_result,
    post,
    status_result,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def withdrawal(safaricom: Safaricom) -> Withdrawal:
    """A payout that M-Pesa has taken, and is asked about."""
    member = mpesa.member_with(1_000_00)
    found = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    mpesa.pass_time(minutes=2)
    mpesa.work()
    assert len(safaricom.asked(STATUS)) == 1
    return found


def _state(withdrawal: Withdrawal) -> State:
    withdrawal.refresh_from_db()
    return State(withdrawal.state)


def _answered(safaricom: Safaricom, *, key: str | None, receiver: str, **more: Any) -> list[str]:
    """Post an answer that names our id under `key`, or nowhere, and who got the money."""
    (question,) = safaricom.asked(STATUS)
    body = status_result(question, **more)
    listed = body["Result"]["ResultParameters"]["ResultParameter"]
    for pair in list(listed):
        if pair["Key"] == "OriginatorConversationID":
            listed.remove(pair)
            if key is not None:
                listed.append({"Key": key, "Value": pair["Value"]})
        if pair["Key"] == "CreditPartyName":
            pair["Value"] = receiver
    post(question["ResultURL"], body)
    return mpesa.read_inbox()


@pytest.mark.parametrize("status", ["Completed", "Declined"])
@pytest.mark.parametrize(
    "receiver", ["600000 - NannyChain", "254700000001 - SOMEBODY ELSE", "2547****678 - W", ""]
)
def test_without_our_id_and_her_number_it_decides_nothing(
    withdrawal: Withdrawal, safaricom: Safaricom, receiver: str, status: str
) -> None:
    assert _answered(safaricom, key=None, receiver=receiver, status=status) == ["not decided"]
    assert _state(withdrawal) == State.UNKNOWN
    assert PayoutAttempt.objects.get().receipt is None


@pytest.mark.parametrize("key", ["OriginalConversationID", "Originator Conversation ID"])
def test_our_id_is_known_in_each_spelling(
    withdrawal: Withdrawal, safaricom: Safaricom, key: str
) -> None:
    assert _answered(safaricom, key=key, receiver="2547****678 - W") == ["paid"]
    assert _state(withdrawal) == State.PAID


def test_her_number_is_enough_where_no_id_is_named(
    withdrawal: Withdrawal, safaricom: Safaricom
) -> None:
    receiver = f"{withdrawal.phone[1:]} - WANJIKU KAMAU   "
    assert _answered(safaricom, key=None, receiver=receiver) == ["paid"]
    assert _state(withdrawal) == State.PAID


def test_a_receipt_of_another_operation_is_forgotten_and_its_own_still_counts(
    withdrawal: Withdrawal, safaricom: Safaricom
) -> None:
    MpesaReceipt.objects.create(code="UKL9T9T9T9", owner="paybill:1")
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, receipt="UKL9T9T9T9"))
    assert mpesa.read_inbox() == ["receipt belongs to another"]
    assert _state(withdrawal) == State.NEEDS_REVIEW
    assert PayoutAttempt.objects.get().receipt is None
    post(ordered["ResultURL"], payout_result(ordered))
    assert mpesa.read_inbox() == ["paid"]
    assert (_state(withdrawal), withdrawal.receipt) == (State.PAID, "UKL5D6E7F8")


def test_a_failure_after_a_success_with_a_receipt_of_another_is_left_to_staff(
    withdrawal: Withdrawal, safaricom: Safaricom
) -> None:
    MpesaReceipt.objects.create(code="UKL9T9T9T9", owner="paybill:1")
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, receipt="UKL9T9T9T9"))
    mpesa.read_inbox()
    post(ordered["ResultURL"], payout_result(ordered, code=2040))
    assert mpesa.read_inbox() == ["left to staff"]
    assert _state(withdrawal) == State.NEEDS_REVIEW
    assert mpesa.balance(withdrawal.member) == 495_00, "nothing went back"
