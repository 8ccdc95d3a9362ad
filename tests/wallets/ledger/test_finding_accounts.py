"""An account is found by its index, among however many there are."""

import uuid

import pytest
from django.db import connection

from wallets.ledger import accounts
from wallets.ledger.chart import Kind

pytestmark = pytest.mark.django_db

_READ = """
    SELECT pg_stat_get_xact_tuples_returned(c) + pg_stat_get_xact_tuples_fetched(c)
    FROM (SELECT 'wallets_account'::regclass::oid AS c) t
"""


def _rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("owner", [None, uuid.uuid4()])
def test_finding_an_account_reads_no_other_of_its_kind(owner: uuid.UUID | None) -> None:
    accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label="first")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ANALYZE wallets_account")  # the plans below are made for a tiny table
        cursor.execute("SET LOCAL ROLE nannychain_app")
    opened = [
        accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label=f"{number}")
        for number in range(300)
    ]
    # Counted from here: a new account's foreign keys are checked by a plan that PostgreSQL keeps
    # for the session, and where the table was tiny then, that plan reads all of it.
    before = _rows_read()
    found = [
        accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label=f"{number}")
        for number in range(300)
    ]
    assert found == opened
    assert _rows_read() - before < 300
