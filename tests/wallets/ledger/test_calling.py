"""The ledger's own way to the database: it keeps to Django's rules, and keeps nothing too long."""

import gc
import weakref
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from tests.factories import books
from wallets.ledger import errors, posting, reading

pytestmark = pytest.mark.django_db


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
    assert reading.standing(recipient).balance == 5_00


def test_a_posting_goes_with_the_transaction_that_it_is_in() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    with transaction.atomic():
        posting.post(books.transfer(sender, recipient, 1_00))
        transaction.set_rollback(True)
    assert reading.standing(recipient).balance == 0


def test_nothing_is_posted_in_a_transaction_that_has_failed() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            posting.post(books.transfer(sender, recipient, 1_00))


def test_a_refusal_leaves_the_transaction_around_it_useable_by_a_savepoint() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    with transaction.atomic():
        with pytest.raises(errors.NotEnough), transaction.atomic():
            posting.post(books.transfer(sender, recipient, 100_01))
        posting.post(books.transfer(sender, recipient, 100_00))
    assert reading.standing(recipient).balance == 100_00


def test_whoever_listens_to_queries_hears_of_postings() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()
    heard: list[str] = []

    def listen(execute: Any, sql: str, *arguments: Any) -> Any:
        heard.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(listen):
        posting.post(books.transfer(sender, recipient, 1_00))
    assert len(heard) == 1
    assert "ledger_post(" in heard[0]
