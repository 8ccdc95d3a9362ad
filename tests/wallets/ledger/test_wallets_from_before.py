"""Members who joined before the ledger was there get their accounts by a migration."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from tests.factories.scratch import scratch_database
from wallets.ledger.models import Account
from workers.identity.services import create_account


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


def test_wallets_from_before_get_an_account_each(scratch: str) -> None:
    call_command("migrate", "wallets", "0007", database=scratch, verbosity=0)
    owners = [uuid.uuid4() for _ in range(3)]
    with connections[scratch].cursor() as cursor:
        for number, owner in enumerate(owners):
            cursor.execute(
                "INSERT INTO wallets_wallet (id, party_id, stellar_public_key, created_at)"
                " VALUES (%s, %s, %s, now())",
                [uuid.uuid4(), owner, f"G{number:055d}"],
            )

    call_command("migrate", database=scratch, verbosity=0)

    with connections[scratch].cursor() as cursor:
        cursor.execute(
            "SELECT a.owner_id, a.kind_id, b.balance, b.floor FROM wallets_account a"
            " JOIN wallets_balance b ON b.account_id = a.id ORDER BY a.id"
        )
        assert cursor.fetchall() == [(owner, 2010, 0, 0) for owner in owners]
        cursor.execute("SELECT count(*) FROM wallets_accountkind")
        assert cursor.fetchone()[0] > 20  # the whole chart came after the migrations


@pytest.mark.django_db
def test_whoever_joins_has_an_account_in_the_ledger() -> None:

    member = create_account("0712345678", channel="test").member
    again = create_account("0712345678", channel="test").member

    assert again == member
    account = Account.objects.get(owner_id=member.wallet.party_id)
    assert (account.kind_id, account.currency_id) == (2010, "KES")
