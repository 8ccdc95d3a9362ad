"""What nobody may do to the books by SQL: neither the application nor the tables' owner."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import books
from wallets.ledger import holds, posting, reading, syncing
from wallets.ledger.chart import CHART
from wallets.ledger.models import AccountKind, Journal, JournalKind
from wallets.ledger.recipes import Capture

pytestmark = pytest.mark.django_db

TABLES = (
    "currency",
    "accountkind",
    "journalkind",
    "account",
    "balance",
    "journal",
    "posting",
    "unrolled",
    "hold",
    "holdcapture",
)
HISTORY = ("account", "balance", "journal", "posting", "hold", "holdcapture")


@pytest.fixture
def wallet() -> int:
    account = books.wallet(100_00)
    hold = holds.place(account, amount=10_00, key="h", expires_at=None)
    draft = books.transfer(account, books.wallet(), 5_00)
    posting.post(replace(draft, captures=(Capture(hold.hold_id, 5_00),)))
    return account


def _run(statement: str, *values: Any, as_owner: bool = False) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if as_owner:
            cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(statement, list(values))
        if as_owner:
            cursor.execute("SET LOCAL ROLE nannychain_app")


def _state_of_refusal(statement: str, *values: Any, as_owner: bool = False) -> str:
    """Return the SQLSTATE with which a statement is refused."""
    with pytest.raises(DatabaseError) as refused:
        _run(statement, *values, as_owner=as_owner)
    return str(refused.value.__cause__.sqlstate)  # type: ignore[union-attr]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {}", "TRUNCATE {} CASCADE", "INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET {}"],
)
def test_the_application_writes_no_table_of_the_ledger(
    wallet: int, table: str, statement: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM wallets_{table} LIMIT 0")
        column = cursor.description[0].name
    statement = statement.format(f"wallets_{table}", f"{column} = {column}")
    assert _state_of_refusal(statement) == "42501"  # insufficient_privilege


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("act", ["DELETE FROM wallets_{0}", "TRUNCATE wallets_{0} CASCADE"])
def test_not_even_the_owner_removes_history(wallet: int, table: str, act: str) -> None:
    assert _state_of_refusal(act.format(table), as_owner=True) == "NCL07"


@pytest.mark.parametrize(
    "change",
    [
        "wallets_journal SET kind = 'x'",
        "wallets_journal SET effective_at = now()",
        "wallets_posting SET amount = 1",
        "wallets_balance SET balance = balance - 1",
        "wallets_balance SET floor = NULL",
        "wallets_balance SET held = 0",
        "wallets_holdcapture SET amount = 1",
        "wallets_account SET label = 'of ' || id",
        "wallets_account SET kind_id = 2020",
        "wallets_unrolled SET amount = 1",
    ],
)
def test_not_even_the_owner_changes_what_was_booked(wallet: int, change: str) -> None:
    assert _state_of_refusal(f"UPDATE {change}", as_owner=True) == "NCL07"


_JOURNAL = """
    INSERT INTO wallets_journal (kind, key, legs_hash, effective_at, cause)
    VALUES ('transfer.sent', 'by-hand', '', now(), '');
"""
_OURS = "currval(pg_get_serial_sequence('wallets_journal', 'id'))"


def _sql(value: int | None) -> object:
    return "NULL" if value is None else value


def _legs(journal: object, *legs: tuple[Any, ...]) -> str:
    rows = ", ".join(
        f"({journal}, {account}, {amount}, {_sql(balance)}, {_sql(version)})"
        for account, amount, balance, version in legs
    )
    columns = "journal_id, account_id, amount, balance_after, version"
    return f"INSERT INTO wallets_posting ({columns}) VALUES {rows}"


@pytest.mark.parametrize(
    ("legs", "states"),
    [
        ([("one", 10, -9490, 3)], {"NCL03"}),  # one-legged
        ([("one", 10, -9490, 3), ("other", -9, -509, 2)], {"NCL03"}),  # doesn't add up
        ([("one", 10, -9490, 4), ("other", -10, -510, 2)], {"NCL03", "NCL07"}),  # a gap
        ([("one", 10, -9490, 2), ("other", -10, -510, 2)], {"23505"}),  # a number twice
        ([("one", 10, -9000, 3), ("other", -10, -510, 2)], {"NCL03", "NCL07"}),  # a wrong balance
        ([("one", 10, None, None), ("other", -10, -510, 2)], {"NCL03", "NCL07"}),  # as if hot
        ([("one", 10, -9490, 3), ("other", -10, -510, 2)], {"NCL07"}),  # right but for the hash
        ([("one", 0, -9500, 3), ("other", 0, -500, 2)], {"NCL08"}),  # of nothing
        # Legs that ask for their numbers, and move their balances on the way in:
        ([("one", 10, None, 0)], {"NCL03"}),
        ([("one", 10, None, 0), ("other", -9, None, 0)], {"NCL03"}),
        ([("one", 10, None, 0), ("other", -10, None, 0)], {"NCL07"}),
        ([("one", 10, None, 0), ("other", -10, -500, 1)], {"23505"}),  # "has moved already"
        ([("one", 10, None, 0), ("other", -10, -510, 3)], {"NCL03", "NCL07"}),
    ],
)
def test_the_owner_inserts_no_postings_that_are_not_right(
    wallet: int, legs: list[tuple[Any, ...]], states: set[str]
) -> None:
    accounts = {"one": wallet, "other": _other_wallet(wallet)}
    rows = _legs(_OURS, *((accounts[name], *rest) for name, *rest in legs))
    assert _state_of_refusal(_JOURNAL + rows, as_owner=True) in states
    assert reading.standing(wallet).balance == 95_00


@pytest.mark.parametrize("numbered", [(), ("one",), ("other",), ("one", "other")])
def test_however_legs_come_they_move_their_balances_once(
    wallet: int, numbered: tuple[str, ...]
) -> None:
    other = _other_wallet(wallet)
    legs = sorted(
        [
            (wallet, 100, *((-94_00, 3) if "one" in numbered else (None, 0))),
            (other, -100, *((-6_00, 2) if "other" in numbered else (None, 0))),
        ]
    )
    content = "".join(f"{account}:{amount}," for account, amount, *_ in legs)
    journal = _JOURNAL.replace("'by-hand', ''", f"'by-hand', sha256('{content}')")
    rows = _legs(_OURS, *legs)
    _run(journal + rows, as_owner=True)
    assert reading.standing(wallet).balance == 94_00
    assert reading.standing(other).balance == 6_00


def test_postings_of_no_journal_are_refused(wallet: int) -> None:
    rows = _legs(10**9, (wallet, 10, -9490, 3), (_other_wallet(wallet), -10, -510, 2))
    assert _state_of_refusal(rows, as_owner=True) == "NCL08"


def test_a_journal_gets_no_further_legs_even_if_they_add_up(wallet: int) -> None:
    journal = Journal.objects.get(kind="transfer.sent")
    one, other = books.wallet(50_00), books.wallet(50_00)
    rows = _legs(journal.pk, (one, 10, -4990, 2), (other, -10, -5010, 2))
    assert _state_of_refusal(rows, as_owner=True) == "NCL07"
    assert reading.standing(one).balance == 50_00


@pytest.mark.parametrize(
    "call",
    [
        "ledger_capture(1, ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[1]::bigint[],"
        " ARRAY[1]::bigint[])",
        "ledger_posted_before('x', 'y', '')",
        "ledger_examine(1)",
    ],
)
def test_the_application_calls_no_inner_function(call: str) -> None:
    assert _state_of_refusal(f"SELECT {call}") == "42501"


def test_a_table_of_ones_own_shadows_nothing(wallet: int) -> None:
    """The functions look into their own schema first, whatever a session has put before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')")
        (may,) = cursor.fetchone()
        if may:
            cursor.execute("CREATE TEMP TABLE wallets_balance AS SELECT * FROM wallets_balance")
            cursor.execute("UPDATE pg_temp.wallets_balance SET balance = -999999999")
        cursor.execute("SET LOCAL search_path = pg_temp, public")
    other = _other_wallet(wallet)
    with pytest.raises(DatabaseError):
        _run(
            "SELECT ledger_post('transfer.sent', 'shadow', now(), '', NULL, %s, %s)",
            sorted([wallet, other]),
            [99999900, -99999900] if wallet < other else [-99999900, 99999900],
        )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = public")
        if may:
            cursor.execute("DROP TABLE pg_temp.wallets_balance")


def _other_wallet(account: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(account_id) FROM public.wallets_posting WHERE account_id <> %s", [account]
        )
        return int(cursor.fetchone()[0])


def test_every_function_with_rights_of_its_owner_has_a_fixed_path() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND proname LIKE 'ledger%%'"
        )
        found = dict(cursor.fetchall())
    assert {"ledger_post", "ledger_post_batch", "ledger_place_hold"} <= set(found)
    assert all("search_path=public, pg_temp" in (config or []) for config in found.values())


def test_chart_and_kinds_are_written_once_and_stay() -> None:
    assert AccountKind.objects.count() == len(CHART)
    assert JournalKind.objects.filter(code="deposit.settled").exists()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        JournalKind.objects.filter(code="deposit.settled").update(credits=[])
        AccountKind.objects.filter(code=2010).update(name="another")
        syncing.sync()
        assert JournalKind.objects.get(code="deposit.settled").credits == [2010, 2020]
        assert AccountKind.objects.get(code=2010).name == "Worker's wallet"
        cursor.execute("SET LOCAL ROLE nannychain_app")


def test_a_kind_with_accounts_keeps_its_side_mode_and_floor() -> None:
    books.wallet(1_00)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        AccountKind.objects.filter(code=2010).update(floor=-500)
        with pytest.raises(syncing.KindInUse):
            syncing.sync()
        AccountKind.objects.filter(code=2010).update(floor=0)
        cursor.execute("SET LOCAL ROLE nannychain_app")
