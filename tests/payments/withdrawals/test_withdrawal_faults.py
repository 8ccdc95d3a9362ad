"""Whatever M-Pesa does with a payout, it is paid once or given back once, and the truth is told."""

from typing import Any

import pytest
from django.db import connection

from nannychain.alerts.models import Alert
from payments.withdrawals import asking, sending, services
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import Attempt, State
from tests.factories import mpesa
from tests.factories.safaricom import (
    CUT,
    HTML,
    INVALID_TOKEN,
    PAYOUT,
    SPIKE_ARREST,
    STATUS,
    TOKEN,
    Answer,
    Safaricom,
    error,
    payout_result,
    post,
    status_result,
)
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


def _sent(member: Member, cents: int = 500_00) -> Withdrawal:
    withdrawal = services.request(member.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    withdrawal.refresh_from_db()
    return withdrawal


def _now(withdrawal: Withdrawal) -> State:
    withdrawal.refresh_from_db()
    return State(withdrawal.state)


def _clearing() -> int:
    return mpesa.standing(Kind.PAYOUT_CLEARING, mpesa.PAYOUT_SHORTCODE)


def _paid_out() -> int:
    return -mpesa.standing(Kind.PAYOUT_FLOAT, mpesa.PAYOUT_SHORTCODE)


def _ask(safaricom: Safaricom, **minutes: float) -> dict[str, Any]:
    """Let time pass until M-Pesa is asked; return the question."""
    before = len(safaricom.asked(STATUS))
    mpesa.pass_time(**(minutes or {"minutes": 2}))
    mpesa.work()
    questions = safaricom.asked(STATUS)
    assert len(questions) == before + 1
    return questions[-1]


def test_the_result_is_lost_and_the_status_query_tells(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    question = _ask(safaricom)
    assert question["OriginalConversationID"] == PayoutAttempt.objects.get().originator_id
    assert _now(withdrawal) == State.UNKNOWN
    post(question["ResultURL"], status_result(question))
    assert mpesa.work() == ["paid"]
    assert (_now(withdrawal), withdrawal.receipt) == (State.PAID, "UKL5D6E7F8")
    assert (mpesa.balance(member), _clearing(), _paid_out()) == (495_00, 0, 500_00)


def test_the_result_comes_twice_and_once_more_in_other_words(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    for words in ("Done.", "Done.", "Processed."):
        post(ordered["ResultURL"], payout_result(ordered, ResultDesc=words))
    assert sorted(mpesa.work()) == ["known", "paid"]
    assert (mpesa.balance(member), _paid_out()) == (495_00, 500_00)
    assert len(mpesa.texts(member)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_result_comes_before_the_answer(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)

    def result_first(body: dict[str, Any]) -> None:
        post(body["ResultURL"], payout_result(body))
        mpesa.read_inbox()
        connection.close()

    safaricom.plan(PAYOUT, result_first)
    withdrawal = _sent(member)
    assert withdrawal.state == State.PAID
    assert PayoutAttempt.objects.get().state == Attempt.PAID
    assert (mpesa.balance(member), _paid_out()) == (495_00, 500_00)


@pytest.mark.django_db(transaction=True)
def test_a_failure_comes_before_the_answer(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)

    def result_first(body: dict[str, Any]) -> None:
        post(body["ResultURL"], payout_result(body, code=2040))
        mpesa.read_inbox()
        connection.close()

    safaricom.plan(PAYOUT, result_first)
    withdrawal = _sent(member)
    assert (withdrawal.state, mpesa.balance(member)) == (State.FAILED, 1_000_00)


@pytest.mark.parametrize("answer", [CUT, HTML, Answer(500, b"<soap:Fault/>"), Answer(504, b"")])
def test_a_lost_or_senseless_answer_is_unknown_and_never_ordered_again(
    safaricom: Safaricom, answer: Answer
) -> None:
    member = mpesa.member_with(1_000_00)
    safaricom.plan(PAYOUT, answer)
    withdrawal = _sent(member)
    assert withdrawal.state == State.UNKNOWN
    assert (mpesa.balance(member), _clearing()) == (495_00, 505_00)
    question = _ask(safaricom)
    post(question["ResultURL"], status_result(question))
    mpesa.work()
    assert (_now(withdrawal), _paid_out()) == (State.PAID, 500_00)
    assert len(safaricom.asked(PAYOUT)) == 1


def test_the_answer_is_lost_after_acceptance_and_the_result_comes(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)

    def take_and_cut(body: dict[str, Any]) -> Answer:
        safaricom.usual(PAYOUT, body)
        return CUT

    safaricom.plan(PAYOUT, take_and_cut)
    withdrawal = _sent(member)
    assert withdrawal.state == State.UNKNOWN
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered))
    mpesa.work()
    assert (_now(withdrawal), mpesa.balance(member)) == (State.PAID, 495_00)


def test_an_id_that_mpesa_knows_already_is_a_question_and_no_failure(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    safaricom.plan(PAYOUT, error("500.002.1001", "Duplicate OriginatorConversationID."))
    withdrawal = _sent(member)
    assert (withdrawal.state, mpesa.balance(member)) == (State.UNKNOWN, 495_00)
    question = _ask(safaricom)
    post(question["ResultURL"], status_result(question))
    mpesa.work()
    assert _now(withdrawal) == State.PAID


def test_a_queue_timeout_is_asked_about_and_our_credential_is_not_kept(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["QueueTimeOutURL"], ordered)  # our own request, echoed
    mpesa.work()
    assert _now(withdrawal) == State.UNKNOWN
    assert ordered["SecurityCredential"] not in _dump("nannychain_inboxmessage", "body")
    (question,) = safaricom.asked(STATUS)
    post(question["ResultURL"], status_result(question))
    mpesa.work()
    assert (_now(withdrawal), mpesa.balance(member)) == (State.PAID, 495_00)


def test_the_token_is_invalidated_by_somebody_else(safaricom: Safaricom) -> None:
    safaricom.plan(PAYOUT, INVALID_TOKEN)
    withdrawal = _sent(mpesa.member_with(1_000_00))
    assert withdrawal.state == State.SENT
    assert (len(safaricom.asked(TOKEN)), len(safaricom.asked(PAYOUT))) == (2, 2)


def test_a_spike_arrest_parks_it_and_the_next_attempt_has_a_new_id(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    safaricom.plan(PAYOUT, SPIKE_ARREST)
    withdrawal = _sent(member)
    assert withdrawal.state == State.PARKED
    mpesa.pass_time(minutes=3)
    mpesa.work()
    first, second = safaricom.asked(PAYOUT)
    assert first["OriginatorConversationID"] != second["OriginatorConversationID"]
    post(second["ResultURL"], payout_result(second))
    mpesa.work()
    assert (_now(withdrawal), mpesa.balance(member)) == (State.PAID, 495_00)


@pytest.mark.parametrize(
    ("code", "words"),
    [(8, "can't hold that much"), (2040, "not registered"), ("SFC_IC0003", "not registered")],
)
def test_a_full_or_unregistered_phone_gives_the_money_back_and_says_so(
    safaricom: Safaricom, code: int | str, words: str
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, code=code))
    mpesa.work()
    assert (_now(withdrawal), mpesa.balance(member), _clearing()) == (State.FAILED, 1_000_00, 0)
    (text,) = mpesa.texts(member)
    assert words in text
    assert "KSh 505 is back in your wallet. Balance KSh 1,000." in text


@pytest.mark.parametrize("codes", [(17, 8), (17, 17), (17, 2040)])
def test_what_mpesa_tells_unasked_does_not_confirm_a_failure(
    safaricom: Safaricom, codes: tuple[int, int]
) -> None:
    """It might be paid for all that, and what failed in that way is tried once more."""
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    for number, code in enumerate(codes):
        post(ordered["ResultURL"], payout_result(ordered, code=code, ResultDesc=f"No. {number}"))
    assert mpesa.work() == ["to be confirmed", "to be confirmed"]
    assert (_now(withdrawal), withdrawal.failure_code) == (State.UNKNOWN, "17")
    question = _ask(safaricom)
    post(question["ResultURL"], status_result(question))
    mpesa.work()
    assert (_now(withdrawal), len(safaricom.asked(PAYOUT))) == (State.NEEDS_REVIEW, 1)


def test_a_failure_after_the_success_changes_nothing(safaricom: Safaricom) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered))
    post(ordered["ResultURL"], payout_result(ordered, code=2040))
    assert mpesa.work() == ["paid", "had ended"]
    assert (_now(withdrawal), mpesa.balance(member)) == (State.PAID, 495_00)


def test_a_success_after_the_failure_is_booked_in_suspense_and_staff_are_told(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, code=2040))
    post(ordered["ResultURL"], payout_result(ordered))
    post(ordered["ResultURL"], payout_result(ordered, ResultDesc="Again."))
    mpesa.work()
    assert (_now(withdrawal), mpesa.balance(member)) == (State.FAILED, 1_000_00)
    assert _paid_out() == 500_00, "the float is what M-Pesa says that it is"
    assert mpesa.standing(Kind.SUSPENSE_PAYOUTS, mpesa.PAYOUT_SHORTCODE) == -500_00
    assert Alert.objects.filter(key=f"withdrawal:contradicted:{withdrawal.pk}").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 5000},
        {"amount": "500.50"},
        {"receipt": ""},
        {"OriginatorConversationID": "somebody-elses"},
    ],
)
def test_a_body_that_does_not_fit_is_kept_and_not_believed(
    safaricom: Safaricom, changes: dict[str, Any]
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = _sent(member)
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, **changes))
    (outcome,) = mpesa.work()
    assert outcome.startswith("quarantined")
    assert (_now(withdrawal), _clearing(), _paid_out()) == (State.UNKNOWN, 505_00, 0)
    assert len(safaricom.asked(STATUS)) == 1, "M-Pesa is asked instead"


def test_a_forged_result_to_a_guessed_address_is_nothing(safaricom: Safaricom) -> None:
    withdrawal = _sent(mpesa.member_with(1_000_00))
    (ordered,) = safaricom.asked(PAYOUT)
    assert post("/cb/" + "0" * 32 + "/payout/result", payout_result(ordered)) == 404
    assert post("/mpesa/b2c/result", payout_result(ordered)) == 200
    assert mpesa.work() == ["asked"]
    assert _now(withdrawal) == State.UNKNOWN
    assert len(safaricom.asked(STATUS)) == 1


def test_a_masked_name_is_no_reason_to_doubt(safaricom: Safaricom) -> None:
    withdrawal = _sent(mpesa.member_with(1_000_00))
    (ordered,) = safaricom.asked(PAYOUT)
    post(ordered["ResultURL"], payout_result(ordered, name="2547 ***** 126 - W***** K****"))
    mpesa.work()
    assert _now(withdrawal) == State.PAID


def test_a_worker_that_died_in_the_middle_leaves_it_unknown_and_not_ordered_again(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_00, channel="ussd")
    claim = sending._claim(withdrawal.pk)  # and then it was killed
    assert claim is not None
    mpesa.pass_time(minutes=5)
    mpesa.work()
    assert _now(withdrawal) == State.UNKNOWN
    assert sending._claim(withdrawal.pk) is None
    assert safaricom.asked(PAYOUT) == []


def test_what_mpesa_does_not_know_is_never_guessed_and_left_to_people(
    safaricom: Safaricom,
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = services.request(member.pk, amount_cents=500_00, channel="ussd")
    assert sending._claim(withdrawal.pk) is not None
    mpesa.pass_time(minutes=5)
    mpesa.work()
    for _ in range(20):
        mpesa.pass_time(hours=3)
        mpesa.work()
        for question in safaricom.asked(STATUS)[-1:]:
            post(question["ResultURL"], status_result(question, code=2032))
        mpesa.read_inbox()
    assert (_now(withdrawal), mpesa.balance(member), _clearing()) == (
        State.NEEDS_REVIEW,
        495_00,
        505_00,
    )
    assert len(safaricom.asked(STATUS)) <= len(asking.PAUSES)
    assert Alert.objects.filter(key=f"withdrawal:review:{withdrawal.pk}").exists()
    assert len(mpesa.texts(member)) == 1, "she was told that it takes longer"


def _dump(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg({column}::text, ' ') FROM {table}")
        return str(cursor.fetchone()[0])
