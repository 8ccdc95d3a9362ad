"""Who is first: callback and question, two callbacks, two workers, two ways out for one money."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from payments.deposits import asking, echoes
from payments.deposits import sending as deposit_sending
from payments.deposits import services as deposits
from payments.deposits.errors import PromptOpen
from payments.deposits.models import Deposit
from payments.deposits.states import OPEN
from payments.deposits.states import State as DepositState
from payments.mpesa import codes
from payments.mpesa.answers import Pushed
from payments.transfers import services as transfers
from payments.transfers.services import NotEnoughMoney as NotEnoughToSend
from payments.withdrawals import sending
from payments.withdrawals import services as withdrawals
from payments.withdrawals.errors import NotEnoughMoney
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import State
from tests.factories import mpesa
from tests.factories.safaricom import (
    PAYOUT,
    PUSH,
    Safaricom,
    checkout_id,
    payout_result,
    post,
    push_result,
    status_result,
)
from tests.factories.threads import at_once, together
from wallets.ledger.models import Journal

pytestmark = pytest.mark.django_db(transaction=True)


def _sent_deposit() -> Deposit:
    deposit = deposits.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
    deposit_sending.send(deposit.pk)
    return deposit


def _kept(url: str, *bodies: dict[str, Any]) -> list[int]:
    for body in bodies:
        assert post(url, body) == 200
    waiting = InboxMessage.objects.filter(handled_at__isnull=True).order_by("pk")
    return list(waiting.values_list("pk", flat=True))


@pytest.mark.parametrize("attempt", range(5))
def test_callback_and_question_at_once_book_a_deposit_once(
    safaricom: Safaricom, attempt: int
) -> None:
    deposit = _sent_deposit()
    (pushed,) = safaricom.asked(PUSH)
    (letter,) = _kept(pushed["CallBackURL"], push_result(pushed))
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(minutes=1)
    together(lambda: inbox.handle(letter), lambda: asking.ask(deposit.pk))
    mpesa.work()
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, "UKL1A2B3C4")
    assert mpesa.balance(deposit.member) == 500_00
    assert len(mpesa.texts(deposit.member)) == 1


@pytest.mark.parametrize("attempt", range(5))
def test_two_callbacks_at_once_book_a_deposit_once(safaricom: Safaricom, attempt: int) -> None:
    deposit = _sent_deposit()
    (pushed,) = safaricom.asked(PUSH)
    url = pushed["CallBackURL"]
    letters = _kept(url, push_result(pushed), push_result(pushed, ResultDesc="Done."))
    assert len(letters) == 2
    together(*(lambda letter=letter: inbox.handle(letter) for letter in letters))
    assert mpesa.balance(deposit.member) == 500_00
    assert Journal.objects.filter(kind="deposit.settled").count() == 1


def test_callback_and_echo_at_once_book_a_deposit_once(safaricom: Safaricom) -> None:
    deposit = _sent_deposit()
    (pushed,) = safaricom.asked(PUSH)
    (letter,) = _kept(pushed["CallBackURL"], push_result(pushed))
    together(
        lambda: inbox.handle(letter),
        lambda: echoes.record_receipt(deposit.pk, receipt="UKL1A2B3C4", amount_cents=500_00),
    )
    mpesa.work()
    assert mpesa.balance(deposit.member) == 500_00


def test_many_workers_ask_for_one_prompt_once(safaricom: Safaricom) -> None:
    deposit = deposits.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
    at_once(lambda: deposit_sending.send(deposit.pk), times=16)
    assert len(safaricom.asked(PUSH)) == 1


def test_two_requests_at_once_make_one_prompt(safaricom: Safaricom) -> None:
    member = mpesa.member_with()

    def ask(cents: int) -> Callable[[], Any]:
        return lambda: deposits.request(member.pk, amount_cents=cents, channel="ussd")

    outcomes = together(*(ask(cents) for cents in (100_00, 200_00, 300_00, 400_00)))
    assert sum(isinstance(outcome, PromptOpen) for outcome in outcomes) == 3
    assert Deposit.objects.count() == 1


def test_many_workers_order_one_payout_once(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    at_once(lambda: sending.send(withdrawal.pk), times=16)
    assert len(safaricom.asked(PAYOUT)) == 1
    assert PayoutAttempt.objects.count() == 1


@pytest.mark.parametrize("attempt", range(5))
def test_success_and_failure_at_once_have_one_end(safaricom: Safaricom, attempt: int) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    sending.send(withdrawal.pk)
    (ordered,) = safaricom.asked(PAYOUT)
    url = ordered["ResultURL"]
    letters = _kept(url, payout_result(ordered), payout_result(ordered, code=2040))
    together(*(lambda letter=letter: inbox.handle(letter) for letter in letters))
    withdrawal.refresh_from_db()
    final = Journal.objects.filter(key=f"withdrawal:{withdrawal.pk}:final")
    assert final.count() == 1
    if withdrawal.state == State.PAID:
        assert mpesa.balance(member) == 495_00
    else:
        # M-Pesa has paid, and said before that it had not: hers is back, and staff look into it.
        assert withdrawal.contradicted_at is not None
        assert mpesa.balance(member) == 1_000_00


def test_result_and_answer_to_a_question_at_once_pay_once(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    mpesa.pass_time(minutes=2)
    mpesa.work()
    (ordered,) = safaricom.asked(PAYOUT)
    (question,) = safaricom.asked("/mpesa/transactionstatus/v1/query")
    post(ordered["ResultURL"], payout_result(ordered))
    letters = _kept(question["ResultURL"], status_result(question))
    together(*(lambda letter=letter: inbox.handle(letter) for letter in letters))
    withdrawal.refresh_from_db()
    assert (withdrawal.state, mpesa.balance(member)) == (State.PAID, 495_00)
    assert len(mpesa.texts(member)) == 1


def test_withdrawal_and_transfer_of_the_same_money(safaricom: Safaricom) -> None:
    sender, payee = mpesa.member_with(600_00), mpesa.member_with()

    def withdraw() -> Any:
        return withdrawals.request(sender.pk, amount_cents=500_00, channel="ussd")

    def send() -> Any:
        return transfers.send(
            sender.pk,
            recipient_id=payee.pk,
            amount_cents=500_00,
            shown_fee_cents=0,
            key=uuid4().hex,
            channel="ussd",
        )

    outcomes = together(withdraw, send, withdraw, send)
    refused = [each for each in outcomes if isinstance(each, NotEnoughMoney | NotEnoughToSend)]
    done = [each for each in outcomes if not isinstance(each, Exception)]
    assert (len(done), len(refused) + len(done)) == (1, len(outcomes))
    assert mpesa.balance(sender) in (95_00, 100_00)
    assert Withdrawal.objects.count() + int(mpesa.balance(payee) > 0) == 1


def test_a_failure_and_a_new_withdrawal_of_the_same_member_do_not_wait_for_each_other(
    safaricom: Safaricom, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = mpesa.member_with(2_000_00)
    earlier = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    sending.send(earlier.pk)
    (ordered,) = safaricom.asked(PAYOUT)
    (letter,) = _kept(ordered["ResultURL"], payout_result(ordered, code=8))
    has_counted, reserve = threading.Event(), withdrawals._reserve

    def slowly(withdrawal: Withdrawal) -> None:
        has_counted.set()
        time.sleep(0.5)
        reserve(withdrawal)

    def fail() -> None:
        has_counted.wait(10)
        inbox.handle(letter)

    monkeypatch.setattr(withdrawals, "_reserve", slowly)
    later, _ = together(
        lambda: withdrawals.request(member.pk, amount_cents=300_00, channel="ussd"), fail
    )
    assert isinstance(later, Withdrawal)
    assert InboxMessage.objects.get(pk=letter).attempts == 0
    assert mpesa.balance(member) == 2_000_00 - later.total_cents


def test_a_late_answer_to_one_prompt_and_a_new_prompt_for_the_same_phone(
    safaricom: Safaricom,
) -> None:
    """The first was lost for minutes; then M-Pesa's answer to it arrives, beside the second."""
    member = mpesa.member_with()
    first = deposits.request(member.pk, amount_cents=500_00, channel="ussd")
    assert deposit_sending._claim(first.pk) is not None
    mpesa.pass_time(minutes=3)
    deposit_sending.give_up(first.pk)
    second = deposits.request(member.pk, amount_cents=700_00, channel="ussd")
    answer = Pushed(
        meaning=codes.meaning_of(codes.Where.CALL, "0"),
        checkout_request_id=checkout_id(9),
        merchant_request_id="late",
    )

    found = together(
        lambda: deposit_sending.record(first.pk, answer), lambda: deposit_sending.send(second.pk)
    )

    assert found == [None, None]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.checkout_id) == (DepositState.UNKNOWN, checkout_id(9))
    assert first.due_at is not None, "it is asked about by its id"
    assert second.state == DepositState.SENT
    safaricom.push_results[checkout_id(9)] = ("0", "processed")
    mpesa.pass_time(minutes=1)
    mpesa.work()
    first.refresh_from_db()
    assert (first.state, mpesa.balance(member)) == (DepositState.PAID, 500_00)


@pytest.mark.parametrize("attempt", range(5))
def test_a_late_answer_and_a_request_for_the_same_phone_at_once(
    safaricom: Safaricom, attempt: int
) -> None:
    member = mpesa.member_with()
    first = deposits.request(member.pk, amount_cents=500_00, channel="ussd")
    assert deposit_sending._claim(first.pk) is not None
    mpesa.pass_time(minutes=3)
    deposit_sending.give_up(first.pk)
    answer = Pushed(
        meaning=codes.meaning_of(codes.Where.CALL, "0"),
        checkout_request_id=checkout_id(9),
        merchant_request_id="late",
    )

    found = together(
        lambda: deposit_sending.record(first.pk, answer),
        lambda: deposits.request(member.pk, amount_cents=700_00, channel="ussd"),
    )

    assert found[0] is None, "the answer is never lost"
    first.refresh_from_db()
    assert first.checkout_id == checkout_id(9)
    is_open = Deposit.objects.filter(phone=member.phone, state__in=OPEN)
    assert is_open.count() == 1, "one prompt at a time, whichever was first"
