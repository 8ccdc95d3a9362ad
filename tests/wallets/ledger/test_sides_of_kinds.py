"""The kind of journal says which leg is hot; where that is stale, nothing breaks."""

from collections.abc import Sequence

import pytest
from django.db import connection, transaction

from tests.factories import books
from wallets.ledger import accounts, posting, reading, syncing
from wallets.ledger.chart import Kind
from wallets.ledger.checking import services
from wallets.ledger.errors import AccountUnavailable, NotAllowed, Unbalanced
from wallets.ledger.models import JournalKind, Posting
from wallets.ledger.recipes import Draft, Leg

pytestmark = pytest.mark.django_db


def _say(kind: str, sides: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        JournalKind.objects.filter(code=kind).update(sides=list(sides))
        cursor.execute("SET LOCAL ROLE nannychain_app")


def test_sides_are_written_from_chart_and_recipes() -> None:
    deposit = JournalKind.objects.get(code="deposit.settled")
    assert deposit.sides == [1, *deposit.debits, *(-code for code in deposit.credits)]
    assert JournalKind.objects.get(code="transfer.sent").sides[0] == 0
    assert JournalKind.objects.get(code="withdrawal.reserved").sides[0] == -1
    assert JournalKind.objects.get(code="float.swept").sides[0] == 1  # both sides are hot


def test_before_they_are_written_all_is_posted_as_ever() -> None:
    """As between a migration and what follows it."""
    _say("deposit.settled", [])
    _say("transfer.sent", [])
    one, two = books.wallet(), books.wallet()
    paybill = books.paybill()
    before = reading.standing(paybill).balance
    posting.post(books.deposit(one, 5_00))
    posting.post(books.transfer(one, two, 2_00))
    assert [reading.standing(each).balance for each in (one, two)] == [3_00, 2_00]
    assert reading.standing(paybill).balance == before + 5_00
    with pytest.raises(NotAllowed), transaction.atomic():
        posting.post(books.transfer(one, paybill, 1_00))
    _sync()


@pytest.mark.parametrize("hot", [1, -1])
def test_a_strict_account_is_never_taken_for_a_hot_one(hot: int) -> None:
    one, two = books.wallet(5_00), books.wallet()
    kind = JournalKind.objects.get(code="transfer.sent")
    _say("transfer.sent", [hot, *kind.sides[1:]])
    with pytest.raises(Unbalanced), transaction.atomic():
        posting.post(books.transfer(one, two, 1_00))
    assert reading.standing(one).balance == 5_00
    _sync()
    posting.post(books.transfer(one, two, 1_00))


def _sync() -> None:
    """Do what follows a migration."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        syncing.sync()
        cursor.execute("SET LOCAL ROLE nannychain_app")


@pytest.mark.parametrize("is_turned", [True, False])
def test_a_kind_that_may_touch_all_notes_what_hot_accounts_get(is_turned: bool) -> None:
    books.allow_anything()
    wallet, paybill = books.wallet(5_00), books.paybill()
    before = reading.standing(paybill).balance
    amount = -1_00 if is_turned else 1_00
    posted = posting.post(
        books.anything(*sorted([Leg(paybill, amount), Leg(wallet, -amount)], key=_account))
    )
    assert reading.standing(paybill).balance == before + amount
    assert posted.balances == {wallet: -5_00 - amount}
    hot = Posting.objects.get(journal=posted.journal_id, account=paybill)
    assert (hot.version, hot.balance_after) == (None, None)


def test_two_hot_accounts_are_both_noted() -> None:
    """One kind has a hot side and takes any account on the other; one has hot accounts alone."""
    paybill = books.paybill()
    transit = accounts.open_account(Kind.SETTLEMENT_IN_TRANSIT, label="600000")
    suspense = accounts.open_account(Kind.SUSPENSE_RECEIPTS)
    before = [reading.standing(each).balance for each in (paybill, transit, suspense)]
    for kind, debited, credited in (
        ("float.swept", transit, paybill),
        ("paybill.received", paybill, suspense),
    ):
        legs = tuple(sorted([Leg(debited, 3_00), Leg(credited, -3_00)], key=_account))
        posted = posting.post(Draft(kind=kind, key=kind, legs=legs, effective_at=books.MORNING))
        assert posted.balances == {}
    after = [reading.standing(each).balance for each in (paybill, transit, suspense)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 3_00, 3_00]


def test_a_stale_hot_leg_is_noted_all_the_same() -> None:
    """Its kind may be debited, and `sides` doesn't say so."""
    deposit = JournalKind.objects.get(code="deposit.settled")
    _say("deposit.settled", [1, *(-code for code in deposit.credits)])
    wallet, paybill = books.wallet(), books.paybill()
    before = reading.standing(paybill).balance
    posting.post(books.deposit(wallet, 5_00))
    assert reading.standing(paybill).balance == before + 5_00
    _sync()


@pytest.mark.broken_books
def test_the_nightly_check_compares_sides_with_kinds() -> None:
    kind = JournalKind.objects.get(code="transfer.sent")
    _say("transfer.sent", [0, *kind.sides[1:], 5090])
    faults = services.verify().faults
    assert [
        fault for fault in faults if fault.startswith("sides_say_what_kinds_may: kind transfer")
    ]
    _sync()
    assert services.verify().faults == []


def _account(leg: Leg) -> int:
    return leg.account_id


def test_a_deposit_to_an_account_that_there_is_not_is_refused() -> None:
    with pytest.raises(AccountUnavailable), transaction.atomic():
        posting.post(books.deposit(10**9, 1_00))
