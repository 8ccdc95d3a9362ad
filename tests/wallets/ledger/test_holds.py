"""Holds: money set aside, captured in parts, released, expired; and what is refused."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.factories import books
from tests.factories.threads import at_once
from wallets.ledger import accounts, errors, holds, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Hold, HoldCapture
from wallets.ledger.recipes import Capture, Draft, MalformedJournal

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> int:
    return books.wallet(100_00)


def _place(account: int, cents: int, **fields: Any) -> int:
    fields = {"key": f"{account}-{cents}", "expires_at": None, **fields}
    return holds.place(account, amount=cents, **fields).hold_id


def _taking(wallet: int, cents: int, *captures: Capture) -> Draft:
    return replace(books.transfer(wallet, books.wallet(), cents), captures=captures)


def test_what_is_held_is_there_and_not_available(wallet: int) -> None:
    _place(wallet, 60_00)
    found = reading.standing(wallet)
    assert (found.balance, found.held, found.available) == (100_00, 60_00, 40_00)
    with pytest.raises(errors.NotEnough) as refused, transaction.atomic():
        posting.post(books.transfer(wallet, books.wallet(), 40_01))
    assert refused.value.available == 40_00
    with pytest.raises(errors.NotEnough), transaction.atomic():
        _place(wallet, 40_01)


def test_a_hold_is_captured_in_parts_until_nothing_is_held(wallet: int) -> None:
    hold = _place(wallet, 60_00)
    posting.post(_taking(wallet, 25_00, Capture(hold, 25_00)))
    assert reading.standing(wallet).held == 35_00
    posting.post(_taking(wallet, 50_00, Capture(hold, 35_00)))  # and some of its own

    found = reading.standing(wallet)
    assert (found.balance, found.held, found.available) == (25_00, 0, 25_00)
    assert Hold.objects.get(pk=hold).ended_at is not None
    assert list(HoldCapture.objects.values_list("amount", flat=True)) == [25_00, 35_00]


def test_two_holds_are_captured_by_one_journal(wallet: int) -> None:
    one, other = _place(wallet, 30_00), _place(wallet, 20_00)
    posting.post(_taking(wallet, 50_00, Capture(one, 30_00), Capture(other, 20_00)))
    assert reading.standing(wallet).held == 0


def test_a_repeated_capture_captures_once(wallet: int) -> None:
    hold = _place(wallet, 60_00)
    draft = _taking(wallet, 25_00, Capture(hold, 25_00))
    posting.post(draft)
    assert not posting.post(draft).is_new
    assert reading.standing(wallet).held == 35_00


@pytest.mark.parametrize("part", [60_01, 100_00, 0, -1])
def test_no_more_is_captured_than_is_held(wallet: int, part: int) -> None:
    hold = _place(wallet, 60_00)
    with pytest.raises(errors.HoldOver), transaction.atomic():
        posting.post(_taking(wallet, 100_00, Capture(hold, part)))
    assert reading.standing(wallet).held == 60_00


def test_no_more_is_captured_than_the_journal_takes(wallet: int) -> None:
    hold = _place(wallet, 60_00)
    with pytest.raises(errors.HoldOver), transaction.atomic():
        posting.post(_taking(wallet, 10_00, Capture(hold, 10_01)))
    with pytest.raises(errors.HoldOver), transaction.atomic():
        giving = books.transfer(books.wallet(50_00), wallet, 10_00)
        posting.post(replace(giving, captures=(Capture(hold, 10_00),)))


def test_a_hold_of_another_account_is_not_captured(wallet: int) -> None:
    other = _place(books.wallet(50_00), 50_00)
    with pytest.raises(errors.HoldOver), transaction.atomic():
        posting.post(_taking(wallet, 10_00, Capture(other, 10_00)))


def test_a_release_gives_back_the_rest_once(wallet: int) -> None:
    hold = _place(wallet, 60_00)
    posting.post(_taking(wallet, 25_00, Capture(hold, 25_00)))
    assert holds.release(hold) == 35_00
    assert holds.release(hold) == 0
    assert reading.standing(wallet).available == 75_00
    with pytest.raises(errors.HoldOver), transaction.atomic():
        holds.release(10**9)


def test_a_hold_expires_by_the_sweep_and_is_not_captured_after_its_time(wallet: int) -> None:
    late = _place(wallet, 60_00, expires_at=timezone.now() - timedelta(seconds=1))
    later = _place(wallet, 30_00, expires_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(errors.HoldOver), transaction.atomic():
        posting.post(_taking(wallet, 60_00, Capture(late, 60_00)))
    assert reading.standing(wallet).held == 90_00

    assert holds.expire_due() == 1

    assert reading.standing(wallet).held == 30_00
    assert Hold.objects.get(pk=later).held == 30_00
    assert holds.expire_due() == 0


def test_the_same_key_is_the_same_hold(wallet: int) -> None:
    first = holds.place(wallet, amount=10_00, key="k", expires_at=None)
    again = holds.place(wallet, amount=10_00, key="k", expires_at=None)
    assert (again.hold_id, again.is_new) == (first.hold_id, False)
    assert reading.standing(wallet).held == 10_00
    with pytest.raises(errors.KeyReused), transaction.atomic():
        holds.place(wallet, amount=10_01, key="k", expires_at=None)


@pytest.mark.parametrize("amount", [0, -5, 2**53, 2**63 - 1])
def test_a_hold_has_an_amount(wallet: int, amount: int) -> None:
    with pytest.raises(MalformedJournal), transaction.atomic():
        _place(wallet, amount)
    assert reading.standing(wallet).held == 0


def test_nothing_is_held_on_hot_or_closed_accounts() -> None:
    closed, without_floor = books.wallet(), accounts.open_account(Kind.EQUITY)
    accounts.close_account(closed)
    for account in (books.paybill(), closed, without_floor):
        with pytest.raises(errors.HoldOver) as refused, transaction.atomic():
            _place(account, 1)
        assert refused.value.figures == {"account_id": account}
    assert not Hold.objects.exists()


def test_nothing_is_held_on_an_account_that_is_not_there() -> None:
    with pytest.raises(errors.AccountUnavailable) as refused, transaction.atomic():
        _place(10**9, 1)
    assert refused.value.figures == {"account_id": 10**9}


@pytest.mark.parametrize("part", [1.0, "1", True, None])
def test_only_whole_numbers_are_held_and_captured(wallet: int, part: Any) -> None:
    with pytest.raises(TypeError):
        Capture(1, part)
    with pytest.raises(TypeError):
        Capture(part, 1)
    with pytest.raises(TypeError):
        holds.place(wallet, amount=part, key="k", expires_at=None)


@pytest.mark.parametrize("key", ["", "a\0b", "a\nb", "\ud800", "k" * 121])
def test_a_key_of_a_hold_is_one_short_line(wallet: int, key: str) -> None:
    with pytest.raises(MalformedJournal), transaction.atomic():
        holds.place(wallet, amount=1, key=key, expires_at=None)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("amount = amount + 1", "NCL07"),
        ("amount = amount - 1", "NCL07"),
        ("captured = -1", "23514"),  # check_violation
        ("released = 6001", "23514"),
        ("released = 1, captured = 5999", "23514"),  # it would be over, and not say so
        ("ended_at = now()", "23514"),
        ("key = 'x'", "NCL07"),
        ("expires_at = now()", "NCL07"),
    ],
)
def test_a_hold_changes_by_capture_and_release_only(wallet: int, change: str, state: str) -> None:
    hold = _place(wallet, 60_00)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            cursor.execute(f"UPDATE wallets_hold SET {change} WHERE id = %s", [hold])
        cursor.execute("SET LOCAL ROLE nannychain_app")
    assert refused.value.__cause__.sqlstate == state  # type: ignore[union-attr]
    assert reading.standing(wallet).held == 60_00


def test_a_hold_shrinks_and_never_grows_again(wallet: int) -> None:
    hold = _place(wallet, 60_00)
    posting.post(_taking(wallet, 25_00, Capture(hold, 25_00)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            cursor.execute("UPDATE wallets_hold SET captured = 2400 WHERE id = %s", [hold])
        cursor.execute("SET LOCAL ROLE nannychain_app")
    assert refused.value.__cause__.sqlstate == "NCL07"  # type: ignore[union-attr]
    assert reading.standing(wallet).held == 35_00


@pytest.mark.django_db(transaction=True)
def test_a_capture_and_a_release_at_once_leave_no_money_behind() -> None:
    for number in range(10):
        wallet, to = books.wallet(50_00), books.wallet()
        hold = holds.place(wallet, amount=50_00, key=f"race-{number}", expires_at=None).hold_id
        draft = replace(books.transfer(wallet, to, 50_00), captures=(Capture(hold, 50_00),))
        turn = itertools.count()

        def act(draft: Draft = draft, hold: int = hold, turn: Any = turn) -> str:
            try:
                if next(turn) % 2:
                    return f"released {holds.release(hold)}"
                posting.post(draft)
            except errors.HoldOver:
                return "over"
            return "captured"

        found = sorted(at_once(act, times=2, threads=2))
        assert found in (["captured", "released 0"], ["over", "released 5000"])
        assert reading.standing(wallet).held == 0
