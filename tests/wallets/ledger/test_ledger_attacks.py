"""What somebody tries with the application's password: the functions, against their tables."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories import books
from wallets.ledger import holds, posting, reading
from wallets.ledger.models import Journal

pytestmark = pytest.mark.django_db

# All that the application may call; whatever else comes must be thought about.
OFFERED = {
    "ledger_close_account",
    "ledger_expire_holds",
    "ledger_open_account",
    "ledger_place_hold",
    "ledger_post",
    "ledger_post_batch",
    "ledger_post_pair",
    "ledger_release_hold",
    "ledger_roll_up",
}


@pytest.fixture
def wallet() -> int:
    account = books.wallet(100_00)
    holds.place(account, amount=10_00, key="h", expires_at=None)
    return account


@pytest.fixture
def may_make_tables(wallet: int) -> None:
    """Let the application make temporary tables, as it may on a server that wasn't set up by us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO nannychain_app')
        cursor.execute("SET LOCAL ROLE nannychain_app")


def _refused(statement: str, *values: Any) -> str:
    """Run it as the application; return the SQLSTATE with which it is refused."""
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, list(values) or None)
    return str(refused.value.__cause__.sqlstate)  # type: ignore[union-attr]


def test_the_application_may_call_what_is_offered_and_nothing_else() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc"
            " WHERE proname LIKE 'ledger%%' AND has_function_privilege(oid, 'EXECUTE')"
        )
        assert {name for (name,) in cursor.fetchall()} == OFFERED


@pytest.mark.parametrize(
    ("function", "table", "timing", "act"),
    [
        (
            "ledger_rolled_up",
            "SELECT {wallet}::bigint AS account_id, -999::bigint AS amount, 1 AS postings",
            "AFTER DELETE ON mine REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
            "DELETE FROM mine",
        ),
        (
            "ledger_hold_changed",
            "SELECT * FROM wallets_hold",
            "AFTER UPDATE ON mine FOR EACH ROW",
            "UPDATE mine SET captured = 1000",
        ),
        (
            "ledger_hold_placed",
            "SELECT * FROM wallets_hold LIMIT 0",
            "AFTER INSERT ON mine FOR EACH ROW",
            "INSERT INTO mine SELECT * FROM wallets_hold",
        ),
        (
            "ledger_account_changed",
            "SELECT * FROM wallets_account",
            "AFTER UPDATE ON mine FOR EACH ROW",
            "UPDATE mine SET closed_at = now()",
        ),
        (
            "ledger_account_opened",
            "SELECT * FROM wallets_account LIMIT 0",
            "AFTER INSERT ON mine FOR EACH ROW",
            "INSERT INTO mine SELECT * FROM wallets_account",
        ),
    ],
)
def test_no_trigger_of_the_ledger_serves_a_table_of_ones_own(
    wallet: int, may_make_tables: None, function: str, table: str, timing: str, act: str
) -> None:
    before = reading.standing(wallet)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE mine ON COMMIT DROP AS {table.format(wallet=wallet)}")
    trigger = f"CREATE TRIGGER mine {timing} EXECUTE FUNCTION public.{function}()"
    assert _refused(f"{trigger}; {act}") == "42501"  # insufficient_privilege
    assert reading.standing(wallet) == before


_BATCH = """
    SELECT ledger_post_batch(
        ARRAY['transfer.sent', 'transfer.sent'], ARRAY['a', 'b'], ARRAY[now(), now()],
        ARRAY['', ''], %s, %s)
"""
_TWO = ["{1,-1}", "{1,-1}"]


@pytest.mark.parametrize(
    ("accounts", "amounts"),
    [
        (["{pair}"], ["{1,-1}"]),
        (["{pair}", "{}"], ["{1,-1}", "{}"]),
        (["{pair}", None], _TWO),
        (["{pair}"] * 3, ["{1,-1}"] * 3),
        (["{pair}"] * 2, ["{1,-1}", "{1}"]),
        (["{pair}"] * 2, ["{1,-1}"]),
        (None, None),
    ],
)
def test_no_journal_of_a_batch_stays_without_its_legs(
    wallet: int, accounts: list[str | None] | None, amounts: list[str | None] | None
) -> None:
    pair = f"{{{wallet},{books.wallet()}}}"
    named = accounts and [pair if each == "{pair}" else each for each in accounts]
    assert _refused(_BATCH, named, amounts) in {"NCL08", "23502"}
    assert not Journal.objects.filter(key__in=("a", "b")).exists()


_POST = "SELECT ledger_post('transfer.sent', 'a', %s::timestamptz, '', NULL, %s, ARRAY[1, -1])"
_PAIR = "SELECT ledger_post_pair('transfer.sent', 'a', %s::timestamptz, '', %s, %s, 1)"
FAR = ("infinity", "-infinity", "20260-01-01", "1026-01-01")


@pytest.mark.parametrize("instant", FAR)
def test_no_instant_spoils_a_statement_for_good(wallet: int, instant: str) -> None:
    pair = [wallet, books.wallet()]
    assert _refused(_POST, instant, pair) == "NCL08"
    assert _refused(_PAIR, instant, *pair) == "NCL08"
    both = _BATCH.replace("ARRAY[now(), now()]", f"ARRAY[now(), '{instant}'::timestamptz]")
    assert _refused(both, [f"{{{pair[0]},{pair[1]}}}"] * 2, _TWO) == "NCL08"
    place = "SELECT ledger_place_hold(%s, 'far', 1, %s, '')"
    assert _refused(place, wallet, instant) == "NCL08"


def test_a_reversal_is_not_taken_for_that_of_another_journal(wallet: int) -> None:
    other = books.wallet()
    first, second = (posting.post(books.transfer(wallet, other, 1_00)) for _ in range(2))
    undo = "SELECT ledger_post('ledger.reversal', 'undo', now(), '', %s, %s, ARRAY[-100, 100])"
    with connection.cursor() as cursor:
        cursor.execute(undo, [first.journal_id, [wallet, other]])
    assert _refused(undo, second.journal_id, [wallet, other]) == "NCL02"


def test_a_journal_is_reversed_once_under_whatever_key(wallet: int) -> None:
    other = books.wallet()
    sent = posting.post(books.transfer(wallet, other, 1_00))
    posting.reverse(sent.journal_id, cause="once")
    undo = "SELECT ledger_post('ledger.reversal', 'undo', now(), '', %s, %s, ARRAY[-100, 100])"
    assert _refused(undo, sent.journal_id, [wallet, other]) == "23505"  # unique_violation


@pytest.mark.parametrize(
    "call",
    [
        "ledger_post('transfer.sent', 'within', now(), '', NULL, '{accounts}', '{amounts}')",
        "ledger_post_pair('transfer.sent', 'within', now(), '', {wallet}, {other}, 1)",
        "ledger_post_batch(ARRAY['transfer.sent'], ARRAY['within'], ARRAY[now()], ARRAY[''],"
        " ARRAY['{accounts}'], ARRAY['{amounts}'])",
    ],
)
def test_a_trigger_of_ones_own_posts_whole_journals(
    wallet: int, may_make_tables: None, call: str
) -> None:
    """The guards of the tables let through what comes from within a trigger."""
    other = books.wallet()
    call = call.format(
        accounts=f"{{{wallet},{other}}}", amounts="{1,-1}", wallet=wallet, other=other
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE mine (n integer) ON COMMIT DROP;"
            " CREATE FUNCTION pg_temp.posts() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM {call}; RETURN NULL; END $$;"
            " CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW"
            " EXECUTE FUNCTION pg_temp.posts()"
        )
        cursor.execute("INSERT INTO mine VALUES (1)")
    assert Journal.objects.get(key="within").postings.count() == 2


def test_a_type_of_ones_own_is_not_used_with_the_owners_rights(
    wallet: int, may_make_tables: None
) -> None:
    """What runs as the owner sees no name of the session's own."""
    other = books.wallet()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.is_mine(pg_catalog.text) RETURNS boolean LANGUAGE sql AS"
            " $$ SELECT current_user = 'nannychain_app' $$;"
            " CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.is_mine(VALUE));"
            " SET LOCAL search_path = pg_temp, public"
        )
        cursor.execute(
            "SELECT ledger_post('transfer.sent', 'typed', now(), '', NULL, %s, ARRAY[1, -1])",
            [[wallet, other]],
        )
        cursor.execute(
            "SELECT ledger_post_pair('transfer.sent', 'typed, too', now(), '', %s, %s, 1)",
            [wallet, other],
        )
        cursor.execute("SET LOCAL search_path = public")
    assert Journal.objects.get(key="typed").postings.count() == 2
    assert Journal.objects.get(key="typed, too").postings.count() == 2


@pytest.mark.parametrize("amounts", ["[5:7]={1,1,-2}", "{{1},{1},{-2}}"])
def test_legs_are_stored_as_plain_lists(wallet: int, amounts: str) -> None:
    legs = f"{{{wallet},{books.wallet(1_00)},{books.wallet()}}}"
    call = """
        SELECT ledger_post_batch(
            ARRAY['transfer.sent'], ARRAY['a'], ARRAY[now()], ARRAY[''], ARRAY[%s], ARRAY[%s])
    """
    assert _refused(call, legs, amounts) in {"NCL08", "23502"}
