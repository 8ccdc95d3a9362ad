"""Whatever M-Pesa does with a deposit, the books are right in the end, and the truth is told."""

from typing import Any

import pytest
from django.db import connection

from nannychain.alerts.models import Alert
from nannychain.inbox.models import InboxMessage
from payments.deposits import echoes, sending, services
from payments.deposits.models import Deposit
from payments.deposits.states import State
from tests.factories import mpesa
from tests.factories.safaricom import (
    CUT,
    HTML,
    INVALID_TOKEN,
    PUSH,
    QUERY,
    SPIKE_ARREST,
    TOKEN,
    Safaricom,
    checkout_id,
    error,
    post,
    push_result,
)
from wallets.ledger.models import Journal
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
RECEIPT = "UKL1A2B3C4"


def _sent(member: Member, cents: int = 500_00) -> Deposit:
    deposit = services.request(member.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def _now(deposit: Deposit) -> State:
    deposit.refresh_from_db()
    return State(deposit.state)


def _settled() -> int:
    return Journal.objects.filter(kind="deposit.settled").count()


def test_the_callback_is_lost(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    for seconds in (15, 30, 45):
        mpesa.pass_time(seconds=seconds)
        mpesa.work()
        assert _now(deposit) in (State.SENT, State.UNKNOWN)
    assert len(safaricom.asked(QUERY)) == 3
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(minutes=5)
    mpesa.work()
    assert _now(deposit) == State.PAID
    assert (deposit.receipt, deposit.told_by) == (None, "status")
    assert mpesa.balance(member) == 500_00


def test_the_receipt_is_attached_when_the_callback_comes_after_the_query(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    assert mpesa.work() == ["receipt attached"]
    assert (_now(deposit), deposit.receipt) == (State.PAID, RECEIPT)
    assert (_settled(), mpesa.balance(member)) == (1, 500_00)
    assert len(mpesa.texts(member)) == 1


def test_the_callback_comes_twice_and_once_more_in_other_words(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    post(pushed["CallBackURL"], push_result(pushed))
    post(pushed["CallBackURL"], push_result(pushed, ResultDesc="Processed."))
    assert sorted(mpesa.work()) == ["known", "paid"]
    assert (_settled(), mpesa.balance(member)) == (1, 500_00)
    assert len(mpesa.texts(member)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_callback_comes_before_the_answer(safaricom: Safaricom) -> None:
    member = mpesa.member_with()

    def call_first(body: dict[str, Any]) -> None:
        post(body["CallBackURL"], push_result(body))
        mpesa.read_inbox()
        connection.close()

    safaricom.plan(PUSH, call_first)
    deposit = _sent(member)
    assert (deposit.state, deposit.checkout_id) == (State.PAID, checkout_id(1))
    assert (_settled(), mpesa.balance(member)) == (1, 500_00)


def test_the_callback_comes_late_after_everybody_gave_up(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    safaricom.push_results[checkout_id(1)] = ("1037", "DS timeout user cannot be reached")
    mpesa.pass_time(minutes=3)
    mpesa.work()
    assert _now(deposit) == State.EXPIRED
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    assert mpesa.work() == ["paid late"]
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)
    told = mpesa.texts(member)
    assert "did not go through" in told[0]
    assert told[1].startswith("KSh 500 came into your wallet")


def test_a_failure_after_the_success_changes_nothing(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    post(pushed["CallBackURL"], push_result(pushed, code=1032))
    assert mpesa.work() == ["paid", "had ended"]
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)


def test_the_answer_is_lost_and_the_token_in_the_path_finds_the_deposit(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, CUT)
    deposit = _sent(member)
    assert (deposit.state, deposit.checkout_id) == (State.UNKNOWN, None)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    assert mpesa.work() == ["paid"]
    assert (_now(deposit), deposit.checkout_id) == (State.PAID, checkout_id(1))
    assert mpesa.balance(member) == 500_00


def test_the_answer_is_lost_and_the_paybills_echo_finds_the_deposit(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, CUT)
    deposit = _sent(member)
    spelled = f" {deposit.reference[:5].lower()} {deposit.reference[5:]}"
    match = echoes.match_reference(
        spelled, receipt=RECEIPT, amount_cents=500_00, shortcode=mpesa.SHORTCODE
    )
    assert match is not None
    assert (match.deposit_id, match.is_echo) == (deposit.pk, True)
    assert echoes.record_receipt(deposit.pk, receipt=RECEIPT, amount_cents=500_00) == "paid"
    assert echoes.record_receipt(deposit.pk, receipt=RECEIPT, amount_cents=500_00) == "known"
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    assert mpesa.work() == ["known"]
    assert (_settled(), mpesa.balance(member)) == (1, 500_00)


def test_the_answer_is_lost_and_nothing_else_comes(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, CUT)
    deposit = _sent(member)
    for _ in range(5):
        mpesa.pass_time(minutes=2)
        mpesa.work()
    assert _now(deposit) == State.EXPIRED
    assert len(safaricom.asked(PUSH)) == 1, "it was never asked for again"
    (text,) = mpesa.texts(member)
    assert "has not confirmed" in text


def test_the_answer_is_html(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, HTML)
    deposit = _sent(member)
    assert deposit.state == State.UNKNOWN
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)


def test_the_token_is_invalidated_by_somebody_else(safaricom: Safaricom) -> None:
    safaricom.plan(PUSH, INVALID_TOKEN)
    deposit = _sent(mpesa.member_with())
    assert deposit.state == State.SENT
    assert (len(safaricom.asked(TOKEN)), len(safaricom.asked(PUSH))) == (2, 2)


def test_a_spike_arrest_is_waited_out(safaricom: Safaricom) -> None:
    safaricom.plan(PUSH, SPIKE_ARREST)
    deposit = _sent(mpesa.member_with())
    assert deposit.state == State.REQUESTED
    mpesa.pass_time(seconds=30)
    mpesa.work()
    assert _now(deposit) == State.SENT


def test_what_mpesa_can_not_take_for_ten_minutes_ends_and_is_told(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, *[SPIKE_ARREST] * 3)
    deposit = _sent(member)
    mpesa.pass_time(minutes=11)
    mpesa.work()
    assert _now(deposit) == State.EXPIRED
    assert len(safaricom.asked(PUSH)) == 1
    assert "did not go through" in mpesa.texts(member)[0]


def test_a_request_that_is_wrong_is_refused_for_good(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    safaricom.plan(PUSH, error("400.002.02", "Bad Request - Invalid PhoneNumber", status=400))
    deposit = _sent(member)
    assert deposit.state == State.REFUSED
    assert len(mpesa.texts(member)) == 1


def test_wrong_credentials_are_for_people(safaricom: Safaricom) -> None:
    safaricom.plan(PUSH, error("500.001.1001", "Wrong credentials"))
    _sent(mpesa.member_with())
    assert Alert.objects.filter(resolved_at__isnull=True).exists()


@pytest.mark.parametrize("phone", ["2547 ***** 126", "25470****149", "a" * 64, None, 113000126])
def test_a_masked_number_is_no_reason_to_doubt(safaricom: Safaricom, phone: Any) -> None:
    member = mpesa.member_with()
    _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, phone=phone))
    assert mpesa.work() == ["paid"]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 5000.0},
        {"amount": 500.5},
        {"amount": "five hundred"},
        {"amount": -500},
        {"receipt": ""},
        {"number": 7},
        {"CheckoutRequestID": ""},
    ],
)
def test_a_body_that_does_not_fit_is_kept_and_not_believed(
    safaricom: Safaricom, changes: dict[str, Any]
) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, **changes))
    (outcome,) = mpesa.work()
    assert outcome.startswith("quarantined")
    assert (_now(deposit), mpesa.balance(member), _settled()) == (State.SENT, 0, 0)
    assert len(safaricom.asked(QUERY)) == 1, "M-Pesa is asked instead"
    assert Alert.objects.filter(key__startswith="mpesa:quarantined").exists()


def test_a_forged_callback_to_a_guessed_address_is_nothing(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    stranger = pushed["CallBackURL"].replace("/cb/", "/cb/0")[:-1]
    assert post(stranger, push_result(pushed)) == 404
    other = "/cb/" + "0" * 32 + "/deposit"
    assert post(other, push_result(pushed)) == 404
    assert not InboxMessage.objects.exists()
    assert mpesa.balance(member) == 0


def test_the_older_address_only_causes_a_question(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    assert post("/mpesa/deposit/callback", push_result(pushed)) == 200
    assert mpesa.work() == ["asked"]
    assert (_now(deposit), mpesa.balance(member)) == (State.SENT, 0)
    assert len(safaricom.asked(QUERY)) == 1


def test_a_callback_from_elsewhere_only_causes_a_question(
    safaricom: Safaricom, settings: Any
) -> None:
    import ipaddress

    settings.MPESA_CALLBACK_IPS = (ipaddress.ip_network("196.201.214.200"),)
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    assert (_now(deposit), mpesa.balance(member)) == (State.SENT, 0)
    assert len(safaricom.asked(QUERY)) == 1


def test_one_receipt_pays_one_deposit(safaricom: Safaricom) -> None:
    first, second = mpesa.member_with(), mpesa.member_with()
    _sent(first)
    deposit = _sent(second)
    one, two = safaricom.asked(PUSH)
    post(one["CallBackURL"], push_result(one, number=1))
    post(two["CallBackURL"], push_result(two, number=2))
    assert mpesa.work() == ["paid", "receipt belongs to another"]
    assert (_now(deposit), mpesa.balance(second), _settled()) == (State.SENT, 0, 1)


def test_a_payment_by_hand_to_the_same_reference_is_another_one(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    match = echoes.match_reference(
        deposit.reference, receipt="UKL9Z9Z9Z9", amount_cents=500_00, shortcode=mpesa.SHORTCODE
    )
    assert match is not None
    assert (match.is_echo, match.member_id) == (False, member.pk)
    told = echoes.record_receipt(deposit.pk, receipt="UKL9Z9Z9Z9", amount_cents=500_00)
    assert (told, _settled()) == (echoes.ANOTHER_PAYMENT, 1)


@pytest.mark.parametrize("account", ["", "D", "DOG", "NW-7K3QX9MB", "0712345678", "D1234567890"])
def test_an_account_number_that_is_no_reference_matches_nothing(account: str) -> None:
    found = echoes.match_reference(
        account, receipt=RECEIPT, amount_cents=1, shortcode=mpesa.SHORTCODE
    )
    assert found is None


def test_a_worker_that_died_in_the_middle_leaves_a_deposit_that_is_not_pushed_again(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=500_00, channel="ussd")
    claim = sending._claim(deposit.pk)  # and then it was killed
    assert claim is not None
    mpesa.work()
    assert _now(deposit) == State.SENDING
    mpesa.pass_time(minutes=5)
    mpesa.work()
    assert _now(deposit) == State.UNKNOWN
    assert safaricom.asked(PUSH) == []
    assert sending._claim(deposit.pk) is None
    body = {"Amount": "500", "PhoneNumber": member.phone[1:]}
    post(claim.callback_url, push_result(body))
    mpesa.work()
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)
