"""Writing off and settling breaks: two people, the amount as it stood, and a booking."""

import pytest
from django.utils import timezone

from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.services import OwnRequest, decide
from payments.reconciliation.breaks import review, services
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import State
from tests.factories import breaks, money
from tests.factories.breaks import ASKER
from wallets.ledger import accounts, reading
from wallets.ledger.chart import Kind
from wallets.ledger.errors import NotEnough
from wallets.ledger.models import Journal
from wallets.wallet import selectors as wallets

pytestmark = pytest.mark.django_db
WRITE_OFF, SETTLE = review.WRITE_OFF.code, review.SETTLE.code


def account(kind: Kind, label: str = "600000") -> int:
    return accounts.open_account(kind, label=label)


def losses() -> int:
    return accounts.open_account(Kind.RECONCILIATION_LOSSES)


def balance(of: int) -> int:
    return reading.standing(of).balance


def test_what_is_missing_becomes_a_loss_of_ours() -> None:
    float_ = account(Kind.PAYOUT_FLOAT)
    item = breaks.one(cents=-120_00, ledger_account_id=float_)
    breaks.approve(breaks.ask(WRITE_OFF, item))
    assert (balance(losses()), balance(float_)) == (120_00, -120_00)
    item.refresh_from_db()
    assert (item.state, item.is_settled) == (State.CLOSED, True)
    event = item.events.latest("pk")
    assert (event.what, event.by, event.amount_cents) == ("written_off", "Barasa", -120_00)
    assert Journal.objects.get().cause == f"break:{item.pk}"


def test_what_is_too_much_stays_in_suspense_and_is_no_gain() -> None:
    float_ = account(Kind.PAYBILL_FLOAT)
    item = breaks.one(cents=75_00, ledger_account_id=float_)
    breaks.approve(breaks.ask(WRITE_OFF, item))
    assert balance(float_) == balance(accounts.open_account(Kind.SUSPENSE_DIFFERENCES)) == 75_00
    assert reading.owed_to_customers() == 75_00


def test_money_that_was_given_back_and_paid_too_is_written_off_from_suspense() -> None:
    suspense = account(Kind.SUSPENSE_PAYOUTS)
    item = breaks.one(
        cents=-500_00, ledger_account_id=suspense, kind=BreakKind.CLEARING_OLD, subject="c:1"
    )
    breaks.approve(breaks.ask(WRITE_OFF, item))
    assert (balance(losses()), balance(suspense)) == (500_00, 500_00)


@pytest.mark.parametrize("cents", [-1_00, 1_00])
def test_a_members_wallet_pays_no_loss_and_gets_no_gift(cents: int) -> None:
    her = money.member(10_00)
    item = breaks.one(cents=cents, ledger_account_id=wallets.account_of(her.pk))
    with pytest.raises(review.NothingToBook):
        breaks.approve(breaks.ask(WRITE_OFF, item))
    assert money.balance(her) == 10_00


def test_money_in_suspense_is_never_taken_as_a_gain() -> None:
    item = breaks.one(cents=5_00, ledger_account_id=account(Kind.SUSPENSE_RECEIPTS))
    with pytest.raises(review.NothingToBook):
        breaks.approve(breaks.ask(WRITE_OFF, item))


def test_without_an_account_there_is_nothing_to_book() -> None:
    with pytest.raises(review.NothingToBook):
        breaks.approve(breaks.ask(WRITE_OFF, breaks.one()))


def test_who_asked_can_not_decide() -> None:
    request = breaks.ask(WRITE_OFF, breaks.one(ledger_account_id=account(Kind.PAYOUT_FLOAT)))
    with pytest.raises(OwnRequest):
        decide(request.pk, by=ASKER, approve=True, reason="mine")
    assert not Journal.objects.exists()


def test_another_amount_than_was_asked_for_is_not_booked() -> None:
    float_ = account(Kind.PAYOUT_FLOAT)
    item = breaks.one(cents=-120_00, ledger_account_id=float_)
    request = breaks.ask(WRITE_OFF, item)
    breaks.one(cents=-9_000_00, ledger_account_id=float_)
    with pytest.raises(review.HasChanged):
        breaks.approve(request)
    breaks.one(cents=-120_00, ledger_account_id=float_)  # the same again, and not the same thing
    with pytest.raises(review.HasChanged):
        breaks.approve(request)
    assert not Journal.objects.exists()
    assert ApprovalRequest.objects.get().state == "ASKED"


def test_what_is_over_meanwhile_is_not_booked() -> None:
    request = breaks.ask(WRITE_OFF, breaks.one(ledger_account_id=account(Kind.PAYOUT_FLOAT)))
    services.over("statement", not_seen_since=timezone.now(), why="it is listed")
    with pytest.raises(services.AlreadyClosed):
        breaks.approve(request)
    assert not Journal.objects.exists()


def test_the_bank_gives_no_more_than_it_has() -> None:
    item = breaks.one(ledger_account_id=account(Kind.TRUST_BANK, "kcb"))
    with pytest.raises(NotEnough):
        breaks.approve(breaks.ask(WRITE_OFF, item))
    item.refresh_from_db()
    assert item.state == State.OPEN


def test_a_line_that_two_people_settled_stays_settled() -> None:
    item = breaks.one()
    breaks.approve(breaks.ask(SETTLE, item))
    tally = services.find_all([breaks.found()], source="statement")
    assert (tally.settled, tally.reopened) == (1, 0)
    assert Break.objects.get().state == State.CLOSED


def test_a_balance_that_differs_again_opens_again_after_a_write_off() -> None:
    float_ = account(Kind.PAYOUT_FLOAT)
    state = {"kind": BreakKind.FLOAT_DIFFERS, "subject": "float:1", "ledger_account_id": float_}
    breaks.approve(breaks.ask(WRITE_OFF, breaks.one(cents=-5_00, **state)))
    item = breaks.one(cents=-7_00, **state)
    assert (item.state, item.is_settled) == (State.OPEN, False)
    breaks.approve(breaks.ask(WRITE_OFF, item))
    assert balance(losses()) == 12_00


def test_a_state_of_things_can_not_be_settled_away() -> None:
    item = breaks.one(kind=BreakKind.SAFEGUARDING_SHORT, subject="safeguarding")
    with pytest.raises(review.StillThere):
        breaks.approve(breaks.ask(SETTLE, item))
