"""What lies in suspense: two members of staff find whose it is, or let it go back to its payer."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from nannychain.notifications.models import Sms
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from payments.mpesa.callbacks import addresses
from payments.paybill import returning, review, tending
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import money, paybill
from tests.payments.mpesa.gateway import CUT, Gateway, told
from wallets.ledger import accounts, reading
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
ATIENO, BARASA = (Actor(id=new_id(), name=name) for name in ("NW-ATIEN0", "NW-BARASA"))
REFUSED = told(400, errorCode="400.002.02", errorMessage="Bad Request - Invalid Amount")


@pytest.fixture
def payment() -> PaybillPayment:
    body = paybill.body("nobody")
    assert paybill.confirm(body) == "suspense"
    return paybill.payment(body)


@pytest.fixture
def her() -> Member:
    return money.member()


def _standing(kind: Kind) -> int:
    return reading.standing(accounts.open_account(kind, label=paybill.SHORTCODE)).balance


def _ask(kind: str, payment: PaybillPayment, **payload: Any) -> ApprovalRequest:
    return approvals.ask(
        kind,
        subject_type="payments.paybillpayment",
        subject_id=payment.pk,
        payload=payload,
        by=ATIENO,
        reason="the payer has called",
    )


def _decide(kind: str, payment: PaybillPayment, **payload: Any) -> None:
    request = _ask(kind, payment, **payload)
    approvals.decide(request.pk, by=BARASA, approve=True, reason="seen the statement")
    payment.refresh_from_db()


def test_two_people_put_it_into_the_wallet_of_whom_it_was_for(
    payment: PaybillPayment, her: Member
) -> None:
    _decide("paybill.allot", payment, member=her.worker_id.lower())

    assert (payment.state, payment.member) == (State.CREDITED, her)
    assert (money.balance(her), _standing(Kind.SUSPENSE_RECEIPTS)) == (800_00, 0)
    assert Sms.objects.get(phone=her.phone).text.startswith(f"{payment.receipt} You received")
    assert AuditEntry.objects.get(action="paybill.allotted").actor == "NW-BARASA"


def test_one_person_alone_does_not(payment: PaybillPayment, her: Member) -> None:
    request = _ask("paybill.allot", payment, member=her.worker_id)

    with pytest.raises(approvals.OwnRequest):
        approvals.decide(request.pk, by=ATIENO, approve=True, reason="quickly")
    assert (money.balance(her), _standing(Kind.SUSPENSE_RECEIPTS)) == (0, 800_00)


@pytest.mark.parametrize("named", ["", "nobody", "NW-00000000", None])
def test_a_request_that_names_nobody_stays_open(payment: PaybillPayment, named: Any) -> None:
    request = _ask("paybill.allot", payment, member=named)

    with pytest.raises(review.NobodyNamed):
        approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 800_00
    request.refresh_from_db()
    assert request.state == "ASKED"


def test_what_was_allotted_is_not_allotted_again(payment: PaybillPayment, her: Member) -> None:
    _decide("paybill.allot", payment, member=her.worker_id)

    with pytest.raises(review.NotInSuspense):
        _decide("paybill.allot", payment, member=money.member().worker_id)
    with pytest.raises(review.NotInSuspense):
        _decide("paybill.give_back", payment)
    assert money.balance(her) == 800_00


def _result(payment: PaybillPayment, code: str = "0", *, about: str | None = None) -> list[str]:
    token = addresses.token_of(returning.SOURCE, payment.pk)
    receipt = payment.receipt if about is None else about
    named = [{"Key": "Amount", "Value": 800}, {"Key": "OriginalTransactionID", "Value": receipt}]
    body = {
        "Result": {
            "ResultType": 0,
            "ResultCode": code,
            "ResultDesc": "told",
            "OriginatorConversationID": "8521-4298025-1",
            "ConversationID": "AG_20261128_00004842",
            "TransactionID": "UKS0000001",
            "ResultParameters": {"ResultParameter": named},
        }
    }
    Client().post(f"/cb/{token}/result", body, content_type="application/json")
    return paybill.read_inbox()


def _give_back(payment: PaybillPayment) -> None:
    _decide("paybill.give_back", payment)
    assert payment.state == State.RETURNING
    tending.tend(payment.pk)
    payment.refresh_from_db()


def test_m_pesa_gives_it_back_to_the_payer(payment: PaybillPayment, gateway: Gateway) -> None:
    _give_back(payment)

    (call,) = gateway.calls
    assert call.path == "/mpesa/reversal/v1/request"
    assert (call.body["TransactionID"], call.body["Amount"]) == (payment.receipt, "800")
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 800_00
    assert _result(payment) == ["returned"]
    assert (_standing(Kind.SUSPENSE_RECEIPTS), _standing(Kind.PAYBILL_FLOAT)) == (0, 0)
    payment.refresh_from_db()
    assert payment.state == State.RETURNED
    assert _result(payment) == []


def test_while_the_paybill_is_stopped_nothing_is_given_back(
    payment: PaybillPayment, gateway: Gateway
) -> None:
    operating.stop(Flow.PAYBILL, reason="a fault", by=ATIENO)
    _give_back(payment)
    assert gateway.calls == []
    payment.refresh_from_db()
    assert (payment.state, payment.return_asked_at) == (State.RETURNING, None)
    operating.start(Flow.PAYBILL, reason="mended", by=ATIENO)
    PaybillPayment.objects.update(due_at=timezone.now())
    tending.tend(payment.pk)
    assert len(gateway.calls) == 1


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("about", ["", "UKS9X9X9X9"], ids=["none", "another"])
def test_an_answer_that_names_no_payment_or_another_gives_nothing_back(
    payment: PaybillPayment, about: str
) -> None:
    """Each answer to a question is a success, too."""
    _give_back(payment)

    assert _result(payment, about=about) == ["quarantined: receipt"]
    payment.refresh_from_db()
    assert (payment.state, _standing(Kind.SUSPENSE_RECEIPTS)) == (State.RETURNING, 800_00)
    assert Alert.objects.filter(key=f"paybill:return:{payment.pk}").exists()
    assert _result(payment) == ["returned"]


@pytest.mark.usefixtures("gateway")
def test_what_was_given_back_before_is_not_in_suspense_again(payment: PaybillPayment) -> None:
    _give_back(payment)

    assert _result(payment, "R000001") == ["returned"]
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 0


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    ("code", "outcome", "state"),
    [
        ("R000002", "not returned", State.SUSPENSE),
        ("11", "not returned", State.SUSPENSE),
        ("4711", "not decided", State.RETURNING),
    ],
)
def test_what_m_pesa_could_not_give_back_is_in_suspense_and_what_it_does_not_say_is_not(
    payment: PaybillPayment, code: str, outcome: str, state: State
) -> None:
    _give_back(payment)

    assert _result(payment, code) == [outcome]
    payment.refresh_from_db()
    assert payment.state == state


def test_it_is_asked_for_once_whoever_rings(payment: PaybillPayment, gateway: Gateway) -> None:
    _give_back(payment)
    tending.tend(payment.pk)
    PaybillPayment.objects.update(due_at=timezone.now())
    tending.tend(payment.pk)

    assert len(gateway.calls) == 1
    assert Alert.objects.get(key=f"paybill:return:{payment.pk}")


def test_what_m_pesa_refuses_at_once_is_in_suspense_again(
    payment: PaybillPayment, gateway: Gateway, her: Member
) -> None:
    gateway.will(REFUSED)
    _give_back(payment)

    assert payment.state == State.SUSPENSE
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 800_00
    _decide("paybill.allot", payment, member=her.phone)
    assert money.balance(her) == 800_00


def test_an_answer_that_is_lost_leaves_it_to_m_pesas_result(
    payment: PaybillPayment, gateway: Gateway
) -> None:
    gateway.will(CUT)
    _give_back(payment)

    assert payment.state == State.RETURNING
    assert _result(payment) == ["returned"]


@pytest.mark.usefixtures("gateway")
def test_what_nobody_can_tell_is_settled_by_two_with_evidence(payment: PaybillPayment) -> None:
    _give_back(payment)

    with pytest.raises(review.EvidenceMissing):
        _decide("paybill.settle_as_returned", payment)
    approvals.withdraw(ApprovalRequest.objects.latest("id").pk, by=ATIENO, reason="no evidence")
    _decide("paybill.settle_as_returned", payment, evidence="statement of 28 November, line 7")

    assert payment.state == State.RETURNED
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 0


@pytest.mark.usefixtures("gateway")
def test_two_who_see_that_it_did_not_go_back_put_it_into_suspense(
    payment: PaybillPayment,
) -> None:
    _give_back(payment)

    _decide("paybill.settle_as_not_returned", payment, evidence="not on the statement")

    assert payment.state == State.SUSPENSE
    assert _standing(Kind.SUSPENSE_RECEIPTS) == 800_00


@pytest.mark.usefixtures("gateway")
def test_what_went_back_after_it_was_allotted_is_told_to_staff(
    payment: PaybillPayment, her: Member
) -> None:
    _give_back(payment)
    _decide("paybill.settle_as_not_returned", payment, evidence="not on the statement")
    _decide("paybill.allot", payment, member=her.worker_id)

    assert _result(payment) == ["known"]

    assert money.balance(her) == 800_00
    assert Alert.objects.filter(key=f"paybill:return:{payment.pk}").exists()


def test_what_was_not_asked_of_m_pesa_yet_needs_no_evidence_but_patience(
    payment: PaybillPayment,
) -> None:
    _decide("paybill.give_back", payment)

    with pytest.raises(review.NotInSuspense):
        _decide("paybill.settle_as_returned", payment, evidence="a guess")


def test_an_amount_with_cents_can_not_be_given_back_by_m_pesa_and_is_refused_at_once(
    gateway: Gateway,
) -> None:
    body = paybill.body("nobody", "800.50")
    assert paybill.confirm(body) == "suspense"
    odd = paybill.payment(body)

    with pytest.raises(review.NotWholeShillings):
        _decide("paybill.give_back", odd)

    odd.refresh_from_db()
    assert (odd.state, odd.return_asked_at) == (State.SUSPENSE, None)
    assert gateway.calls == []


def test_a_return_with_cents_that_was_ordered_all_the_same_goes_back_to_suspense(
    gateway: Gateway,
) -> None:
    body = paybill.body("nobody", "800.50")
    paybill.confirm(body)
    odd = paybill.payment(body)
    PaybillPayment.objects.filter(pk=odd.pk).update(state=State.RETURNING, due_at=timezone.now())

    tending.tend(odd.pk)

    odd.refresh_from_db()
    assert (odd.state, odd.return_asked_at) == (State.SUSPENSE, None)
    assert gateway.calls == []
    assert Alert.objects.filter(key=f"paybill:return:{odd.pk}").exists()
