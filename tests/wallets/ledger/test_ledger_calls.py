"""The quick way to the ledger's functions does the same as any query, however a connection is."""

import gc
import weakref
from dataclasses import replace
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from tests.factories import books
from wallets.ledger import calling, errors, posting, reading

pytestmark = pytest.mark.django_db


def test_a_text_with_a_nul_is_refused_and_not_cut() -> None:
    with pytest.raises(DataError), transaction.atomic():
        calling.row_of("SELECT length(%s)", ["ab\0c"])
    assert calling.row_of("SELECT length(%s)", ["ab½"]) == (3,)


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
