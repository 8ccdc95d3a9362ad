"""Many at once, with real connections: nobody spends twice, waits in a ring, or for a float."""

import itertools
import random
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from tests.factories import books
from tests.factories.threads import at_once
from wallets.ledger import accounts, errors, holds, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Balance, Journal, Unrolled

pytestmark = pytest.mark.django_db(transaction=True)


def _outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except errors.LedgerRefusal as refusal:
        return type(refusal).__name__
    return "done"


def test_eighty_people_spend_the_last_hundred() -> None:
    sender, recipient = books.wallet(100_00), books.wallet()

    found = at_once(
        lambda: _outcome(lambda: posting.post(books.transfer(sender, recipient, 10_00))),
        times=80,
        threads=16,
    )

    assert (found.count("done"), found.count("NotEnough")) == (10, 70)
    assert reading.standing(sender).balance == 0
    assert reading.standing(recipient).balance == 100_00


def test_two_hundred_keys_by_sixteen_threads_are_posted_once_each() -> None:
    sender, recipient = books.wallet(1000_00), books.wallet()
    drafts = [books.transfer(sender, recipient, 5_00, key=f"key-{n}") for n in range(200)]

    def all_of_them() -> list[posting.Posted]:
        shuffled = random.sample(drafts, len(drafts))
        return [posting.post(draft) for draft in shuffled]

    posted = [each for found in at_once(all_of_them, times=16, threads=16) for each in found]

    assert sum(each.is_new for each in posted) == 200
    assert len({each.journal_id for each in posted}) == 200
    assert reading.standing(recipient).balance == 1000_00


def test_opposite_transfers_wait_in_no_ring() -> None:
    one, other = books.wallet(1000_00), books.wallet(1000_00)
    turn = itertools.count()

    def send() -> list[str]:
        pair = (one, other) if next(turn) % 2 else (other, one)
        return [_outcome(lambda: posting.post(books.transfer(*pair, 1_00))) for _ in range(150)]

    assert at_once(send, times=16, threads=16) == [["done"] * 150] * 16
    assert reading.standing(one).balance == 1000_00


def test_batches_and_single_postings_of_the_same_wait_in_no_ring() -> None:
    wallets = [books.wallet(10_000_00) for _ in range(12)]
    dice = random.Random(7)
    drafts = [
        books.transfer(*dice.sample(wallets, 2), dice.randint(1, 100), key=f"shared-{n}")
        for n in range(300)
    ]

    def work() -> int:
        mine = random.sample(drafts, 120)
        for start in range(0, 100, 20):
            posting.post_batch(mine[start : start + 20])
        for draft in mine[100:]:
            posting.post(draft)
        return 1

    assert at_once(work, times=16, threads=8) == [1] * 16
    known = Journal.objects.filter(key__startswith="transfer:shared-")
    assert known.count() == known.values("key").distinct().count() > 200
    total = sum(found.balance for found in reading.standings(wallets).values())
    assert total == 12 * 10_000_00


def test_nobody_waits_for_a_posting_onto_a_float_that_is_not_committed() -> None:
    slow, quick, paybill = books.wallet(), books.wallet(), books.paybill()
    posted, go = threading.Event(), threading.Event()

    def hold_it_open() -> None:
        try:
            with transaction.atomic():
                posting.post(books.deposit(slow, 10_00))
                posted.set()
                assert go.wait(20)
        finally:
            connection.close()

    holder = threading.Thread(target=hold_it_open)
    holder.start()
    assert posted.wait(20)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")  # whoever waits fails
            posting.post(books.deposit(quick, 7_00))
            posting.roll_up()
        assert reading.standing(paybill).balance == 7_00
    finally:
        go.set()
        holder.join()

    assert reading.standing(paybill).balance == 17_00
    posting.roll_up()  # what has committed late is not lost
    assert not Unrolled.objects.exists()
    assert Balance.objects.get(account_id=paybill).balance == 17_00


def test_a_float_reads_right_at_every_moment() -> None:
    wallet, paybill = books.wallet(), books.paybill()
    is_over = threading.Event()
    odd: list[tuple[int, int]] = []

    def roll() -> None:
        try:
            while not is_over.is_set():
                posting.roll_up()
        finally:
            connection.close()

    def watch() -> None:
        try:
            while not is_over.is_set():
                # One statement reads both, so that both are of one instant.
                found = reading.standings([wallet, paybill])
                if found[wallet].balance != found[paybill].balance:
                    odd.append((found[wallet].balance, found[paybill].balance))
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (roll, roll, watch)]
    for thread in threads:
        thread.start()
    at_once(lambda: posting.post(books.deposit(wallet, 1_00)), times=200, threads=4)
    is_over.set()
    for thread in threads:
        thread.join()

    assert odd == []
    assert reading.standing(paybill).balance == 200_00


def test_the_last_money_is_held_or_spent_and_not_both() -> None:
    wallet, other = books.wallet(100_00), books.wallet()
    turn = itertools.count()

    def take() -> str:
        number = next(turn)
        if number % 2:
            return _outcome(
                lambda: holds.place(wallet, amount=25_00, key=f"h{number}", expires_at=None)
            )
        return _outcome(lambda: posting.post(books.transfer(wallet, other, 25_00)))

    found = at_once(take, times=40, threads=8)

    assert (found.count("done"), found.count("NotEnough")) == (4, 36)
    assert reading.standing(wallet).available == 0


def test_an_account_that_is_closed_while_money_arrives_is_empty_or_open() -> None:
    for _ in range(15):
        sender, closing = books.wallet(10_00), books.wallet()
        calls = [
            lambda sender=sender, closing=closing: posting.post(
                books.transfer(sender, closing, 10_00)
            ),
            lambda closing=closing: accounts.close_account(closing),
        ]
        order = iter(random.sample(calls, 2))
        found = at_once(lambda order=order: _outcome(next(order)), times=2, threads=2)
        assert sorted(found) == ["AccountUnavailable", "done"]


def test_accounts_are_opened_once_by_many_at_once() -> None:
    owner = uuid.uuid4()
    found = at_once(
        lambda: accounts.open_account(Kind.WORKER_WALLET, owner_id=owner), times=24, threads=8
    )
    assert len(set(found)) == 1
