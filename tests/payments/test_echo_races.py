"""A prompt's echo without its reference, and whoever else speaks of the same money, at once."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.clock import NAIROBI
from nannychain.errors import NannyChainError
from nannychain.ids import new_id
from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from payments.deposits import asking, sending, services
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa import paybills
from payments.paybill import services as payments_in
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import mpesa, paybill
from tests.factories.safaricom import PUSH, Safaricom, checkout_id, post, push_result
from tests.factories.threads import together
from wallets.ledger.chart import Kind

pytestmark = pytest.mark.django_db(transaction=True)
RECEIPT = "UKL1A2B3C4"
HASHED = hashlib.sha256(b"254712345126").hexdigest()
ATIENO, BARASA = (Actor(id=new_id(), name=name) for name in ("NW-ATIEN0", "NW-BARASA"))
TIMES = pytest.mark.parametrize("attempt", range(5))


@pytest.fixture
def deposit(safaricom: Safaricom, settings: Any) -> Deposit:
    settings.PAYBILL_CALLBACK_KEY = paybill.KEY
    her = mpesa.member_with(phone="+254712345126")
    found = services.request(her.pk, amount_cents=500_00, channel="ussd")
    sending.send(found.pk)
    return found


def _echo(number: str) -> paybills.PaybillPayment:
    told = paybill.body(
        "2046332",
        "500.00",
        TransID=RECEIPT,
        TransTime=f"{timezone.now().astimezone(NAIROBI):%Y%m%d%H%M%S}",
        BusinessShortCode=mpesa.SHORTCODE,
        MSISDN=number,
    )
    return paybills.payment(told)


def _confirm(told: paybills.PaybillPayment) -> str:
    with transaction.atomic():
        return payments_in.confirmed(told)


def _letter(safaricom: Safaricom) -> int:
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt=RECEIPT))
    return InboxMessage.objects.get(handled_at__isnull=True).pk


def _asked_for(kind: str, **payload: str) -> UUID:
    request = approvals.ask(
        kind,
        subject_type="payments.paybillpayment",
        subject_id=PaybillPayment.objects.get().pk,
        payload=payload,
        by=ATIENO,
        reason="the same minute",
    )
    return request.pk


def _approve(request_id: UUID) -> Callable[[], object]:
    return lambda: approvals.decide(request_id, by=BARASA, approve=True, reason="seen it")


def _is_counted_once(deposit: Deposit) -> None:
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, RECEIPT)
    assert mpesa.balance(deposit.member) == 500_00
    assert mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE) == 500_00
    assert mpesa.standing(Kind.SUSPENSE_RECEIPTS, mpesa.SHORTCODE) == 0


@TIMES
def test_the_echo_from_her_number_and_the_answer_to_our_question(
    deposit: Deposit, safaricom: Safaricom, attempt: int
) -> None:
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    told = _echo(HASHED)

    together(lambda: _confirm(told), lambda: asking.ask(deposit.pk))

    _is_counted_once(deposit)
    assert PaybillPayment.objects.get().state == State.ECHO


@TIMES
def test_the_echo_from_her_number_and_the_callback(
    deposit: Deposit, safaricom: Safaricom, attempt: int
) -> None:
    letter, told = _letter(safaricom), _echo(HASHED)

    together(lambda: _confirm(told), lambda: inbox.handle(letter))

    _is_counted_once(deposit)
    assert PaybillPayment.objects.get().state == State.ECHO


@TIMES
@pytest.mark.parametrize("number", ["2547 ***** 126", HASHED])
def test_three_who_know_the_echo_the_callback_and_the_answer(
    deposit: Deposit, safaricom: Safaricom, number: str, attempt: int
) -> None:
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    letter, told = _letter(safaricom), _echo(number)

    together(lambda: _confirm(told), lambda: inbox.handle(letter), lambda: asking.ask(deposit.pk))

    _is_counted_once(deposit)


@TIMES
def test_two_people_leave_it_to_the_deposit_and_the_callback_names_the_receipt(
    deposit: Deposit, safaricom: Safaricom, attempt: int
) -> None:
    _confirm(_echo("2547 ***** 126"))
    letter = _letter(safaricom)
    request = _asked_for(
        "paybill.leave_to_deposit", deposit=deposit.reference, evidence="the statement"
    )

    found = together(_approve(request), lambda: inbox.handle(letter))

    assert not [each for each in found if isinstance(each, OperationalError)]
    _is_counted_once(deposit)


@TIMES
def test_some_leave_it_to_the_deposit_and_others_allot_it(deposit: Deposit, attempt: int) -> None:
    _confirm(_echo("2547 ***** 126"))
    him = mpesa.member_with()
    requests = (
        _asked_for("paybill.leave_to_deposit", deposit=deposit.reference, evidence="statement"),
        _asked_for("paybill.allot", member=him.worker_id),
    )

    found = together(*(_approve(each) for each in requests))

    assert sum(isinstance(each, NannyChainError) for each in found) == 1
    assert mpesa.balance(deposit.member) + mpesa.balance(him) == 500_00
    assert mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE) == 500_00
    connection.close()
