"""Accounts with money in them, and the owner's hand in the tables, for tests of the ledger."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction

from payments.deposits import postings as deposits
from payments.transfers import postings as transfers
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Leg

MORNING = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def paybill() -> int:
    """Return the float of our paybill number."""
    return accounts.open_account(Kind.PAYBILL_FLOAT, label="600000")


def wallet(cents: int = 0) -> int:
    """Return the account of a new worker's wallet with so much in it."""
    account = accounts.open_account(Kind.WORKER_WALLET, owner_id=uuid.uuid4())
    if cents:
        posting.post(deposit(account, cents))
    return account


def deposit(account: int, cents: int, *, key: str | None = None) -> Draft:
    """Return a deposit to the account."""
    return deposits.settled(
        deposit_id=key or uuid.uuid4().hex,
        paybill_float=paybill(),
        wallet=account,
        amount_cents=cents,
        effective_at=MORNING,
    )


def transfer(sender: int, recipient: int, cents: int, *, key: str | None = None) -> Draft:
    """Return a transfer between two wallets."""
    return transfers.sent(
        transfer_id=key or uuid.uuid4().hex,
        sender=sender,
        recipient=recipient,
        amount_cents=cents,
        effective_at=MORNING,
    )


def allow_anything() -> None:
    """Make a kind of journal that may touch every kind of account, for this transaction."""
    codes = [int(kind) for kind in Kind]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(
            "INSERT INTO wallets_journalkind (code, phrase, debits, credits, sides)"
            " VALUES ('test.anything', '', %s, %s, %s)",
            [codes, codes, [0, *codes, *(-code for code in codes)]],
        )
        cursor.execute("SET LOCAL ROLE nannychain_app")


def anything(*legs: Leg) -> Draft:
    """Return a journal of that kind."""
    return Draft(kind="test.anything", key=uuid.uuid4().hex, legs=legs, effective_at=MORNING)


@contextmanager
def hand_in(table: str) -> Iterator[None]:
    """Let the owner of the tables, with its triggers off, do what nobody should."""
    # All of it or nothing: a failure leaves neither the role nor the triggers as they are within.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
        cursor.execute("SET ROLE NONE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f'SET ROLE "{role}"')
