"""The quick way to the ledger's functions does the same as any query, however a connection is."""

import asyncio
import gc
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError

from tests.factories import books
from wallets.ledger import calling, errors, posting, reading
from wallets.ledger.models import Journal
from wallets.ledger.recipes import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=["by a cursor", "straight"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let all be called by Django's cursor, or straight from the first time on."""
    prepared_after = 0 if request.param == "straight" else 10**9
    monkeypatch.setattr(calling, "_PREPARED_AFTER", prepared_after)
    return str(request.param)


def test_each_way_is_gone(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = Mock(wraps=calling._straight)
    sender, recipient = books.wallet(100_00), books.wallet()
    monkeypatch.setattr(calling, "_straight", straight)
    posting.post(books.transfer(sender, recipient, 1_00))
    assert posting.post_batch([books.transfer(sender, recipient, 1_00)])[0].is_new is True
    assert straight.call_count == 2 * (way == "straight")


def test_a_connection_is_asked_straight_once_it_has_called_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    straight = Mock(wraps=calling._straight)
    sender, recipient = books.wallet(100_00), books.wallet()
    kept = getattr(connection.connection, calling._KEPT)
    kept.calls.clear()
    monkeypatch.setattr(calling, "_PREPARED_AFTER", 3)
    monkeypatch.setattr(calling, "_straight", straight)
    for _ in range(5):
        posting.post(books.transfer(sender, recipient, 1_00))
    assert straight.call_count == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("discarding", ["DEALLOCATE {}", "DEALLOCATE ALL"])
def test_a_statement_that_was_discarded_fails_once_and_is_prepared_anew(
    monkeypatch: pytest.MonkeyPatch, discarding: str
) -> None:
    monkeypatch.setattr(calling, "_PREPARED_AFTER", 0)
    sender, recipient = books.wallet(100_00), books.wallet()

    def post_batch() -> None:
        posting.post_batch([books.transfer(sender, recipient, 1_00)])

    posting.post(books.transfer(sender, recipient, 1_00))
    post_batch()
    with connection.cursor() as cursor:
        cursor.execute(discarding.format(posting._POST_PAIR.prepared_name.decode()))
    with pytest.raises(ProgrammingError):
        posting.post(books.transfer(sender, recipient, 1_00))
    posting.post(books.transfer(sender, recipient, 1_00))
    if discarding == "DEALLOCATE ALL":
        with pytest.raises(ProgrammingError):
            post_batch()
    post_batch()
    assert reading.standing(sender).balance == 96_00


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_is_prepared_already_fails_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "_PREPARED_AFTER", 0)
    sender, recipient = books.wallet(100_00), books.wallet()
    posting.post(books.transfer(sender, recipient, 1_00))
    getattr(connection.connection, calling._KEPT).prepared.clear()
    with pytest.raises(ProgrammingError):
        posting.post(books.transfer(sender, recipient, 1_00))
    posting.post(books.transfer(sender, recipient, 1_00))
    assert reading.standing(sender).balance == 98_00


@pytest.mark.django_db(transaction=True)
def test_others_work_while_a_posting_waits() -> None:
    waited = calling.Function("pg_temp.waited", "text")

    def wait(_: int) -> list[int | None]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE FUNCTION pg_temp.waited(text) RETURNS bigint[] LANGUAGE sql AS"
                    " $$ SELECT array[1::bigint] FROM pg_sleep(1) $$"
                )
            return calling.numbers_of(waited, [""])
        finally:
            connection.close()

    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(wait, range(4))) == [[1]] * 4
    assert 1 <= time.monotonic() - begun < 4


@pytest.mark.django_db(transaction=True)
def test_a_refusal_within_a_savepoint_leaves_the_way_open() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    with transaction.atomic():
        posting.post(books.transfer(sender, recipient, 1_00))
        with pytest.raises(errors.NotEnough), transaction.atomic():
            posting.post(books.transfer(sender, recipient, 100_00))
        posting.post(books.transfer(sender, recipient, 1_00))
    assert reading.standing(sender).balance == 98_00


def test_hot_accounts_have_no_balance_whichever_way_it_was(way: str) -> None:
    wallet = books.wallet()
    posted = posting.post(books.deposit(wallet, 5_00))
    assert posted.balances == {wallet: -5_00}


def test_a_text_with_a_nul_is_refused_and_not_cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.codes(text) RETURNS bigint[] LANGUAGE sql AS"
            " $$ SELECT array_agg(ascii(c)::bigint) FROM regexp_split_to_table($1, '') c $$"
        )
    codes = calling.Function("pg_temp.codes", "text")
    with pytest.raises(DataError), transaction.atomic():
        calling.numbers_of(codes, ["ab\0c"])
    assert calling.numbers_of(codes, ["a½"]) == [97, 189]


_LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 20, 6, 0, 0, 123_457, tzinfo=UTC),
        datetime(2026, 11, 20, 9, 0, 0, 1, tzinfo=ZoneInfo("Africa/Nairobi")),
        datetime(2026, 10, 25, 1, 30, tzinfo=_LONDON),  # twice in that night
        datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=_LONDON),
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_it_was(instant: datetime) -> None:
    draft = replace(books.transfer(books.wallet(9_00), books.wallet(), 1_00), effective_at=instant)
    posted = posting.post(draft)
    (batched,) = posting.post_batch([replace(draft, key="another")])
    for each in posted.journal_id, batched.journal_id:
        stored = Journal.objects.get(pk=each).effective_at
        assert stored.astimezone(UTC) == instant.astimezone(UTC)


def test_instants_of_a_batch_are_told_apart_by_their_fold() -> None:
    draft = books.transfer(books.wallet(9_00), books.wallet(), 1_00)
    first = datetime(2026, 10, 25, 1, 30, tzinfo=_LONDON)
    both = [replace(draft, key=f"{fold}", effective_at=first.replace(fold=fold)) for fold in (0, 1)]
    ids = [each.journal_id for each in posting.post_batch(both)]
    stored = (
        Journal.objects.filter(pk__in=ids).order_by("pk").values_list("effective_at", flat=True)
    )
    assert [each.astimezone(UTC).hour for each in stored] == [0, 1]


async def _post(draft: Draft) -> bool:
    """Within a loop Django looks a connection of the task's own up, and lets no one use it."""
    with pytest.raises(SynchronousOnlyOperation):
        posting.post(draft)
    return True


def test_within_an_event_loop_the_threads_connection_is_left_alone() -> None:
    sender, recipient = books.wallet(9_00), books.wallet()
    posting.post(books.transfer(sender, recipient, 1_00))
    assert asyncio.run(_post(books.transfer(sender, recipient, 1_00)))
    assert reading.standing(sender).balance == 8_00


def test_a_posting_that_is_listened_to_does_the_same(
    django_assert_num_queries: Any,
) -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    drafts = [books.transfer(sender, recipient, 1_00) for _ in range(2)]
    unheard = posting.post(drafts[0])
    with django_assert_num_queries(1):
        heard = posting.post(drafts[1])
    assert heard.balances == {sender: -98_00, recipient: -2_00}
    assert unheard.balances == {sender: -99_00, recipient: -1_00}
    with django_assert_num_queries(1):
        assert posting.post(drafts[0]) == replace(unheard, is_new=False)


@pytest.mark.django_db(transaction=True)
def test_a_posting_belongs_to_the_transaction_around_it() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    for is_first in (True, False):
        with transaction.atomic():
            if not is_first:
                assert reading.standing(sender).balance == 100_00
            posting.post(books.transfer(sender, recipient, 1_00))
            transaction.set_rollback(True)
        assert reading.standing(sender).balance == 100_00
    with transaction.atomic():
        posting.post(books.transfer(sender, recipient, 1_00))
    assert reading.standing(sender).balance == 99_00


@pytest.mark.django_db(transaction=True)
def test_after_a_refusal_the_connection_is_of_use_again() -> None:
    sender, recipient = books.wallet(1_00), books.wallet()
    with pytest.raises(errors.NotEnough):
        posting.post(books.transfer(sender, recipient, 1_01))
    with pytest.raises(errors.NotEnough), transaction.atomic():
        posting.post(books.transfer(sender, recipient, 1_01))
    posting.post(books.transfer(sender, recipient, 1_00))
    connection.close()
    posting.post(books.transfer(recipient, sender, 1_00))
    assert reading.standing(sender).balance == 1_00


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_up_is_an_operational_error() -> None:
    sender, recipient = books.wallet(1_00), books.wallet()
    posting.post(books.transfer(sender, recipient, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()

    with pytest.raises(OperationalError):
        posting.post(books.transfer(sender, recipient, 1))

    connection.close()
    posting.post(books.transfer(sender, recipient, 1))


@pytest.mark.django_db(transaction=True)
def test_a_closed_connection_is_not_kept_alive() -> None:
    connection.close()  # who knows who has hold of the one that is open
    sender, recipient = books.wallet(100_00), books.wallet()
    connection.close()
    seen = []
    for _ in range(5):
        posting.post(books.transfer(sender, recipient, 1_00))
        seen.append(weakref.ref(connection.connection))
        connection.close()
    gc.collect()
    assert [each() for each in seen] == [None] * 5


def test_nothing_is_posted_in_a_transaction_that_has_failed() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            posting.post(books.transfer(sender, recipient, 1_00))
