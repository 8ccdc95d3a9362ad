"""Moves of our own money: proposed by one, booked by another, each once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nannychain.approvals.services import OwnRequest, decide
from payments.reconciliation.floats import services
from payments.reconciliation.floats.models import FloatMove
from payments.reconciliation.floats.moves import MOVES
from payments.reconciliation.statements import postings as statements
from tests.factories import breaks, floats, money
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.ledger.errors import KeyReused, NotEnough
from wallets.ledger.models import Journal, Posting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def our_numbers(settings: Any) -> None:
    floats.numbers(settings)


def test_money_goes_from_the_bank_to_the_float_for_payouts() -> None:
    floats.own_money_in_trust(50_000_00)
    floats.book("to_mpesa", 50_000_00)
    assert floats.standing(Kind.TRUST_BANK, "kcb") == 0
    assert floats.standing(Kind.BANK_IN_TRANSIT, PAYOUT_SHORTCODE) == 50_000_00
    floats.book("at_payouts", 50_000_00)
    assert floats.standing(Kind.BANK_IN_TRANSIT, PAYOUT_SHORTCODE) == 0
    assert floats.standing(Kind.PAYOUT_FLOAT, PAYOUT_SHORTCODE) == 50_000_00


def test_what_came_in_is_swept_to_the_bank() -> None:
    money.member(900_00)  # lies under the number of the ledger's tests
    for kind in ("swept", "settled", "to_bank", "at_bank"):
        floats.book(kind, 500_00)
    assert floats.standing(Kind.PAYBILL_FLOAT, SHORTCODE) == 400_00
    assert floats.standing(Kind.SETTLEMENT_IN_TRANSIT, SHORTCODE) == 0
    assert floats.standing(Kind.WORKING_FLOAT, SHORTCODE) == 0
    assert floats.standing(Kind.TRUST_BANK, "kcb") == 500_00


@pytest.mark.parametrize(
    ("reckoned", "taken", "number", "kind"),
    [
        ("charged", "charges_taken", SHORTCODE, Kind.PAYBILL_FLOAT),
        ("payouts_charged", "payout_charges_taken", PAYOUT_SHORTCODE, Kind.PAYOUT_FLOAT),
    ],
)
def test_charges_are_owed_until_they_are_taken(
    reckoned: str, taken: str, number: str, kind: Kind
) -> None:
    floats.book(reckoned, 22_40, bank="")
    assert floats.standing(Kind.CHARGES_PAYABLE, number) == 22_40
    assert floats.standing(Kind.MPESA_CHARGES) == 22_40
    floats.book(taken, 22_40, bank="")
    assert floats.standing(Kind.CHARGES_PAYABLE, number) == 0
    assert floats.standing(kind, number) == -22_40


@pytest.mark.parametrize("code", sorted(MOVES))
def test_each_move_debits_and_credits_what_its_line_says(code: str) -> None:
    line = MOVES[code]
    for kind in (Kind.TRUST_BANK, Kind.OWN_BANK):  # strict: they give only what they have
        if line.credits is kind:
            floats.book("capital", 10_000_00)
        if line.credits is kind is Kind.TRUST_BANK:
            floats.book("own_into_pool", 10_000_00)
    move = floats.book(code, 7_00)
    legs = {
        Kind(kind): amount
        for kind, amount in Posting.objects.filter(journal=move.journal_id).values_list(
            "account__kind", "amount"
        )
    }
    assert legs == {line.debits: 7_00, line.credits: -7_00}
    assert Journal.objects.get(pk=move.journal_id).effective_at == move.happened_at


def test_nothing_is_booked_before_another_person_approves() -> None:
    move, request = floats.propose("capital", 100)
    assert (move.journal_id, Journal.objects.count()) == (None, 0)
    with pytest.raises(OwnRequest):
        decide(request.pk, by=breaks.ASKER, approve=True, reason="mine")
    breaks.approve(request)
    move.refresh_from_db()
    assert move.journal_id is not None


def test_one_slip_is_booked_once() -> None:
    _, twice = floats.propose("capital", 100, reference="SLIP A")
    floats.book("capital", 100, reference="SLIP A")
    with pytest.raises(services.BookedBefore):
        floats.propose("capital", 100, reference="SLIP A")
    with pytest.raises(services.BookedBefore):
        breaks.approve(twice)
    assert Journal.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"bank": ""},
        {"bank": "=cmd()"},
        {"reference": ""},
        {"reference": "x"},
        {"happened_at": timezone.now() + timedelta(days=1)},
    ],
)
def test_what_is_incomplete_or_lies_ahead_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(services.MalformedMove):
        floats.propose("to_mpesa", 100, **wrong)
    assert not FloatMove.objects.exists()


@pytest.mark.parametrize("cents", [0, -1, 2**53])
def test_an_amount_is_above_zero_and_not_too_great(cents: int) -> None:
    with pytest.raises(services.MalformedMove):
        floats.propose("capital", cents)


def test_there_is_no_other_move() -> None:
    with pytest.raises(services.MalformedMove):
        floats.propose("to_my_pocket", 100)


def test_the_bank_gives_only_what_it_has() -> None:
    _, request = floats.propose("to_mpesa", 100)
    with pytest.raises(NotEnough):
        breaks.approve(request)


def test_customers_money_does_not_leave_the_pool() -> None:
    money.member(1_000_00)
    floats.own_money_in_trust(300_00)
    _, request = floats.propose("own_out_of_pool", 300_01)
    with pytest.raises(services.WouldBeShort):
        breaks.approve(request)
    floats.book("own_out_of_pool", 300_00)
    assert floats.standing(Kind.OWN_BANK, "kcb") == 300_00


def test_a_proposal_stays_as_it_was() -> None:
    move, _ = floats.propose("capital", 100)
    booked = floats.book("capital", 100)
    for change in (
        lambda: FloatMove.objects.filter(pk=move.pk).update(amount_cents=1),
        lambda: FloatMove.objects.filter(pk=move.pk).delete(),
        lambda: FloatMove.objects.filter(pk=booked.pk).update(journal_id=None, booked_at=None),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_move_that_a_statement_has_booked_is_not_booked_twice() -> None:
    receipt = "UKT1A2B3C4"
    to = accounts.open_account(Kind.PAYOUT_FLOAT, label=PAYOUT_SHORTCODE)
    out_of = accounts.open_account(Kind.BANK_IN_TRANSIT, label=PAYOUT_SHORTCODE)
    draft = statements.swept(
        receipt=receipt,
        to=to,
        out_of=out_of,
        amount_cents=500_00,
        effective_at=timezone.now(),
    )
    booked = posting.post(draft)
    move = floats.book("at_payouts", 500_00, bank="", reference=receipt)
    assert move.journal_id == booked.journal_id
    assert floats.standing(Kind.PAYOUT_FLOAT, PAYOUT_SHORTCODE) == 500_00
    assert not posting.post(draft).is_new


def test_a_slip_says_what_the_statement_says_or_nothing_is_booked() -> None:
    receipt = "UKT1A2B3C4"
    floats.book("at_payouts", 500_00, bank="", reference=receipt)
    _, request = floats.propose("paybill_to_payouts", 500_00, bank="", reference=receipt)
    with pytest.raises(KeyReused):
        breaks.approve(request)
