"""A withdrawal from the request to the end, and who may not have one."""

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from nannychain.actors import Actor
from nannychain.clock import nairobi_date
from nannychain.ids import new_id
from nannychain.operating import selectors as operating_caps
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.selectors import FlowStopped
from payments import limits
from payments.limits import LimitExceeded, OutflowReached
from payments.limits.models import DayOutflow, DayUse
from payments.withdrawals import selectors, services, words
from payments.withdrawals.errors import AmountOutOfRange, FeeChanged, NotEnoughMoney
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.selectors import Quote
from payments.withdrawals.states import Attempt, State
from tests.factories import books, mpesa
from tests.factories.safaricom import PAYOUT, Safaricom, payout_result, post
from wallets.ledger import posting
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.identity.standing.models import Standing
from workers.identity.standing.services import Frozen, MustProveAgain

pytestmark = pytest.mark.django_db
STAFF = Actor(new_id(), "NW-STAFF")


def test_a_withdrawal_is_reserved_sent_paid_and_told(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_75, channel="ussd")
    assert (withdrawal.amount_cents, withdrawal.charges_cents) == (500_00, 5_00)
    assert mpesa.balance(member) == 495_00
    assert mpesa.standing(Kind.PAYOUT_CLEARING, mpesa.PAYOUT_SHORTCODE) == 505_00

    mpesa.work()
    (ordered,) = safaricom.asked(PAYOUT)
    attempt = PayoutAttempt.objects.get()
    assert ordered["OriginatorConversationID"] == attempt.originator_id
    assert (ordered["Amount"], ordered["PartyB"]) == ("500", member.phone.removeprefix("+"))
    assert post(ordered["ResultURL"], payout_result(ordered)) == 200
    assert mpesa.work() == ["paid"]

    withdrawal.refresh_from_db()
    attempt.refresh_from_db()
    assert (withdrawal.state, withdrawal.receipt) == (State.PAID, "UKL5D6E7F8")
    assert attempt.state == Attempt.PAID
    assert mpesa.standing(Kind.PAYOUT_CLEARING, mpesa.PAYOUT_SHORTCODE) == 0
    assert mpesa.standing(Kind.PAYOUT_FLOAT, mpesa.PAYOUT_SHORTCODE) == -500_00
    fee, duty = (
        mpesa.standing(Kind.FEE_INCOME, "withdrawals"),
        mpesa.standing(Kind.TAX_PAYABLE, "excise"),
    )
    assert (fee, duty) == (withdrawal.fee_cents, withdrawal.tax_cents)
    assert fee + duty == 5_00
    assert mpesa.texts(member) == [
        "KSh 500 was sent to your M-Pesa. Fee KSh 5. Balance KSh 495. M-Pesa UKL5D6E7F8."
    ]


def test_a_quote_tells_what_leaves_the_wallet() -> None:
    quote = selectors.quote(500_75)
    assert (quote.amount_cents, quote.charges_cents, quote.total_cents) == (500_00, 5_00, 505_00)


@pytest.mark.parametrize("cents", [0, 9_99, 250_001_00, -500_00])
def test_what_mpesa_never_pays_is_refused(cents: int) -> None:
    with pytest.raises(AmountOutOfRange):
        selectors.quote(cents)


def test_what_is_not_there_with_the_fee_is_not_paid(safaricom: Safaricom) -> None:
    member = mpesa.member_with(504_99)
    with pytest.raises(NotEnoughMoney):
        services.request(member.pk, amount_cents=500_00, channel="ussd")
    assert mpesa.balance(member) == 504_99
    assert not Withdrawal.objects.exists()
    assert not DayUse.objects.exists(), "what did not go out uses up no limit"


def test_a_fee_that_was_not_shown_is_not_taken(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    seen = Quote(asked_cents=500_00, amount_cents=500_00, fee_cents=0, tax_cents=0)
    with pytest.raises(FeeChanged):
        services.request(member.pk, amount_cents=500_00, channel="ussd", seen=seen)
    assert mpesa.balance(member) == 1_000_00


def test_a_frozen_member_and_a_silent_number_are_refused(safaricom: Safaricom) -> None:
    frozen, silent = mpesa.member_with(1_000_00), mpesa.member_with(1_000_00)
    standing.freeze(frozen.pk, reason="a test", by=STAFF)
    Standing.objects.filter(pk=silent.pk).update(must_prove_since=timezone.now())
    with pytest.raises(Frozen):
        services.request(frozen.pk, amount_cents=500_00, channel="ussd")
    with pytest.raises(MustProveAgain):
        services.request(silent.pk, amount_cents=500_00, channel="ussd")
    assert (mpesa.balance(frozen), mpesa.balance(silent)) == (1_000_00, 1_000_00)


def test_the_limits_of_her_level_hold(safaricom: Safaricom) -> None:
    member = mpesa.member_with(19_000_00)
    with pytest.raises(LimitExceeded):
        services.request(member.pk, amount_cents=15_000_00, channel="ussd")
    assert mpesa.balance(member) == 19_000_00


def test_staff_can_stop_withdrawals_also_those_not_yet_sent(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    services.request(member.pk, amount_cents=100_00, channel="ussd")
    operating.stop(Flow.WITHDRAWALS, reason="a test", by=STAFF)
    with pytest.raises(FlowStopped):
        services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    assert safaricom.asked(PAYOUT) == []
    operating.start(Flow.WITHDRAWALS, reason="over", by=STAFF)
    mpesa.pass_time(minutes=2)
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 1


def test_who_is_frozen_before_it_is_sent_is_not_paid_until_let_go(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    services.request(member.pk, amount_cents=100_00, channel="ussd")
    standing.freeze(member.pk, reason="a test", by=STAFF)
    mpesa.work()
    assert safaricom.asked(PAYOUT) == []
    standing.unfreeze(member.pk, reason="over", by=STAFF)
    mpesa.pass_time(minutes=2)
    mpesa.work()
    assert len(safaricom.asked(PAYOUT)) == 1


def test_what_can_not_be_sent_for_a_day_goes_back(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=100_00, channel="ussd")
    operating.stop(Flow.WITHDRAWALS, reason="a test", by=STAFF)
    mpesa.pass_time(hours=25)
    mpesa.work()
    withdrawal.refresh_from_db()
    assert (withdrawal.state, mpesa.balance(member)) == (State.FAILED, 1_000_00)
    assert "is back in your wallet" in mpesa.texts(member)[0]


def test_what_waits_for_a_number_that_was_given_up_goes_back(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=100_00, channel="ussd")
    Member.objects.filter(pk=member.pk).update(phone="+254799000111")
    mpesa.work()
    withdrawal.refresh_from_db()
    assert safaricom.asked(PAYOUT) == []
    assert (withdrawal.state, mpesa.balance(member)) == (State.FAILED, 1_000_00)


def test_no_more_leaves_in_a_day_than_the_mode_allows(
    safaricom: Safaricom, settings: Settings
) -> None:
    settings.OPERATING_MODE = "partner"
    member, at = mpesa.member_with(1_000_00), timezone.now()
    most = operating_caps.caps(at=at).outflow_day_max_cents
    assert most is not None
    DayOutflow.objects.create(day=nairobi_date(at), cents=most - 100_00)
    with pytest.raises(OutflowReached):
        services.request(member.pk, amount_cents=100_01 * 2, channel="ussd")
    withdrawal = services.request(member.pk, amount_cents=100_00, channel="ussd")
    mpesa.work()
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, code=2040))
    mpesa.work()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.FAILED
    assert DayOutflow.objects.get().cents == most - 100_00, "what did not leave leaves room"
    assert DayUse.objects.get().cents == 0


def test_money_out_makes_room_for_what_was_held(safaricom: Safaricom) -> None:
    member = mpesa.member_with(19_900_00)
    account = wallets.account_of(member.pk)
    with transaction.atomic():
        posting.post(books.deposit(account, 500_00))
        limits.settle_excess(member.pk, account_id=account, at=timezone.now(), cause="test")
    assert wallets.standing_of(member.pk).held == 400_00
    services.request(member.pk, amount_cents=500_00, channel="ussd")
    assert wallets.standing_of(member.pk).held == 0


def test_the_timeline_can_be_read_out(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered))
    mpesa.work()
    withdrawal.refresh_from_db()
    told = [step for _, step in words.timeline(withdrawal)]
    assert told[0] == "KSh 500 were asked for by ussd"
    assert f"attempt 1: sent to M-Pesa as {ordered['OriginatorConversationID']}" in told
    assert "M-Pesa has paid it out (told by callback)" in told
    assert words.now(withdrawal) == "KSh 500 paid, M-Pesa receipt UKL5D6E7F8."
