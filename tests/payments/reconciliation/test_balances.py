"""What M-Pesa says that it holds, against our books: what is under way is no difference."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.reconciliation.balances import asking
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks.models import Break
from payments.withdrawals.models import Withdrawal
from tests.factories import breaks, floats, money, mpesa
from tests.factories import safaricom as posts
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


def going(cents: int, **fields: Any) -> Withdrawal:
    who: Member = money.member()
    given = {"asked_cents": cents, "amount_cents": cents, "fee_cents": 0, "tax_cents": 0, **fields}
    return Withdrawal.objects.create(
        member=who, phone=who.phone, shortcode=PAYOUT_SHORTCODE, channel="ussd", **given
    )


def open_break(subject: str) -> Break | None:
    return Break.objects.filter(subject=subject).exclude(state="CLOSED").first()


def test_each_of_our_numbers_is_asked_about_once(safaricom: Any, settings: Any) -> None:
    assert asking.ask_all() == 2
    asked = [body["PartyA"] for body in safaricom.asked(floats.BALANCE)]
    assert asked == [SHORTCODE, PAYOUT_SHORTCODE]
    settings.MPESA_B2C_SHORTCODE = SHORTCODE
    assert asking.ask_all() == 1


def test_nobody_is_asked_where_no_initiator_is_set_up(safaricom: Any, settings: Any) -> None:
    settings.MPESA_B2C_SHORTCODE = ""
    assert asking.ask_all() == 0
    assert not BalanceReading.objects.exists()


def test_what_agrees_is_no_break_wherever_mpesa_keeps_it(safaricom: Any) -> None:
    floats.fill_payouts(900_00)
    outcome = floats.tell_balance(
        safaricom, PAYOUT_SHORTCODE, utility=800_00, working=100_00, charges_paid=0
    )
    row = BalanceReading.objects.get()
    assert (outcome, row.told_cents, row.books_cents) == ("answered", 900_00, 900_00)
    assert row.difference_cents == row.unexplained_cents == 0
    assert not Break.objects.exists()


def test_a_difference_is_a_break_until_they_agree_again(safaricom: Any) -> None:
    floats.fill_payouts(900_00)
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=850_00)
    item = open_break(f"float:{PAYOUT_SHORTCODE}")
    assert item is not None
    assert (item.kind, item.amount_cents, item.reference) == ("float_differs", -50_00, "")
    assert item.ledger_account is not None
    assert item.ledger_account.kind_id == 1120
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=900_00)
    assert open_break(f"float:{PAYOUT_SHORTCODE}") is None


@pytest.mark.parametrize(
    ("told", "timing", "unexplained"),
    [
        (900_00, 0, 0),  # not paid yet
        (870_00, -30_00, 0),  # paid, and we don't know it yet
        (880_00, -20_00, 0),
        (869_00, -30_00, -1_00),
        (901_00, 0, 1_00),
    ],
)
def test_what_is_under_way_may_have_left_or_not(
    safaricom: Any, told: int, timing: int, unexplained: int
) -> None:
    floats.fill_payouts(900_00)
    going(30_00, state="SENT")
    going(500_00, state="RESERVED")  # M-Pesa hasn't heard of it
    going(700_00, state="PAID", due_at=None)
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=told)
    row = BalanceReading.objects.get()
    assert (row.timing_cents, row.unexplained_cents) == (timing, unexplained)
    assert (open_break(f"float:{PAYOUT_SHORTCODE}") is not None) is bool(unexplained)


def test_charges_that_nobody_booked_are_a_break_of_their_own(safaricom: Any) -> None:
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=0, charges_paid=-22_40)
    item = open_break(f"charges:{PAYOUT_SHORTCODE}")
    assert item is not None
    assert (item.kind, item.amount_cents) == ("charge_mismatch", -22_40)
    assert open_break(f"float:{PAYOUT_SHORTCODE}") is None
    floats.book("payouts_charged", 22_40, bank="")
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=0, charges_paid=-22_40)
    assert open_break(f"charges:{PAYOUT_SHORTCODE}") is None


def test_an_answer_counts_once(safaricom: Any) -> None:
    floats.tell_balance(safaricom, SHORTCODE, utility=10_00)
    (asked,) = safaricom.asked(floats.BALANCE)
    assert floats.answer_balance(asked, utility=99_00) == "known"
    assert BalanceReading.objects.get().told_cents == 10_00


def test_an_answer_to_an_older_question_does_not_win(safaricom: Any) -> None:
    asking.ask(SHORTCODE)
    older = safaricom.asked(floats.BALANCE)[0]
    floats.tell_balance(safaricom, SHORTCODE, utility=0)
    assert floats.answer_balance(older, utility=99_00) == "too late"
    assert open_break(f"float:{SHORTCODE}") is None


@pytest.mark.parametrize(("code", "told"), [(2001, {"utility": 5_00}), (0, {})])
def test_an_answer_that_tells_nothing_changes_nothing(
    safaricom: Any, code: int, told: dict[str, int]
) -> None:
    asking.ask(SHORTCODE)
    floats.answer_balance(safaricom.asked(floats.BALANCE)[0], code=code, **told)
    assert BalanceReading.objects.get().answered_at is None
    assert not Break.objects.exclude(kind="float_differs").exists()


def test_a_queue_timeout_leaves_it_to_the_next_hour(safaricom: Any) -> None:
    asking.ask(SHORTCODE)
    (asked,) = safaricom.asked(floats.BALANCE)

    assert posts.post(asked["QueueTimeOutURL"], {"anything": 1}) == 200
    assert mpesa.read_inbox() == ["queue timeout"]
    assert BalanceReading.objects.get().outcome


def test_a_day_of_silence_is_a_break_until_an_answer_comes(safaricom: Any) -> None:
    floats.tell_balance(safaricom, SHORTCODE, utility=0)
    now = timezone.now()
    asking.tell_silence(at=now + asking.SILENT_AFTER - timedelta(minutes=1))
    assert not Break.objects.exists()
    asking.tell_silence(at=now + asking.SILENT_AFTER + timedelta(minutes=1))
    assert open_break(f"balance:{SHORTCODE}") is not None
    floats.tell_balance(safaricom, SHORTCODE, utility=0)
    assert open_break(f"balance:{SHORTCODE}") is None


def test_a_written_off_difference_is_over(safaricom: Any) -> None:
    floats.fill_payouts(900_00)
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=850_00)
    item = open_break(f"float:{PAYOUT_SHORTCODE}")
    assert item is not None
    breaks.approve(breaks.ask("break.write_off", item))
    floats.tell_balance(safaricom, PAYOUT_SHORTCODE, utility=850_00)
    assert open_break(f"float:{PAYOUT_SHORTCODE}") is None
