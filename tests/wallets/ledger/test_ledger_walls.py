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
    "manualposting",
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
        "wallets_journal SET amounts = '{1,-1}'",
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


_POST = "SELECT ledger_post(%s, 'by-hand', now(), '', NULL, %s::bigint[], %s::bigint[])"


def _call(*legs: tuple[int, int], kind: str = "transfer.sent") -> tuple[Any, ...]:
    """Return the call, with its values, that posts these legs."""
    return _POST, kind, [account for account, _ in legs], [amount for _, amount in legs]


@pytest.mark.parametrize(
    ("legs", "state"),
    [
        ([], "NCL08"),
        ([("one", 10)], "NCL08"),  # one-legged
        ([("one", 10), ("one", -10)], "NCL08"),
        ([("other", -10), ("one", 10)], "NCL08"),  # not in the order of locks
        ([("one", 0), ("other", 0)], "NCL08"),  # of nothing
        ([("one", 2**53), ("other", -(2**53))], "NCL08"),
        ([("one", None), ("other", -10)], "NCL08"),
        ([("one", 10), ("other", -9)], "NCL03"),  # doesn't add up
        ([("one", 90_01), ("other", -90_01)], "NCL01"),  # 5 of the 95 are held
        ([("one", 10), ("nobody", -10)], "NCL05"),
    ],
)
def test_what_the_owner_posts_is_whole_and_right_or_refused(
    wallet: int, legs: list[tuple[str, int]], state: str
) -> None:
    accounts = {"one": wallet, "other": _other_wallet(wallet), "nobody": 10**9}
    call = _call(*((accounts[name], amount) for name, amount in legs))
    assert _state_of_refusal(*call, as_owner=True) == state
    assert reading.standing(wallet).balance == 95_00


def test_a_kind_of_journal_that_there_is_not_is_refused_to_the_owner_too(wallet: int) -> None:
    legs = ((wallet, 10), (_other_wallet(wallet), -10))
    assert _state_of_refusal(*_call(*legs, kind="gift"), as_owner=True) == "NCL04"
    assert _state_of_refusal(*_call(*legs, kind="wage.paid-out"), as_owner=True) == "NCL04"


@pytest.mark.parametrize("legs", [[10], [10, -10]])
def test_not_even_the_owner_inserts_a_journal(wallet: int, legs: list[int]) -> None:
    """Not even one that would be right: it would be without its postings."""
    insert = """
        INSERT INTO wallets_journal (kind, key, accounts, amounts, effective_at, cause)
        VALUES ('transfer.sent', 'by-hand', %s, %s, now(), '')
    """
    accounts = [wallet, _other_wallet(wallet)][: len(legs)]
    assert _state_of_refusal(insert, accounts, legs, as_owner=True) == "NCL07"


def test_who_takes_the_path_of_the_functions_may_still_write_nothing(wallet: int) -> None:
    """The path lets the owner's functions through the guards, and gives nobody any rights."""
    path = "SET LOCAL search_path = public, pg_temp, public; "
    insert = "INSERT INTO wallets_unrolled (account_id, amount, postings) VALUES (%s, 1, 1)"
    assert _state_of_refusal(path + insert, wallet) == "42501"
    change = "UPDATE wallets_balance SET balance = 0 WHERE account_id = %s"
    assert _state_of_refusal(path + change, wallet) == "42501"


@pytest.mark.parametrize("version", [None, 0, 1, 3, 4])
@pytest.mark.parametrize("is_known", [True, False])
def test_nobody_inserts_a_posting(wallet: int, version: int | None, is_known: bool) -> None:
    """Not even one that would be right: postings are written together with their journal."""
    journal = Journal.objects.get(kind="transfer.sent").pk if is_known else 10**9
    insert = """
        INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
        VALUES (%s, %s, 10, -9490, %s), (%s, %s, -10, -9510, %s)
    """
    values = (journal, books.wallet(), version, journal, books.wallet(), version)
    assert _state_of_refusal(insert, *values, as_owner=True) == "NCL07"
    assert reading.standing(wallet).balance == 95_00


@pytest.mark.parametrize(
    "call",
    [
        "ledger_capture(1, ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[1]::bigint[],"
        " ARRAY[1]::bigint[])",
        "ledger_posted_before('x', 'y', NULL, NULL, NULL)",
        "ledger_posted_with('x', 'y', NULL, NULL, NULL)",
        "ledger_examine(1)",
        "ledger_move(1)",
        "ledger_post_whole(ARRAY['x'], ARRAY['y'], ARRAY[now()], ARRAY[''], ARRAY['{}'],"
        " ARRAY['{}'])",
        "ledger_post_one_by_one(ARRAY['x'], ARRAY['y'], ARRAY[now()], ARRAY[''], ARRAY['{}'],"
        " ARRAY['{}'])",
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
    posting = {"ledger_post", "ledger_post_pair", "ledger_post_batch"}
    assert {*posting, "ledger_place_hold"} <= set(found)
    fixed = {"search_path=public, pg_temp", "search_path=public, pg_temp, public"}
    assert all(fixed.intersection(config or []) for config in found.values())


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
