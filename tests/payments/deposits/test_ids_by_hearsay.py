"""Where M-Pesa's answer got lost, a callback names the prompt: that is no proof that it is ours."""

from typing import Any

import pytest
from django.db import connection

from nannychain.alerts.models import Alert
from payments.deposits import contests, echoes, sending, services
from payments.deposits.models import Deposit
from payments.deposits.states import State
from payments.mpesa import codes
from payments.mpesa.answers import Pushed
from payments.mpesa.receipts.models import MpesaReceipt
from tests.factories import mpesa
from tests.factories.safaricom import CUT, PUSH, QUERY, Safaricom, checkout_id, post, push_result
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
LARGE = 120_000_00


def _asked_for(member: Member, safaricom: Safaricom, *, cents: int = 500_00) -> Deposit:
    """Return a deposit whose answer got lost."""
    safaricom.plan(PUSH, CUT)
    deposit = services.request(member.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    return deposit


def _stands(deposit: Deposit) -> tuple[str, str | None, int]:
    deposit.refresh_from_db()
    balance = wallets.standing_of(deposit.member_id).balance
    return deposit.state, deposit.checkout_id, balance


def _wait(times: int = 3) -> None:
    for _ in range(times):
        mpesa.work()
        mpesa.pass_time(minutes=3)


@pytest.mark.parametrize("code", [7777, 1037, 1032])
def test_another_prompts_message_at_its_address_pays_nothing(
    safaricom: Safaricom, code: int
) -> None:
    """M-Pesa would say of its id that it was paid, and name no amount."""
    deposit = _asked_for(mpesa.member_with(), safaricom)
    (pushed,) = safaricom.asked(PUSH)
    safaricom.push_results[checkout_id(9)] = ("0", "processed")
    post(pushed["CallBackURL"], push_result(number=9, code=code))
    _wait()
    state, known, balance = _stands(deposit)
    assert (state in (State.PAID, State.SENT), known, balance) == (False, None, 0)
    post(pushed["CallBackURL"], push_result(pushed))
    assert mpesa.work() == ["paid late"]
    assert _stands(deposit) == (State.PAID, checkout_id(1), 500_00)


def test_a_payment_whose_receipt_is_anothers_lends_no_id(safaricom: Safaricom) -> None:
    first = mpesa.member_with()
    services.request(first.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    (one,) = safaricom.asked(PUSH)
    post(one["CallBackURL"], push_result(one))
    mpesa.work()
    deposit = _asked_for(mpesa.member_with(), safaricom)
    pushed = safaricom.asked(PUSH)[-1]
    safaricom.push_results[checkout_id(9)] = ("0", "processed")
    post(pushed["CallBackURL"], push_result(pushed, number=9))
    assert mpesa.work() == ["receipt belongs to another"]
    _wait()
    assert _stands(deposit) == (State.EXPIRED, None, 0)


def test_a_payment_by_another_phone_is_another_prompts(safaricom: Safaricom) -> None:
    deposit = _asked_for(mpesa.member_with(), safaricom)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, number=9, phone=254700000001))
    assert mpesa.work() == ["quarantined: another phone"]
    assert _stands(deposit)[1:] == (None, 0)


def test_a_receipt_that_another_deposit_names_too_is_told_to_staff_and_not_kept_twice(
    safaricom: Safaricom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is credited by it; the message is handled, and not tried for ever."""
    first = _asked_for(mpesa.member_with(), safaricom)
    second = _asked_for(mpesa.member_with(), safaricom)
    receipt = "UKL8K8K8K8"
    Deposit.objects.filter(pk=first.pk).update(receipt=receipt)
    MpesaReceipt.objects.create(code=receipt, owner="paybill:1")
    monkeypatch.setattr(contests._joined, "judge", lambda _: contests.Verdict.OTHERS)
    pushed = safaricom.asked(PUSH)[-1]
    post(pushed["CallBackURL"], push_result(pushed, number=2, receipt=receipt))
    assert mpesa.work() == ["receipt belongs to another"]
    assert _stands(second) == (State.EXPIRED, None, 0)
    assert (second.receipt, second.due_at) == (None, None)


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_is_booked_elsewhere_comes_before_our_answer(
    safaricom: Safaricom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is sending keeps the time of his claim; what M-Pesa says again then ends it."""
    monkeypatch.setattr(contests._joined, "judge", lambda _: contests.Verdict.OTHERS)
    MpesaReceipt.objects.create(code="UKL8K8K8K8", owner="paybill:1")
    due = []

    def call_first(body: dict[str, Any]) -> None:
        post(body["CallBackURL"], push_result(body, receipt="UKL8K8K8K8"))
        assert mpesa.read_inbox() == ["receipt belongs to another"]
        due.append(Deposit.objects.get().due_at)
        connection.close()

    safaricom.plan(PUSH, call_first)
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    deposit = services.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    assert due[0] is not None
    _wait(2)
    assert _stands(deposit) == (State.EXPIRED, checkout_id(1), 0)
    assert deposit.due_at is None


def test_a_large_one_is_not_confirmed_by_an_id_that_the_callback_named(
    safaricom: Safaricom,
) -> None:
    deposit = _asked_for(mpesa.member_with(), safaricom, cents=LARGE)
    (pushed,) = safaricom.asked(PUSH)
    safaricom.push_results[checkout_id(9)] = ("0", "processed")
    post(pushed["CallBackURL"], push_result(pushed, number=9, receipt="UKL7H7H7H7"))
    assert mpesa.work() == ["to be confirmed"]
    _wait()
    assert _stands(deposit) == (State.EXPIRED, None, 0)
    assert safaricom.asked(QUERY) == []
    assert Alert.objects.filter(key=f"deposit:unclear:{deposit.pk}").exists()
    told = {"receipt": "UKL7H7H7H7", "amount_cents": LARGE}
    assert echoes.record_receipt(deposit.pk, **told) == "paid late"
    assert _stands(deposit) == (State.PAID, None, LARGE)


@pytest.mark.django_db(transaction=True)
def test_a_doubtful_failure_before_our_answer_is_asked_about_once_we_know_the_id(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with()

    def call_first(body: dict[str, Any]) -> None:
        post(body["CallBackURL"], push_result(body, code=1037))
        mpesa.read_inbox()
        connection.close()

    safaricom.plan(PUSH, call_first)
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    deposit = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    assert _stands(deposit) == (State.EXPIRED, checkout_id(1), 0)
    mpesa.pass_time(minutes=1)
    mpesa.work()
    assert _stands(deposit) == (State.PAID, checkout_id(1), 500_00)


def test_what_she_called_off_is_asked_about_once_we_know_its_id(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _asked_for(member, safaricom)
    services.cancel(deposit.pk, member_id=member.pk, channel="ussd")
    meaning = codes.meaning_of(codes.Where.CALL, "0")
    answer = Pushed(meaning=meaning, checkout_request_id=checkout_id(9), merchant_request_id="late")
    sending.record(deposit.pk, answer)
    safaricom.push_results[checkout_id(9)] = ("0", "processed")
    _wait(2)
    assert _stands(deposit) == (State.PAID, checkout_id(9), 500_00)
