"""Payments that are in doubt: M-Pesa is asked, and its own word decides."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from payments.mpesa.callbacks import addresses
from payments.paybill import asking, outcomes, tending
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import money, paybill
from tests.payments.mpesa.gateway import CUT, Gateway, told
from wallets.ledger.errors import AccountUnavailable
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
GREAT = "50001"


@pytest.fixture
def her() -> Member:
    return money.member()


def _post_answer(payment: PaybillPayment, answer: Any, *, path: str = "result") -> list[str]:
    token = addresses.token_of(asking.SOURCE, payment.pk)
    response = Client().post(f"/cb/{token}/{path}", answer, content_type="application/json")
    assert response.status_code == 200
    return paybill.read_inbox()


def _asked(her: Member, **changes: Any) -> PaybillPayment:
    body = paybill.body(her.worker_id, GREAT, **changes)
    assert paybill.confirm(body) == "to be confirmed"
    payment = paybill.payment(body)
    tending.tend(payment.pk)
    return payment


def test_a_great_amount_is_credited_only_when_m_pesa_confirms_it(
    her: Member, gateway: Gateway
) -> None:
    payment = _asked(her)

    assert money.balance(her) == 0
    (call,) = gateway.calls
    assert call.path == "/mpesa/transactionstatus/v1/query"
    assert call.body["TransactionID"] == payment.receipt
    answer = paybill.answer_of_status(payment.receipt, amount="50001.00")
    assert _post_answer(payment, answer) == ["credited"]
    assert _post_answer(payment, answer) == []  # a double
    assert money.balance(her) == 50_001_00


def test_just_below_that_the_confirmation_is_enough(her: Member) -> None:
    assert paybill.confirm(paybill.body(her.worker_id, "50000")) == "credited"


@pytest.mark.usefixtures("gateway")
def test_m_pesas_amount_counts_and_not_the_one_that_was_told(her: Member) -> None:
    payment = _asked(her)

    assert _post_answer(payment, paybill.answer_of_status(payment.receipt, amount="7")) == [
        "credited"
    ]

    assert money.balance(her) == 7_00
    assert Alert.objects.filter(key=f"paybill:doubt:{payment.pk}").exists()


@pytest.mark.usefixtures("gateway")
def test_the_receipt_of_money_that_we_paid_out_is_no_payment_to_us(her: Member) -> None:
    payment = _asked(her)

    answer = paybill.answer_of_status(payment.receipt, amount=GREAT, to="254708374149")
    assert _post_answer(payment, answer) == ["refuted"]

    assert money.balance(her) == 0
    payment.refresh_from_db()
    assert payment.state == State.REFUTED


def _with_parties(payment: PaybillPayment, *parties: tuple[str, str]) -> dict[str, Any]:
    """Return M-Pesa's answer, with the sides of the payment named so."""
    body = paybill.answer_of_status(payment.receipt, amount=GREAT)
    listed = body["Result"]["ResultParameters"]["ResultParameter"]
    kept = [each for each in listed if not each["Key"].endswith("PartyName")]
    named = [{"Key": key, "Value": value} for key, value in parties]
    body["Result"]["ResultParameters"]["ResultParameter"] = named + kept
    return body


_US, _THEM = paybill.SHORTCODE, "254708374149 - AKINYI   ACHIENG"


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "parties",
    [
        [("CreditPartyName", f"{_US} - NannyChain            ")],
        [("CreditPartyName", f"   {_US}-NannyChain")],
        [("CreditPartyName", f"{_US} \u2013 Nanny-Chain Ltd")],
        [("CreditPartyName", _US)],
        [("DebitPartyName", _THEM), ("DebitPartyName", f"{_US} - NannyChain")],
    ],
)
def test_our_number_is_known_in_each_spelling_of_m_pesas(
    her: Member, parties: list[tuple[str, str]]
) -> None:
    payment = _asked(her)

    assert _post_answer(payment, _with_parties(payment, *parties)) == ["credited"]


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "parties",
    [
        [],
        [("DebitPartyName", _THEM)],
        [("CreditPartyName", "NannyChain Ltd")],
        [("CreditPartyName", f"NannyChain - {_US}")],
        [("CreditPartyName", "")],
    ],
)
def test_a_receiver_without_a_number_decides_nothing(
    her: Member, parties: list[tuple[str, str]]
) -> None:
    payment = _asked(her)

    assert _post_answer(payment, _with_parties(payment, *parties)) == ["not decided"]

    payment.refresh_from_db()
    assert payment.state == State.UNCONFIRMED


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "parties",
    [
        [("CreditPartyName", "2547 ***** 149 - AKINYI"), ("DebitPartyName", f"{_US} - Nanny")],
        [("CreditPartyName", "25470****149 - AKINYI")],
        [("DebitPartyName", f"{_US} - NannyChain"), ("DebitPartyName", _THEM)],
        [("CreditPartyName", "6001009 - Another Company")],
    ],
)
def test_another_receiver_refutes_it_or_decides_nothing(
    her: Member, parties: list[tuple[str, str]]
) -> None:
    payment = _asked(her)

    (outcome,) = _post_answer(payment, _with_parties(payment, *parties))

    assert outcome in ("refuted", "not decided")
    assert money.balance(her) == 0


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("status", ["Cancelled", "Declined", "Expired"])
def test_what_was_not_completed_is_refuted(her: Member, status: str) -> None:
    payment = _asked(her)

    answer = paybill.answer_of_status(payment.receipt, amount=GREAT, status=status)
    assert _post_answer(payment, answer) == ["refuted"]
    assert money.balance(her) == 0


@pytest.mark.usefixtures("gateway")
def test_an_answer_about_another_receipt_is_not_believed(her: Member) -> None:
    payment = _asked(her)

    (outcome,) = _post_answer(payment, paybill.answer_of_status("UKS9999999", amount=GREAT))

    assert outcome.startswith("quarantined")
    assert money.balance(her) == 0


def _due(payment: PaybillPayment) -> None:
    PaybillPayment.objects.filter(pk=payment.pk).update(due_at=timezone.now())


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("status", ["Completed", "Declined"])
def test_an_answer_that_names_no_receipt_decides_nothing(her: Member, status: str) -> None:
    payment = _asked(her)

    answer = paybill.answer_of_status("", amount="1.00", status=status)
    assert _post_answer(payment, answer) == ["quarantined: receipt"]

    payment.refresh_from_db()
    assert (payment.state, payment.amount_cents) == (State.UNCONFIRMED, 50_001_00)


def test_what_was_given_up_is_asked_once_more_when_told_again(
    her: Member, gateway: Gateway
) -> None:
    payment = _asked(her)
    PaybillPayment.objects.update(due_at=None, questions=len(asking.PAUSES))
    told = paybill.body(her.worker_id, GREAT, TransID=payment.receipt, FirstName="AGAIN")
    assert paybill.confirm(told) == "to be confirmed"
    tending.tend(payment.pk)
    assert len(gateway.calls) == 2


@pytest.mark.usefixtures("gateway")
def test_an_answer_that_means_nothing_decides_nothing_and_is_told_to_staff(her: Member) -> None:
    payment = _asked(her)

    answer = paybill.answer_of_status(payment.receipt, code="C2032")
    assert _post_answer(payment, answer) == ["not answered"]

    payment.refresh_from_db()
    assert payment.state == State.UNCONFIRMED
    assert Alert.objects.filter(key="mpesa:question:C2032").exists()


@pytest.mark.usefixtures("gateway")
def test_what_was_refuted_may_still_turn_up_in_m_pesas_list(her: Member, gateway: Gateway) -> None:
    body = paybill.body(her.worker_id, GREAT)
    paybill.confirm(body)
    payment = paybill.payment(body)
    tending.tend(payment.pk)
    _post_answer(payment, paybill.answer_of_status(payment.receipt, status="Expired"))
    payment.refresh_from_db()
    assert payment.state == State.REFUTED
    gateway.will(_list_of(body), NO_MORE)

    tending.pull()

    assert money.balance(her) == 50_001_00


def _due(payment: PaybillPayment) -> None:
    PaybillPayment.objects.filter(pk=payment.pk).update(due_at=timezone.now())


def test_a_question_whose_answer_is_lost_is_asked_again_and_at_last_told_to_staff(
    her: Member, gateway: Gateway
) -> None:
    gateway.will(CUT)
    payment = _asked(her)
    for _ in asking.PAUSES:
        tending.tend(payment.pk)  # not due yet
        _due(payment)
        tending.tend(payment.pk)

    assert len(gateway.calls) == len(asking.PAUSES)
    payment.refresh_from_db()
    assert (payment.state, payment.due_at) == (State.UNCONFIRMED, None)
    assert Alert.objects.get(key=f"paybill:doubt:{payment.pk}").details["why"] == (
        "M-Pesa does not say"
    )


def test_a_queue_timeout_decides_nothing(her: Member, gateway: Gateway) -> None:
    payment = _asked(her)

    assert _post_answer(payment, {"anything": 1}, path="timeout") == ["queue timeout"]

    payment.refresh_from_db()
    assert payment.state == State.UNCONFIRMED


@pytest.mark.usefixtures("gateway")
def test_a_stranger_who_tells_of_a_true_payment_does_not_say_for_whom_it_is(
    her: Member, settings: Settings
) -> None:
    """M-Pesa confirms that there is money, and not whose account number the payer typed."""
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    thief, true = money.member(), paybill.body(her.worker_id)
    lie = {**true, "BillRefNumber": thief.worker_id}
    assert paybill.confirm(lie, address="203.0.113.9") == "to be confirmed"
    payment = paybill.payment(true)
    tending.tend(payment.pk)
    settings.MPESA_CALLBACK_IPS = ()

    assert _post_answer(payment, paybill.answer_of_status(payment.receipt)) == ["suspense"]
    assert (money.balance(thief), money.balance(her)) == (0, 0)

    assert paybill.confirm({**true, "OrgAccountBalance": "1.00"}) == "credited"
    assert (money.balance(thief), money.balance(her)) == (0, 800_00)
    assert paybill.confirm({**true, "OrgAccountBalance": "2.00"}) == "known"


@pytest.mark.usefixtures("gateway")
def test_a_stranger_before_a_great_payment_does_not_say_for_whom_it_is(
    her: Member, settings: Settings
) -> None:
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    thief, true = money.member(), paybill.body(her.worker_id, GREAT)
    paybill.confirm({**true, "BillRefNumber": thief.worker_id}, address="203.0.113.9")
    settings.MPESA_CALLBACK_IPS = ()
    assert paybill.confirm(true) == "to be confirmed"
    payment = paybill.payment(true)
    tending.tend(payment.pk)

    answer = paybill.answer_of_status(payment.receipt, amount=GREAT)
    assert _post_answer(payment, answer) == ["credited"]
    assert (money.balance(thief), money.balance(her)) == (0, 50_001_00)


@pytest.mark.usefixtures("gateway")
def test_a_stranger_after_the_true_confirmation_changes_nothing(
    her: Member, settings: Settings
) -> None:
    thief, true = money.member(), paybill.body(her.worker_id, GREAT)
    assert paybill.confirm(true) == "to be confirmed"
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    lie = {**true, "BillRefNumber": thief.worker_id}
    paybill.confirm(lie, address="203.0.113.9")
    settings.MPESA_CALLBACK_IPS = ()
    payment = paybill.payment(true)
    tending.tend(payment.pk)

    _post_answer(payment, paybill.answer_of_status(payment.receipt, amount=GREAT))
    assert (money.balance(thief), money.balance(her)) == (0, 50_001_00)


def _list_of(*bodies: dict[str, Any]) -> Any:
    rows = [
        {
            "transactionId": body["TransID"],
            "trxDate": "2026-11-28T11:02:12+03:00",
            "msisdn": 722000000,
            "sender": "MPESA",
            "transactiontype": "c2b-pay-bill-debit",
            "billreference": body["BillRefNumber"],
            "amount": body["TransAmount"],
            "organizationname": "NannyChain",
        }
        for body in bodies
    ]
    return told(ResponseCode="1000", ResponseMessage="Success", Response=[rows])


NO_MORE = told(ResponseCode="1001", ResponseMessage="No transactions", Response=[[]])


def test_a_payment_whose_confirmation_was_lost_is_found_in_m_pesas_list(
    her: Member, gateway: Gateway
) -> None:
    lost, known = paybill.body(her.worker_id), paybill.body("nobody")
    paybill.confirm(known)
    gateway.will(_list_of(lost, known), NO_MORE)

    assert tending.pull().seen == 2

    assert money.balance(her) == 800_00
    assert paybill.confirm(lost) == "known"
    assert money.balance(her) == 800_00


def test_the_list_confirms_what_is_in_doubt(her: Member, gateway: Gateway) -> None:
    body = paybill.body(her.worker_id, GREAT)
    assert paybill.confirm(body) == "to be confirmed"
    gateway.will(_list_of(body), NO_MORE)

    tending.pull()

    assert money.balance(her) == 50_001_00


def test_one_payment_that_can_not_be_booked_keeps_no_other_waiting(
    her: Member, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, lost = paybill.body("nobody"), paybill.body(her.worker_id)
    gateway.will(_list_of(broken, lost), NO_MORE)
    put_aside = Mock(side_effect=AccountUnavailable)
    monkeypatch.setattr(outcomes, "put_aside", put_aside)

    assert tending.pull().seen == 2

    assert (money.balance(her), put_aside.call_count) == (800_00, 1)
    assert Alert.objects.filter(key=f"paybill:pull:{broken['TransID']}").exists()


def test_a_list_that_can_not_be_read_changes_nothing(her: Member, gateway: Gateway) -> None:
    gateway.will(told(500, errorCode="500.003.02", errorMessage="Spike Arrest Violation"))

    assert tending.pull().seen == 0


def test_the_sweep_rings_for_what_is_due(her: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tending, "enqueue", lambda task, **_: rung.append(task))
    body = paybill.body(her.worker_id, GREAT)
    paybill.confirm(body)

    tending.sweep()
    PaybillPayment.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    tending.sweep()

    assert rung == ["payments.paybill.tend"]
