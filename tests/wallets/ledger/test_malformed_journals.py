"""What no journal can be: refused in Python, and by PostgreSQL whoever asks; nothing is written."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import books
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Journal, Posting
from wallets.ledger.recipes import Leg, MalformedJournal, credit, debit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def anything() -> None:
    books.allow_anything()


@pytest.mark.parametrize("amount", [1.0, 10.5, "10", True, None])
def test_only_whole_numbers_are_amounts(amount: Any) -> None:
    with pytest.raises((TypeError, MalformedJournal)):
        Leg(1, amount)


@pytest.mark.parametrize("amount", [0, -1, -(10**9)])
def test_an_amount_is_above_zero(amount: int) -> None:
    with pytest.raises(MalformedJournal):
        debit(1, amount)


@pytest.mark.parametrize("amount", [2**53, 2**63 - 1, 2**63, 10**30])
def test_an_amount_that_is_too_great_is_refused(amount: int) -> None:
    with pytest.raises(MalformedJournal):
        credit(1, amount)


@pytest.mark.parametrize("key", ["", "a\0b", "a\nb", "\ud800", "k" * 121])
def test_a_key_is_one_short_line(key: str) -> None:
    with pytest.raises(MalformedJournal):
        replace(books.anything(debit(1, 1), credit(2, 1)), key=key)


@pytest.mark.parametrize("cause", ["a\0b", "a\r\nb", "c" * 121])
def test_a_cause_is_one_short_line(cause: str) -> None:
    with pytest.raises(MalformedJournal):
        replace(books.anything(debit(1, 1), credit(2, 1)), cause=cause)


def test_a_journal_has_two_legs_on_two_accounts_and_an_instant() -> None:
    draft = books.anything(debit(1, 1), credit(2, 1))
    for legs in ((), (debit(1, 1),), (debit(1, 1), credit(1, 1))):
        with pytest.raises(MalformedJournal):
            replace(draft, legs=legs)
    with pytest.raises(MalformedJournal):
        replace(draft, effective_at=books.MORNING.replace(tzinfo=None))


# What PostgreSQL itself says: no such function, not null.
_NO_FUNCTION, _NULL = "42883", "23502"


@pytest.mark.parametrize(
    ("accounts", "amounts", "state"),
    [
        ("ARRAY[1.5, 2.5]", "ARRAY[10, -10]", _NO_FUNCTION),
        ("ARRAY[1, 2]::float8[]", "ARRAY[10, -10]::float8[]", _NO_FUNCTION),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[10.0, -10.0]", _NO_FUNCTION),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[1e30, -1e30]", _NO_FUNCTION),
        ("NULL", "NULL", "NCL08"),
        ("ARRAY[]::bigint[]", "ARRAY[]::bigint[]", "NCL08"),
        ("ARRAY[{a}]::bigint[]", "ARRAY[10]::bigint[]", "NCL08"),
        ("ARRAY[{a}]::bigint[]", "ARRAY[0]::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[10]::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[10, -10, 5]::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "NULL", "NCL08"),
        ("ARRAY[{a}, {a}]::bigint[]", "ARRAY[10, -10]::bigint[]", "NCL08"),
        ("ARRAY[{b}, {a}]::bigint[]", "ARRAY[10, -10]::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[10, NULL]::bigint[]", "NCL08"),
        ("ARRAY[{a}, NULL]::bigint[]", "ARRAY[10, -10]::bigint[]", "NCL08"),
        ("ARRAY[[{a}, {b}]]::bigint[]", "ARRAY[[10, -10]]::bigint[]", "NCL08"),
        ("'[0:1]={{{a},{b}}}'::bigint[]", "'[0:1]={{10,-10}}'::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[0, 0]::bigint[]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[9007199254740992, -9007199254740992]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[9223372036854775807, -9223372036854775807]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[1, -9223372036854775808]", "NCL08"),
        ("ARRAY[{a}, {b}]::bigint[]", "ARRAY[-9223372036854775808, -1]", "NCL08"),
        ("ARRAY[{a}, {b}, {c}]::bigint[]", "ARRAY[9223372036854775807, 2, -1]", "NCL08"),
        ("ARRAY[{a}, {b}, {c}]::bigint[]", "ARRAY[10, -9, -2]", "NCL03"),
    ],
)
def test_what_is_malformed_is_refused_by_the_function_itself(
    accounts: str, amounts: str, state: str
) -> None:
    ids = {name: books.wallet(100_00) for name in "abc"}
    before = Posting.objects.count()
    call = f"SELECT ledger_post('test.anything', 'k', now(), '', NULL, {accounts}, {amounts}"
    call = (call + ("::bigint[])" if state not in (_NO_FUNCTION,) else ")")).format(**ids)

    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(call)

    assert refused.value.__cause__.sqlstate == state  # type: ignore[union-attr]
    assert Posting.objects.count() == before
    assert not Journal.objects.filter(key="k").exists()


@pytest.mark.parametrize(
    ("accounts", "amounts", "state"),
    [
        ("ARRAY[{a}]", "ARRAY[10]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[10, -11]", "NCL03"),
        ("ARRAY[{a}, {b}]", "ARRAY[10, NULL]", "NCL08"),
        ("ARRAY[{a}, NULL]", "ARRAY[10, -10]", "NCL08"),
        ("ARRAY[{a}, {a}]", "ARRAY[10, -10]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[0, 0]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[9007199254740992, -9007199254740992]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[10]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[10, -10, 5]", "NCL08"),
        ("ARRAY[{a}, {b}]", "ARRAY[10, -10, NULL]", "NCL08"),
        ("ARRAY[[{a}, {b}]]", "ARRAY[[10, -10]]", "NCL08"),
        ("NULL", "NULL", _NULL),
    ],
)
def test_what_is_malformed_is_refused_in_a_batch_too(
    accounts: str, amounts: str, state: str
) -> None:
    ids = {name: books.wallet(100_00) for name in "ab"}
    before = Journal.objects.count()
    call = (
        "SELECT ledger_post_batch(ARRAY['test.anything'], ARRAY['k'], ARRAY[now()], ARRAY[''],"
        f" ARRAY[({accounts}::bigint[])::text], ARRAY[({amounts}::bigint[])::text])"
    ).format(**ids)

    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(call)

    assert refused.value.__cause__.sqlstate == state  # type: ignore[union-attr]
    assert Journal.objects.count() == before


def test_a_sum_that_is_too_great_for_a_balance_is_refused() -> None:
    """A hot account has no end of its own; a strict one ends where 64 bits do."""
    equity = accounts.open_account(Kind.EQUITY)
    paybill = books.paybill()
    greatest = 2**53 - 1
    draft = books.anything(debit(equity, greatest), credit(paybill, greatest))
    posting.post_batch([replace(draft, key=f"great-{n}") for n in range(1000)])

    last = [replace(draft, key=f"more-{n}") for n in range(25)]
    with pytest.raises(MalformedJournal), transaction.atomic():
        posting.post_batch(last)
    posting.post_batch(last[:24])
    with pytest.raises(MalformedJournal), transaction.atomic():
        posting.post(last[24])

    assert reading.standing(equity).balance == -1024 * greatest
    assert reading.standing(paybill).balance == -1024 * greatest
