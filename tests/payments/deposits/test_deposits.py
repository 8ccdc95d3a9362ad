"""A deposit from the request to the end, and everything that may go otherwise."""

import pytest
from pytest_django import Settings

from nannychain.actors import Actor
from nannychain.ids import new_id
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.selectors import FlowStopped
from nannychain.outbox.models import OutboxEvent
from payments.deposits import services, words
from payments.deposits.errors import (
    AmountOutOfRange,
    CannotCancel,
    DepositsStopped,
    NoSuchDeposit,
    PromptOpen,
    SameAgain,
)
from payments.deposits.models import Deposit
from payments.deposits.states import State
from tests.factories import mpesa
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from tests.factories.safaricom import PUSH, QUERY, Safaricom, checkout_id, post, push_result
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


def test_a_deposit_is_prompted_paid_and_told(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    assert pushed["Amount"] == "500"
    assert pushed["AccountReference"] == deposit.reference
    assert mpesa.balance(member) == 0

    assert post(pushed["CallBackURL"], push_result(pushed)) == 200
    assert mpesa.work() == ["paid"]
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (State.PAID, "UKL1A2B3C4")
    assert mpesa.balance(member) == 500_00
    assert mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE) == 500_00
    assert mpesa.texts(member) == [
        "KSh 500 came into your wallet from M-Pesa. Balance KSh 500. M-Pesa UKL1A2B3C4. "
        f"Ref {deposit.reference}."
    ]
    assert Deposit.objects.filter(due_at__isnull=False).count() == 0


def test_cents_are_rounded_up_and_the_rest_is_the_payers(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_01, channel="api")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    assert (deposit.wanted_cents, deposit.amount_cents) == (100_01, 101_00)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    assert mpesa.balance(member) == 101_00


@pytest.mark.parametrize("cents", [0, -100, 250_000_01, 10**15])
def test_what_mpesa_never_takes_is_refused_and_nothing_is_stored(cents: int) -> None:
    member = mpesa.member_with()
    with pytest.raises(AmountOutOfRange):
        services.request(member.pk, amount_cents=cents, channel="api")
    assert not Deposit.objects.exists()


def test_without_an_account_at_mpesa_nothing_is_promised(settings: Settings) -> None:
    settings.MPESA_CONSUMER_KEY = ""
    with pytest.raises(DepositsStopped):
        services.request(mpesa.member_with().pk, amount_cents=1_00, channel="api")


def test_staff_can_stop_deposits_and_what_was_paid_is_booked(safaricom: Safaricom) -> None:
    member, other = mpesa.member_with(), mpesa.member_with()
    services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    waiting = services.request(other.pk, amount_cents=100_00, channel="ussd")
    operating.stop(Flow.DEPOSITS, reason="a test", by=Actor(new_id(), "NW-STAFF"))
    with pytest.raises(FlowStopped):
        services.request(mpesa.member_with().pk, amount_cents=1_00, channel="api")
    mpesa.work()
    waiting.refresh_from_db()
    assert waiting.state == State.REQUESTED
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    assert mpesa.balance(member) == 100_00


def test_a_phone_has_one_prompt_at_a_time(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    services.request(member.pk, amount_cents=100_00, channel="ussd")
    with pytest.raises(PromptOpen):
        services.request(member.pk, amount_cents=200_00, channel="ussd")
    mpesa.work()
    with pytest.raises(PromptOpen):
        services.request(member.pk, amount_cents=200_00, channel="ussd")


def test_the_same_amount_is_not_asked_for_twice_within_two_minutes(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, code=1032))
    mpesa.work()
    with pytest.raises(SameAgain):
        services.request(member.pk, amount_cents=100_00, channel="ussd")
    services.request(member.pk, amount_cents=101_00, channel="ussd")
    mpesa.work()
    mpesa.pass_time(minutes=3)
    with pytest.raises(PromptOpen):
        services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()  # asked about after three minutes, it is no longer thought to be on the phone
    services.request(member.pk, amount_cents=100_00, channel="ussd")


def test_one_that_waits_is_cancelled_and_never_sent(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    services.cancel(deposit.pk, member_id=member.pk, channel="ussd")
    again = services.cancel(deposit.pk, member_id=member.pk, channel="ussd")
    mpesa.work()
    assert again.state == State.CANCELLED
    assert safaricom.asked(PUSH) == []
    assert mpesa.texts(member) == []


def test_money_for_a_cancelled_one_is_hers_though_the_callback_is_lost(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    services.cancel(deposit.pk, member_id=member.pk, channel="ussd")
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(minutes=3)
    mpesa.work()
    deposit.refresh_from_db()
    assert (deposit.state, deposit.told_by) == (State.PAID, "status")
    assert mpesa.balance(member) == 100_00


def test_nobody_cancels_what_is_anothers_or_is_over(safaricom: Safaricom) -> None:
    member, other = mpesa.member_with(), mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    with pytest.raises(NoSuchDeposit):
        services.cancel(deposit.pk, member_id=other.pk, channel="ussd")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    with pytest.raises(CannotCancel):
        services.cancel(deposit.pk, member_id=member.pk, channel="ussd")


def test_what_is_above_the_wallets_limit_is_hers_and_held(safaricom: Safaricom) -> None:
    member = mpesa.member_with(19_900_00)
    services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    found = wallets.standing_of(member.pk)
    assert (found.balance, found.held, found.available) == (20_400_00, 400_00, 20_000_00)
    assert len(mpesa.texts(member)) == 2


def test_an_agreement_hears_of_its_own_deposit(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    services.request(member.pk, amount_cents=100_50, channel="ussd", purpose="wage:0199")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    (news,) = OutboxEvent.objects.filter(name="deposit.settled")
    assert news.payload["purpose"] == "wage:0199"
    assert (news.payload["wanted_cents"], news.payload["amount_cents"]) == (100_50, 101_00)


def test_the_timeline_can_be_read_out(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    deposit.refresh_from_db()
    assert [told for _, told in words.timeline(deposit)] == [
        "KSh 100 were asked for by ussd",
        "a worker took it to ask M-Pesa",
        "M-Pesa took it, and sends the prompt",
        "M-Pesa took the money (told by callback)",
    ]
    assert words.now(deposit) == "KSh 100 paid, M-Pesa receipt UKL1A2B3C4."


def test_no_prompt_goes_to_a_number_that_was_given_up(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    Member.objects.filter(pk=member.pk).update(phone="+254799000111")
    mpesa.work()
    deposit.refresh_from_db()
    assert (deposit.state, safaricom.asked(PUSH)) == (State.EXPIRED, [])


def test_staff_find_a_deposit_by_any_of_its_names_and_have_mpesa_asked(
    safaricom: Safaricom,
) -> None:
    member, other = mpesa.member_with(), mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=100_00, channel="ussd")
    unseen = services.request(other.pk, amount_cents=200_00, channel="ussd")
    mpesa.work()
    browser = signed_in(StaffFactory.create())
    for typed in (deposit.reference.lower(), member.phone, f" {deposit.reference} "):
        page = browser.get("/admin/payments/deposit/", {"q": typed}).content.decode()
        assert deposit.reference in page
        assert unseen.reference not in page
    page = browser.get(f"/admin/payments/deposit/{deposit.pk}/change/").content.decode()
    assert "M-Pesa took it, and sends the prompt" in page
    sent = {"action": "ask", "_selected_action": [str(deposit.pk)]}
    browser.post("/admin/payments/deposit/", sent)
    mpesa.work()
    assert len(safaricom.asked(QUERY)) == 1
