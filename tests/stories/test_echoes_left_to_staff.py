"""An echo that can't say whose it is: staff are shown the deposit, and two of them decide."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from nannychain.approvals import services as approvals
from nannychain.errors import NannyChainError
from payments.deposits.models import Deposit
from payments.paybill import review
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import echoes, mpesa, paybill, safaricom
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import Safaricom
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings: Any) -> Any:
    with safaricom.serving() as running:
        mpesa.use(settings, **mpesa.account(running.url), PAYBILL_CALLBACK_KEY=paybill.KEY)
        yield running


@pytest.fixture
def her() -> Member:
    return mpesa.member_with(phone=echoes.PHONE)


def test_two_deposits_are_near_it_and_nothing_is_decided_by_itself(
    her: Member, server: Safaricom
) -> None:
    first = echoes.prompted(her)
    echoes.queried(server)
    mpesa.pass_time(minutes=3)
    second = echoes.prompted(her)

    echo = echoes.echo(echoes.HASHED)
    assert paybill.confirm(echo) == "suspense"

    page = signed_in(StaffFactory.create()).get(_page(echo)).content.decode()
    assert f"that of deposit {first.reference} of {her.worker_id}" in page
    assert f"that of deposit {second.reference} of {her.worker_id}" in page


def _page(echo: dict[str, Any], name: str = "allot") -> str:
    key = paybill.payment(echo).pk
    return reverse(f"admin:payments_paybillpayment_{name}", args=[key])


def test_the_page_suggests_the_deposit_and_one_asks_and_another_approves(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)
    echoes.queried(server)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)
    staff, other = signed_in(StaffFactory.create()), signed_in(StaffFactory.create())

    whole = staff.get(_page(echo, "change")).content.decode()
    page = staff.get(_page(echo, "of-deposit")).content.decode()
    for shown in (whole, page):
        assert f"It may be that of deposit {deposit.reference} of {her.worker_id}" in shown
        assert "the payer&#x27;s number is hidden" in shown
    form = {"deposit": deposit.reference, "evidence": "statement", "reason": "same minute"}
    request = staff.post(_page(echo, "of-deposit"), form)["Location"].split("/")[-3]
    decide = reverse("admin:nannychain_approvalrequest_decide", args=[request])
    answer = {"decision": "approve", "reason": "seen it"}

    assert staff.post(decide, answer).status_code == 403  # the same person
    assert echoes.in_suspense() == 500_00
    assert other.post(decide, answer).status_code == 302

    echoes.stands(her, deposit, echo)


@pytest.mark.parametrize(
    "changes",
    [
        {"MSISDN": "2547 ***** 999"},
        {"MSISDN": "0722***126"},
        {"MSISDN": hashlib.sha256(b"254712345999").hexdigest()},
        {"MSISDN": "254712345999"},
        {"minutes": -11},
        {"minutes": 11},
        {"TransAmount": "501"},
    ],
)
def test_a_payment_of_somebody_else_or_another_time_or_amount_is_not_suggested(
    her: Member, server: Safaricom, changes: dict[str, Any]
) -> None:
    echoes.prompted(her)
    echoes.queried(server)
    minutes = changes.get("minutes", 0)
    at = echoes.clock(timezone.now() + timedelta(minutes=minutes))
    told = {name: value for name, value in changes.items() if name != "minutes"}
    echo = echoes.echo(told.pop("MSISDN", echoes.MASKED), **{"TransTime": at, **told})

    assert paybill.confirm(echo) == "suspense"

    page = signed_in(StaffFactory.create()).get(_page(echo)).content.decode()
    assert "It may be that of deposit" not in page


@pytest.mark.parametrize("wrong", ["nothing", "amount", "receipt", "number", "evidence"])
def test_two_people_cannot_leave_it_to_a_deposit_whose_it_is_not(
    her: Member, server: Safaricom, wrong: str
) -> None:
    deposit = echoes.prompted(her, 700_00 if wrong == "amount" else 500_00)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)
    reference = "D0000000000" if wrong == "nothing" else deposit.reference
    if wrong == "receipt":
        Deposit.objects.filter(pk=deposit.pk).update(receipt="UKLANOTHER")
    if wrong == "number":
        Deposit.objects.filter(pk=deposit.pk).update(shortcode="999999")

    request = approvals.ask(
        "paybill.leave_to_deposit",
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(echo).pk,
        payload={"deposit": reference, "evidence": "" if wrong == "evidence" else "a line"},
        by=echoes.ATIENO,
        reason="the same minute",
    )
    expected = review.EvidenceMissing if wrong == "evidence" else review.NotItsDeposit
    with pytest.raises(expected):
        approvals.decide(request.pk, by=echoes.BARASA, approve=True, reason="seen it")

    assert (echoes.in_float(), echoes.in_suspense(), mpesa.balance(her)) == (500_00, 500_00, 0)


def test_what_is_no_longer_in_suspense_is_left_to_no_deposit(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)
    echoes.allot(echo, mpesa.member_with())

    with pytest.raises(NannyChainError) as refused:
        echoes.leave_to_deposit(echo, deposit.reference)

    assert refused.value.code == "paybill.not_in_suspense"
    assert PaybillPayment.objects.get().state == State.CREDITED
