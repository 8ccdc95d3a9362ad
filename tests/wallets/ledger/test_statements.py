"""Balances, statements and CSV: the figures, the pages, and hostile cursors."""

import csv
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests.factories import books
from wallets.ledger import accounts, posting, reading, statements
from wallets.ledger.chart import Kind
from wallets.ledger.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> int:
    """A wallet with thirty entries: 1,000 in, and 29 times one shilling more each time out."""
    account, other = books.wallet(1000_00), books.wallet()
    posting.post_batch([books.transfer(account, other, n * 100) for n in range(1, 30)])
    return account


def _all_pages(account: int, *, size: int) -> list[statements.Entry]:
    found: list[statements.Entry] = []
    cursor = None
    while True:
        page = statements.page(account, cursor=cursor, size=size)
        found += page.entries
        cursor = page.cursor
        if cursor is None:
            return found


def test_a_statement_runs_from_the_newest_back_with_its_balance(wallet: int) -> None:
    page = statements.page(wallet, size=3)
    assert [entry.number for entry in page.entries] == [30, 29, 28]
    assert [entry.amount for entry in page.entries] == [-29_00, -28_00, -27_00]
    assert page.entries[0].balance == 1000_00 - sum(range(1, 30)) * 100
    assert page.entries[0].kind == "transfer.sent"
    for newer, older in itertools.pairwise(page.entries):
        assert newer.balance - newer.amount == older.balance


@pytest.mark.parametrize("size", [1, 7, 29, 30, 31, 200])
def test_pages_of_any_size_hold_everything_once(wallet: int, size: int) -> None:
    assert [entry.number for entry in _all_pages(wallet, size=size)] == list(range(30, 0, -1))


def test_a_page_stays_what_it_is_while_others_post(wallet: int) -> None:
    first = statements.page(wallet, size=10)
    expected = statements.page(wallet, cursor=first.cursor, size=10)
    posting.post(books.deposit(wallet, 5_00))
    assert statements.page(wallet, cursor=first.cursor, size=10) == expected


def test_a_page_takes_two_queries(wallet: int, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        statements.page(wallet)
    with django_assert_num_queries(1):
        reading.standing(wallet)


@pytest.mark.parametrize("is_rolled_up", [True, False])
def test_the_statement_of_a_float_runs_back_from_its_exact_balance(
    wallet: int, is_rolled_up: bool
) -> None:
    for n in range(1, 8):
        posting.post(books.deposit(wallet, n * 100))
        if is_rolled_up and n == 4:
            posting.roll_up()
    paybill = books.paybill()

    found = _all_pages(paybill, size=3)

    assert found[0].balance == reading.standing(paybill).balance == 1000_00 + 28_00
    assert found[-1].balance == found[-1].amount == 1000_00
    for newer, older in itertools.pairwise(found):
        assert newer.balance - newer.amount == older.balance
        assert newer.number > older.number


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "-1", "1e3", "0x1", " ", "9" * 30, str(2**63), "1.x", "1." + "9" * 30, "1."),
        *(
            "1;DROP TABLE",
            "½",
            "\u0663",
            "1_0",
            " 1",
            "1\n",
            "+1",
            "\0",
            "1.1.1",
            "--1",
            "1.2.",
            ".",
        ),
    ],
)
def test_a_cursor_that_nobody_gave_is_refused(wallet: int, cursor: str) -> None:
    with pytest.raises(statements.InvalidCursor):
        statements.page(wallet, cursor=cursor)
    with pytest.raises(statements.InvalidCursor):
        statements.page(books.paybill(), cursor=cursor)


def test_a_cursor_of_another_kind_of_account_is_refused(wallet: int) -> None:
    posting.post(books.deposit(wallet, 1_00))
    of_wallet = statements.page(wallet, size=1).cursor
    of_paybill = statements.page(books.paybill(), size=1).cursor
    with pytest.raises(statements.InvalidCursor):
        statements.page(books.paybill(), cursor=of_wallet)
    with pytest.raises(statements.InvalidCursor):
        statements.page(wallet, cursor=of_paybill)


def test_the_page_behind_the_last_is_empty(wallet: int) -> None:
    assert statements.page(wallet, cursor="1").entries == []
    assert statements.page(books.paybill(), cursor="1.0").entries == []


def test_a_statement_of_nothing_is_empty() -> None:
    assert statements.page(books.wallet()).entries == []


def test_csv_holds_everything_in_shillings_and_no_formula(wallet: int) -> None:
    draft = replace(books.deposit(wallet, 7_05), cause="=HYPERLINK(1)")
    posting.post(draft)

    rows = list(csv.DictReader(statements.as_csv(wallet)))

    assert len(rows) == 31
    assert rows[0]["amount"] == "7.05"
    assert rows[0]["cause"] == "'=HYPERLINK(1)"
    assert rows[-1]["balance"] == "1000.00"
    assert rows[1]["amount"] == "-29.00"
    assert rows[0]["effective"] == "2026-11-20T09:00:00+03:00"
    assert {row["currency"] for row in rows} == {"KES"}


@pytest.mark.parametrize(
    ("minor", "scale", "text"),
    [(5, 2, "0.05"), (-5, 2, "-0.05"), (123456, 2, "1234.56"), (7, 0, "7"), (-1, 7, "-0.0000001")],
)
def test_minor_units_are_written_exactly(minor: int, scale: int, text: str) -> None:
    assert statements.decimal_text(minor, scale=scale) == text


def test_the_balance_of_the_past_is_by_what_was_effective_or_recorded() -> None:
    wallet = books.wallet()
    for days, cents in ((3, 100), (1, 10), (2, 1)):  # recorded in another order than effective
        draft = books.deposit(wallet, cents)
        posting.post(replace(draft, effective_at=books.MORNING - timedelta(days=days)))
    ago: Callable[[int], Any] = lambda days: books.MORNING - timedelta(days=days)  # noqa: E731

    found = [reading.balance_at(wallet, ago(days)) for days in (4, 3, 2, 1)]

    assert found == [0, 100, 101, 111]
    assert reading.balance_at(books.paybill(), ago(2)) == 101
    assert reading.balance_at(wallet, books.MORNING, as_recorded=True) == 0


def test_an_account_that_is_not_there_is_told() -> None:
    for read in (reading.standing, lambda account: reading.balance_at(account, books.MORNING)):
        with pytest.raises(Account.DoesNotExist):
            read(10**9)


def test_an_account_without_a_floor_may_have_less_than_nothing() -> None:
    equity = accounts.open_account(Kind.EQUITY)
    assert reading.standing(equity).available == 0


def test_many_entries_are_read_by_an_index(wallet: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # so few rows fit on a page
        cursor.execute(
            "EXPLAIN SELECT version FROM wallets_posting WHERE account_id = %s AND version < 20"
            " ORDER BY version DESC LIMIT 20",
            [wallet],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "posting_version_once" in plan
    assert "Sort" not in plan
