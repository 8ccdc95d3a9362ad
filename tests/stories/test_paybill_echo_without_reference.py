"""The paybill's echo of a prompt has lost our reference: the money is counted once all the same."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import services as approvals
from nannychain.clock import NAIROBI
from nannychain.errors import NannyChainError
from nannychain.ids import new_id
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill import review
from payments.paybill import services as payments_in
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import mpesa, paybill, safaricom
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import PUSH, Safaricom, checkout_id, post, push_result
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
RECEIPT, PHONE = "UKL1A2B3C4", "+254712345126"
LOST = "2046332"  # an account number that names nobody
MASKED = "2547 ***** 126"
HASHED = hashlib.sha256(b"254712345126").hexdigest()
ATIENO, BARASA = (Actor(id=new_id(), name=name) for name in ("NW-ATIEN0", "NW-BARASA"))


@pytest.fixture(autouse=True)
def server(settings: Any) -> Any:
    with safaricom.serving() as running:
        mpesa.use(settings, **mpesa.account(running.url), PAYBILL_CALLBACK_KEY=paybill.KEY)
        yield running


@pytest.fixture
def her() -> Member:
    return mpesa.member_with(phone=PHONE)


def _prompted(her: Member, cents: int = 500_00) -> Deposit:
    deposit = deposits.request(her.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def _echo(number: str, account: str = LOST, **changes: Any) -> dict[str, Any]:
    told = {
        "TransID": RECEIPT,
        "TransTime": _clock(timezone.now()),
        "BusinessShortCode": mpesa.SHORTCODE,
        "MSISDN": number,
    }
    return paybill.body(account, "500.00", **{**told, **changes})


def _clock(at: datetime) -> str:
    return f"{at.astimezone(NAIROBI):%Y%m%d%H%M%S}"


def _queried(server: Safaricom, number: int = 1) -> None:
    """The callback is lost, and M-Pesa says on our question that it was paid."""
    server.push_results[checkout_id(number)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    mpesa.work()


def _called_back(server: Safaricom) -> list[str]:
    (pushed,) = server.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt=RECEIPT))
    return mpesa.read_inbox()


def _decide(echo: dict[str, Any], deposit: str, kind: str = "paybill.leave_to_deposit") -> None:
    request = approvals.ask(
        kind,
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(echo).pk,
        payload={"deposit": deposit, "evidence": "line 12 of the statement"},
        by=ATIENO,
        reason="the same receipt on the statement",
    )
    approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")


def _stands(her: Member, deposit: Deposit, echo: dict[str, Any]) -> None:
    """The money is there once, as a deposit with its receipt, and nothing lies in suspense."""
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, RECEIPT)
    assert (paybill.payment(echo).state, paybill.payment(echo).deposit_id) == (
        State.ECHO,
        deposit.pk,
    )
    assert MpesaReceipt.objects.get(code=RECEIPT).owner == f"deposit:{deposit.pk}"
    assert mpesa.balance(her) == 500_00
    assert _float() == 500_00
    assert _suspense() == 0
    assert len(mpesa.texts(her)) == 1


def _float() -> int:
    return mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE)


def _suspense() -> int:
    # What lies there is owed, and so below zero on the side of debits.
    return abs(mpesa.standing(Kind.SUSPENSE_RECEIPTS, mpesa.SHORTCODE))


@pytest.mark.parametrize("number", [HASHED, HASHED.upper(), "254712345126"])
def test_the_question_settles_it_and_then_the_echo_comes_from_her_number(
    her: Member, server: Safaricom, number: str
) -> None:
    deposit = _prompted(her)
    _queried(server)

    echo = _echo(number)
    assert paybill.confirm(echo) == "echo"

    _stands(her, deposit, echo)


def test_the_echo_comes_from_her_number_and_then_the_question_is_answered(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)

    echo = _echo(HASHED)
    assert paybill.confirm(echo) == "echo"
    _queried(server)

    _stands(her, deposit, echo)


def test_the_question_settles_it_and_two_people_find_the_echo_that_hides_its_number(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    _queried(server)

    echo = _echo(MASKED)
    assert paybill.confirm(echo) == "suspense"
    assert (_float(), _suspense()) == (1_000_00, 500_00)
    _decide(echo, deposit.reference.lower())

    _stands(her, deposit, echo)


def test_the_echo_that_hides_its_number_comes_first_and_two_people_find_it(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)

    echo = _echo(MASKED)
    assert paybill.confirm(echo) == "suspense"
    _queried(server)
    _decide(echo, deposit.reference)

    _stands(her, deposit, echo)


def test_two_people_find_the_echo_of_a_prompt_that_nobody_has_said_was_paid(her: Member) -> None:
    deposit = _prompted(her)
    echo = _echo(MASKED)
    paybill.confirm(echo)

    _decide(echo, deposit.reference)

    _stands(her, deposit, echo)


@pytest.mark.parametrize("is_queried", [False, True])
def test_the_echo_lies_in_suspense_and_the_callback_names_its_receipt(
    her: Member, server: Safaricom, is_queried: bool
) -> None:
    deposit = _prompted(her)
    echo = _echo(MASKED)
    assert paybill.confirm(echo) == "suspense"
    if is_queried:
        _queried(server)

    assert _called_back(server) == ["receipt attached" if is_queried else "paid"]

    _stands(her, deposit, echo)


def test_what_was_told_by_nobody_known_is_named_later_by_mpesas_own_list(
    her: Member, server: Safaricom, settings: Any
) -> None:
    """It waited in suspense, since whoever told of it may have lied; now its reference is known."""
    from payments.mpesa import paybills

    deposit = _prompted(her)
    _queried(server)
    echo = _echo(MASKED)
    _put_aside(echo)

    named = paybills.payment({**echo, "BillRefNumber": deposit.reference})
    assert payments_in.pulled(named) == "echo"

    _stands(her, deposit, echo)


def _put_aside(echo: dict[str, Any]) -> None:
    from django.db import transaction

    from payments.mpesa import paybills
    from payments.paybill import outcomes

    with transaction.atomic():
        payments_in.doubted(paybills.payment(echo))
        row = outcomes.locked(paybill.payment(echo).pk)
        assert row is not None
        outcomes.put_aside(row, why="nobody known said for whom")


def test_staff_allotted_the_echo_to_her_and_then_the_callback_comes(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    echo = _echo(MASKED)
    paybill.confirm(echo)
    _allotted(echo, her)

    assert _called_back(server) == ["booked already"]
    _queried(server)

    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, RECEIPT)
    assert (mpesa.balance(her), _float(), _suspense()) == (500_00, 500_00, 0)
    assert len(mpesa.texts(her)) == 1


@pytest.mark.parametrize("is_queried", [False, True])
def test_staff_allotted_the_echo_to_somebody_else(
    her: Member, server: Safaricom, is_queried: bool
) -> None:
    deposit = _prompted(her)
    echo = _echo(MASKED)
    paybill.confirm(echo)
    him = mpesa.member_with()
    _allotted(echo, him)

    assert _called_back(server) == ["receipt belongs to another"]
    if is_queried:  # M-Pesa says that it was paid, which is true, and books nothing
        _queried(server)

    deposit.refresh_from_db()
    assert (mpesa.balance(her), mpesa.balance(him), _float()) == (0, 500_00, 500_00)
    assert Alert.objects.get(key=f"deposit:receipt:{deposit.pk}").details["why"] == (
        "its money is booked as a payment to the paybill"
    )


def _allotted(echo: dict[str, Any], member: Member) -> None:
    request = approvals.ask(
        "paybill.allot",
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(echo).pk,
        payload={"member": member.worker_id},
        by=ATIENO,
        reason="the payer has called",
    )
    approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")


def test_two_deposits_are_near_it_and_nothing_is_decided_by_itself(
    her: Member, server: Safaricom
) -> None:
    first = _prompted(her)
    _queried(server)
    mpesa.pass_time(minutes=3)
    second = _prompted(her)

    echo = _echo(HASHED)
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
    deposit = _prompted(her)
    _queried(server)
    echo = _echo(MASKED)
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
    assert _suspense() == 500_00
    assert other.post(decide, answer).status_code == 302

    _stands(her, deposit, echo)


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
    _prompted(her)
    _queried(server)
    minutes = changes.get("minutes", 0)
    at = _clock(timezone.now() + timedelta(minutes=minutes))
    told = {name: value for name, value in changes.items() if name != "minutes"}
    echo = _echo(told.pop("MSISDN", MASKED), **{"TransTime": at, **told})

    assert paybill.confirm(echo) == "suspense"

    page = signed_in(StaffFactory.create()).get(_page(echo)).content.decode()
    assert "It may be that of deposit" not in page


def test_a_payment_before_the_prompt_is_not_taken_for_its_own(
    her: Member, server: Safaricom
) -> None:
    _prompted(her)
    _queried(server)

    before = _clock(timezone.now() - timedelta(minutes=5))
    assert paybill.confirm(_echo(HASHED, TransTime=before)) == "suspense"


@pytest.mark.parametrize("state", ["DECLINED", "EXPIRED", "CANCELLED", "REFUSED"])
def test_a_prompt_that_ended_without_money_is_only_suggested(her: Member, state: str) -> None:
    deposit = _prompted(her)
    Deposit.objects.filter(pk=deposit.pk).update(state=state)

    echo = _echo(HASHED)
    assert paybill.confirm(echo) == "suspense"
    _decide(echo, deposit.reference)

    _stands(her, deposit, echo)


def test_her_payment_by_hand_for_another_member_goes_to_that_one(
    her: Member, server: Safaricom
) -> None:
    _prompted(her)
    _queried(server)
    him = mpesa.member_with()

    assert paybill.confirm(_echo(HASHED, account=him.worker_id)) == "credited"

    assert (mpesa.balance(her), mpesa.balance(him)) == (500_00, 500_00)


def test_she_pays_by_hand_too_and_both_come_to_her_whichever_was_taken_for_the_prompts(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    _queried(server)

    by_hand = _echo(HASHED, account=her.worker_id, TransID="UKLBYHAND1")
    assert paybill.confirm(by_hand) == "echo"
    own = _echo(MASKED, account=deposit.reference)
    assert paybill.confirm(own) == "credited"

    assert (mpesa.balance(her), _float(), _suspense()) == (1_000_00, 1_000_00, 0)


@pytest.mark.parametrize("wrong", ["nothing", "amount", "receipt", "number", "evidence"])
def test_two_people_cannot_leave_it_to_a_deposit_whose_it_is_not(
    her: Member, server: Safaricom, wrong: str
) -> None:
    deposit = _prompted(her, 700_00 if wrong == "amount" else 500_00)
    echo = _echo(MASKED)
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
        by=ATIENO,
        reason="the same minute",
    )
    expected = review.EvidenceMissing if wrong == "evidence" else review.NotItsDeposit
    with pytest.raises(expected):
        approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")

    assert (_float(), _suspense(), mpesa.balance(her)) == (500_00, 500_00, 0)


def test_what_is_no_longer_in_suspense_is_left_to_no_deposit(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    echo = _echo(MASKED)
    paybill.confirm(echo)
    _allotted(echo, mpesa.member_with())

    with pytest.raises(NannyChainError) as refused:
        _decide(echo, deposit.reference)

    assert refused.value.code == "paybill.not_in_suspense"
    assert PaybillPayment.objects.get().state == State.CREDITED
