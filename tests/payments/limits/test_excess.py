"""Money above a wallet's limit is hers: held, told to her, and free as soon as there is room."""

import itertools

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from nannychain.notifications.models import Sms
from payments import limits
from payments.limits import excess
from payments.limits.models import Excess
from tests.factories import books, money
from tests.factories.threads import at_once
from wallets.ledger import posting
from wallets.ledger.errors import NotEnough
from wallets.wallet import selectors as wallets
from workers.identity.models import Member
from workers.kyc import services as kyc
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db


def _receive(her: Member, cents: int) -> limits.Settled:
    with transaction.atomic():
        money.put_in(her, cents)
        return limits.settle_excess(
            her.pk, account_id=wallets.account_of(her.pk), at=timezone.now(), cause="a test"
        )


def _spend(her: Member, cents: int) -> limits.Settled:
    account = wallets.account_of(her.pk)
    with transaction.atomic():
        posting.post(books.transfer(account, books.wallet(), cents))
        return limits.release_excess(her.pk, account_id=account, at=timezone.now(), cause="a test")


def test_a_wallet_within_its_limit_holds_nothing_back() -> None:
    her = money.member(level=Level.PHONE)

    assert _receive(her, 20_000_00) == limits.Settled(0)
    assert money.available(her) == 20_000_00
    assert not Sms.objects.exists()


def test_what_is_above_the_limit_is_in_her_wallet_and_can_not_be_spent() -> None:
    her = money.member(level=Level.PHONE)

    settled = _receive(her, 26_500_00)

    assert settled == limits.Settled(6_500_00, newly_held_cents=6_500_00)
    assert (money.balance(her), money.available(her)) == (26_500_00, 20_000_00)
    with pytest.raises(NotEnough), transaction.atomic():
        _spend(her, 20_000_01)


def test_she_is_told_how_much_is_kept_for_her_in_her_language() -> None:
    her = money.member(level=Level.PHONE, language="sw")

    _receive(her, 26_500_00)

    sms = Sms.objects.get()
    assert sms.phone == her.phone
    assert sms.text == (
        "Akaunti yako inaweza kuwa na KSh 20,000. KSh 6,500 zaidi ya hapo ni zako na "
        "tunakuhifadhia. Utazitumia nafasi ikipatikana, au kitambulisho kikikaguliwa."
    )


def test_spending_makes_room_for_what_was_kept() -> None:
    her = money.member(level=Level.PHONE)
    _receive(her, 26_500_00)

    settled = _spend(her, 4_000_00)

    assert settled == limits.Settled(2_500_00, released_cents=4_000_00)
    assert (money.balance(her), money.available(her)) == (22_500_00, 20_000_00)
    assert _spend(her, 10_000_00) == limits.Settled(0, released_cents=2_500_00)
    assert money.available(her) == 12_500_00


def test_once_she_is_known_better_all_of_it_is_free() -> None:
    her = money.member(level=Level.PHONE)
    _receive(her, 26_500_00)

    kyc.set_level(her.pk, level=Level.ID_NUMBER, reason="ID number fits", by=money.STAFF)
    with transaction.atomic():
        excess.level_changed(member_id=str(her.pk))

    assert money.available(her) == 26_500_00
    assert Sms.objects.latest("id").text == (
        "KSh 6,500 that was kept for you is free to use. Still kept: KSh 0."
    )


def test_the_sweep_sets_free_what_nobody_else_has() -> None:
    her = money.member(level=Level.PHONE)
    _receive(her, 26_500_00)
    kyc.set_level(her.pk, level=Level.ID_CHECKED, reason="seen", by=money.STAFF)

    assert excess.release_all() == 1
    assert excess.release_all() == 0
    assert money.available(her) == 26_500_00


def test_money_on_another_hold_is_not_held_twice() -> None:
    from wallets.ledger import holds

    her = money.member(19_000_00, level=Level.PHONE)
    account = wallets.account_of(her.pk)
    holds.place(account, amount=19_000_00, key="escrow", expires_at=None)

    settled = _receive(her, 5_000_00)

    assert settled.held_cents == 4_000_00
    assert money.available(her) == 1_000_00


def test_room_is_what_the_limit_leaves() -> None:
    her = money.member(15_000_00, level=Level.PHONE)
    now = timezone.now()

    assert limits.room_for_incoming(her.pk, at=now) == limits.Room(20_000_00, 5_000_00)
    _receive(her, 9_000_00)
    assert limits.room_for_incoming(her.pk, at=now) == limits.Room(20_000_00, 0)


@pytest.mark.django_db(transaction=True)
def test_many_payments_at_once_hold_what_is_above_the_limit_to_the_cent() -> None:
    her = money.member(level=Level.PHONE)

    at_once(lambda: _receive(her, 3_000_00), times=12, threads=8)

    assert (money.balance(her), money.available(her)) == (36_000_00, 20_000_00)
    held = Excess.objects.filter(released_at__isnull=True)
    assert sum(row.cents for row in held) == 16_000_00


@pytest.mark.django_db(transaction=True)
def test_what_comes_and_what_goes_at_once_leave_the_right_part_free() -> None:
    her = money.member(19_000_00, level=Level.PHONE)
    turn = itertools.count()

    def move() -> None:
        if next(turn) % 2:
            _receive(her, 1_000_00)
        else:
            _spend(her, 700_00)

    at_once(move, times=20, threads=8)
    excess.release_all()

    assert money.balance(her) == 22_000_00
    assert money.available(her) == 20_000_00


class TestAnyHistory(TestCase):
    """After whatever came and went, what can be spent is the balance up to the limit."""

    @settings(max_examples=25)
    @given(moves=st.lists(st.integers(-9_000_00, 15_000_00).filter(bool), max_size=8))
    def test_what_is_free_is_never_above_the_limit_and_nothing_is_lost(
        self, moves: list[int]
    ) -> None:
        her, total = money.member(level=Level.PHONE), 0
        for cents in moves:
            if cents > 0:
                _receive(her, cents)
            elif -cents <= money.available(her):
                _spend(her, -cents)
            else:
                continue
            total += cents
            assert money.balance(her) == total
            assert money.available(her) == min(total, 20_000_00)
        held = Excess.objects.filter(member=her, released_at__isnull=True)
        assert sum(row.cents for row in held) == max(0, total - 20_000_00)
