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
def test_opening_an_account_reads_no_other_of_its_kind(owner: uuid.UUID | None) -> None:
    for number in range(300):
        accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label=f"{number}")
    before = _rows_read()
    opened = accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label="new")
    again = accounts.open_account(Kind.PAYBILL_FLOAT, owner_id=owner, label="new")
    assert opened == again
    assert _rows_read() - before < 10
