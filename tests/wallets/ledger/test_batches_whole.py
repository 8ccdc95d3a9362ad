"""A plain batch is posted whole; what is not plain goes one by one; the migration can be undone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from tests.factories import books
from tests.factories.scratch import scratch_database
from wallets.ledger import posting, reading
from wallets.ledger.recipes import Leg

_NOBODY_GOES_THERE = """
    CREATE OR REPLACE FUNCTION ledger_post_one_by_one(
        p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
        p_accounts text[], p_amounts text[],
        OUT journal_ids bigint[], OUT are_new boolean[]
    ) LANGUAGE plpgsql AS $$ BEGIN RAISE 'one by one'; END $$
"""
# Constraint triggers and functions as PostgreSQL writes them.
_MADE_OF = """
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'ledger\\_%'
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'ledger\\_%'
    UNION ALL
    SELECT viewname FROM pg_views WHERE schemaname = 'public'
"""


@pytest.fixture
def only_whole(db: None) -> None:
    """Let the long way of a batch be closed, until the transaction ends."""
    books.allow_anything()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(_NOBODY_GOES_THERE)
        cursor.execute("SET LOCAL ROLE nannychain_app")


def test_a_plain_batch_is_posted_whole(only_whole: None) -> None:
    """Hot and strict accounts, three legs, and an account that several journals touch."""
    one, two, three = (books.wallet(100_00) for _ in range(3))
    drafts = [
        books.transfer(one, two, 60_00),
        books.deposit(one, 5_00),
        books.anything(Leg(one, 45_00), Leg(two, -15_00), Leg(three, -30_00)),
        books.transfer(two, three, 175_00),
    ]
    assert [each.is_new for each in posting.post_batch(drafts)] == [True] * 4
    balances = [reading.standing(account).balance for account in (one, two, three)]
    assert balances == [0, 0, 305_00]


def test_a_batch_with_a_repeated_key_goes_the_long_way(only_whole: None) -> None:
    draft = books.transfer(books.wallet(100_00), books.wallet(), 1_00)
    with pytest.raises(DatabaseError, match="one by one"), transaction.atomic():
        posting.post_batch([draft, draft])


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


def test_the_form_before_comes_back_and_goes_again(scratch: str) -> None:
    forms = []
    there = ("0018", "0019", "0020")
    for state in ("0017", *there, "0019", "0018", "0017", *there):
        call_command("migrate", "wallets", state, database=scratch, verbosity=0)
        with connections[scratch].cursor() as cursor:
            cursor.execute(_MADE_OF)
            forms.append(sorted(text for (text,) in cursor.fetchall()))
    third, fourth, fifth, sixth, *again = forms
    assert third != fourth != fifth != sixth
    assert again == [fifth, fourth, third, fourth, fifth, sixth]
