"""A journal of two legs does the same by its own function as by the one for all."""

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import books
from wallets.ledger import accounts, holds, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.errors import KeyReused, Unbalanced
from wallets.ledger.models import Currency, JournalKind
from wallets.ledger.recipes import Draft, Leg

pytestmark = pytest.mark.django_db

_KINDS = (
    "transfer.sent", "deposit.settled", "withdrawal.reserved", "float.swept", "test.anything",
    "ledger.reversal", "ledger.manual", "gift",
)  # fmt: skip
_POSTS = {*_KINDS} - {"float.swept", "ledger.reversal", "gift"}
_AMOUNTS = (1_00, -95_01, 95_01, -1_00, 0, 2**53 - 1, 2**53, -(2**63), None)
_PAIR = "SELECT ledger_post_pair(%s, 'k', %s, '', %s, %s, %s)"
_WHOLE = """
    SELECT ledger_post(%s, 'k', %s, '', NULL, ARRAY[%s, %s]::bigint[], ARRAY[%s, %s]::bigint[])
"""
# Too great is told by PostgreSQL itself where it turns the amount round.
_SAME = {"22003": "NCL08"}


@pytest.fixture
def known() -> dict[str, int]:
    """One account of each sort: strict and hot, open and closed, of two currencies."""
    books.allow_anything()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        Currency.objects.create(code="USD", name="US dollar", scale=2)
        cursor.execute("SET LOCAL ROLE nannychain_app")
    held = books.wallet(100_00)
    holds.place(held, amount=5_00, key="h", expires_at=None)
    closed = books.wallet()
    accounts.close_account(closed)
    return {
        "held": held,
        "full": books.wallet(100_00),
        "empty": books.wallet(),
        "closed": closed,
        "float": books.paybill(),
        "clearing": accounts.open_account(Kind.PAYOUT_CLEARING, label="600000"),
        "fees": accounts.open_account(Kind.FEE_INCOME),
        "dollars": accounts.open_account(Kind.EQUITY, currency="USD"),
        "loans": accounts.open_account(Kind.LOANS),
        "nobody": 10**9,
    }


def _outcome(call: str, values: list[Any], known: dict[str, int]) -> Any:
    """Return what a call says and does, and undo it."""
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(call, values)
                (numbers,) = cursor.fetchone()
                cursor.execute(
                    "SELECT account_id, balance, version, held FROM wallets_balance"
                    " WHERE account_id = ANY (%s) ORDER BY 1",
                    [list(known.values())],
                )
                balances = cursor.fetchall()
                cursor.execute("SELECT * FROM wallets_unrolled ORDER BY 1, 2")
                unrolled = cursor.fetchall()
                cursor.execute(
                    "SELECT account_id, amount, balance_after, version FROM wallets_posting"
                    " WHERE journal_id = %s ORDER BY 1",
                    [numbers[0]],
                )
                postings = cursor.fetchall()
                cursor.execute(
                    "SELECT kind, key, accounts, amounts, effective_at, cause, reverses_id"
                    " FROM wallets_journal WHERE id = %s",
                    [numbers[0]],
                )
                return numbers[1:], balances, unrolled, postings, cursor.fetchall()
        except DatabaseError as error:
            state = error.__cause__.sqlstate  # type: ignore[union-attr]
            return _SAME.get(state, state)
        finally:
            transaction.set_rollback(True)


def _say(kind: str, sides: str) -> None:
    first = {"hot debits": 1, "hot credits": -1}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        for row in JournalKind.objects.filter(code=kind):
            row.sides = [] if sides == "none" else [first[sides], *row.sides[1:]]
            row.save()
        cursor.execute("SET LOCAL ROLE nannychain_app")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("sides", ["as they are", "none", "hot debits", "hot credits"])
def test_each_pair_of_accounts_ends_the_same_by_both(
    known: dict[str, int], kind: str, sides: str
) -> None:
    """Where what a kind says of its sides is stale, it may be refused, and no more than that."""
    seen = set()
    is_wrong = sides.startswith("hot")
    is_thorough = (kind, sides) == ("test.anything", "as they are")
    with transaction.atomic():
        if sides != "as they are":
            _say(kind, sides)
        for one, other in itertools.product(known.values(), repeat=2):
            for amount in _AMOUNTS if is_thorough else _AMOUNTS[:2]:
                off = None if amount is None else -amount
                values = [kind, books.MORNING, one, other]
                pair = _outcome(_PAIR, [*values, amount], known)
                whole = _outcome(_WHOLE, [*values, amount, off], known)
                assert pair == whole or (is_wrong and pair == "NCL03"), (one, other, amount)
                seen.add(pair if isinstance(pair, str) else "posted")
        transaction.set_rollback(True)
    if is_thorough:
        assert seen == {"posted", "NCL01", "NCL03", "NCL05", "NCL08"}
    assert is_wrong or ("posted" in seen) is (kind in _POSTS)
    assert is_wrong or kind not in {"transfer.sent", "withdrawal.reserved"} or "NCL01" in seen


def test_a_pair_is_known_again_by_either(known: dict[str, int]) -> None:
    legs = (Leg(known["held"], 10), Leg(known["full"], -10))
    draft = Draft(kind="transfer.sent", key="k", legs=legs, effective_at=books.MORNING)
    posted = posting.post(draft)
    with connection.cursor() as cursor:
        values = ["transfer.sent", books.MORNING, known["held"], known["full"]]
        cursor.execute(_WHOLE, [*values, 10, -10])
        balances = list(posted.balances.values())
        assert cursor.fetchone()[0] == [posted.journal_id, 0, *balances]
        cursor.execute(_PAIR, [*values, 10])
        assert cursor.fetchone()[0] == [posted.journal_id, 0, *balances]
    assert _outcome(_PAIR, [*values, 11], known) == "NCL02"
    with pytest.raises(KeyReused), transaction.atomic():
        posting.post(Draft(**{**vars(draft), "legs": (legs[0], Leg(known["empty"], -10))}))
    assert reading.standing(known["full"]).balance == 100_10


def test_two_legs_that_do_not_match_go_the_way_of_all(known: dict[str, int]) -> None:
    legs = (Leg(known["held"], 10), Leg(known["full"], -9))
    with pytest.raises(Unbalanced), transaction.atomic():
        posting.post(Draft(kind="transfer.sent", key="k", legs=legs, effective_at=books.MORNING))
