"""What M-Pesa says of a prompt, by callback or when asked, and what follows from each code."""

import pytest

from nannychain.alerts.models import Alert
from payments.deposits import services
from payments.deposits.models import Deposit
from payments.deposits.states import State
from tests.factories import mpesa
from tests.factories.safaricom import (
    CUT,
    HTML,
    PUSH,
    QUERY,
    SPIKE_ARREST,
    Answer,
    Safaricom,
    checkout_id,
    error,
    post,
    push_result,
)
from wallets.ledger.models import Journal
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1, State.DECLINED),
        (1032, State.DECLINED),
        (2001, State.DECLINED),
        (17, State.DECLINED),
        (1019, State.EXPIRED),
        (1037, State.EXPIRED),
        ("SFC_IC0003", State.DECLINED),
    ],
)
def test_a_no_is_told_with_its_reason_and_nothing_is_booked(
    safaricom: Safaricom, code: int | str, state: State
) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, code=code, ResultDesc="Rule limited."))
    mpesa.work()
    assert (_now(deposit), _settled()) == (state, 0)
    assert len(mpesa.texts(member)) == 1


def test_a_code_that_nobody_knows_stays_pending_and_shouts(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, code=7777))
    mpesa.work()
    assert _now(deposit) == State.SENT
    assert Alert.objects.filter(key__contains="7777").exists()
    post(pushed["CallBackURL"], push_result(pushed))
    mpesa.work()
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)


def test_an_uncertain_failure_of_a_query_waits_until_the_prompt_is_over(
    safaricom: Safaricom,
) -> None:
    deposit = _sent(mpesa.member_with())
    safaricom.push_results[checkout_id(1)] = ("1037", "DS timeout user cannot be reached")
    mpesa.pass_time(seconds=20)
    mpesa.work()
    assert _now(deposit) == State.SENT
    mpesa.pass_time(seconds=80)
    mpesa.work()
    assert _now(deposit) == State.EXPIRED


def test_no_answer_to_a_question_is_no_failure(safaricom: Safaricom) -> None:
    member = mpesa.member_with()
    deposit = _sent(member)
    being_done = error("500.001.1001", "The transaction is being processed")
    safaricom.plan(QUERY, being_done, HTML, CUT, Answer(500, b"<soap:Fault/>"), SPIKE_ARREST)
    for _ in range(8):
        mpesa.pass_time(minutes=10)
        mpesa.work()
    assert len(safaricom.asked(QUERY)) in (4, 5), "less and less often"
    assert _now(deposit) == State.UNKNOWN
    safaricom.plans.clear()
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    for _ in range(2):
        mpesa.pass_time(hours=6)
        mpesa.work()
    assert (_now(deposit), mpesa.balance(member)) == (State.PAID, 500_00)


def test_what_mpesa_never_tells_is_told_to_staff_after_a_day(safaricom: Safaricom) -> None:
    deposit = _sent(mpesa.member_with())
    for _ in range(30):
        mpesa.pass_time(hours=1)
        mpesa.work()
    assert _now(deposit) == State.EXPIRED
    assert len(safaricom.asked(QUERY)) < 20
    assert Alert.objects.filter(key=f"deposit:unclear:{deposit.pk}").exists()
