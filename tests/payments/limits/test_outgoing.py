"""Money out: counted by member, day and payee, given back where it fails, and never twice."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain.dated import services as dated
from nannychain.operating.models import ModeCaps
from payments import limits
from payments.limits.models import DayOutflow, DayUse
from payments.limits.rules import AboveCap, AboveDay, AboveMaximum, AboveNewPayee, BelowMinimum
from tests.factories import money
from workers.identity.standing import services as standing
from workers.identity.standing.models import Standing
from workers.kyc import services as kyc
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)  # twelve o'clock in Nairobi


def _take(
    member_id: UUID,
    cents: int,
    *,
    operation: str = "withdrawal",
    at: datetime = NOON,
    payee_id: UUID | None = None,
) -> None:
    with transaction.atomic():
        limits.take_outgoing(
            member_id, operation=operation, amount_cents=cents, at=at, payee_id=payee_id
        )


def test_who_is_known_by_phone_sends_5000_a_day() -> None:
    her = money.member(level=Level.PHONE).pk

    _take(her, 3_000_00)
    _take(her, 2_000_00, operation="transfer")

    with pytest.raises(AboveDay) as refused:
        _take(her, 10_00)
    assert (refused.value.limit_cents, refused.value.left_cents) == (5_000_00, 0)


def test_the_day_ends_at_midnight_in_nairobi() -> None:
    her = money.member(level=Level.PHONE).pk
    midnight = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
    _take(her, 5_000_00, at=midnight - timedelta(seconds=1))

    with pytest.raises(AboveDay):
        _take(her, 10_00, at=midnight - timedelta(microseconds=1))
    _take(her, 5_000_00, at=midnight)


@pytest.mark.parametrize(
    ("level", "most"),
    [(Level.PHONE, 5_000_00), (Level.ID_NUMBER, 70_000_00), (Level.ID_CHECKED, 250_000_00)],
)
def test_the_better_she_is_known_the_more_she_sends_at_once(level: Level, most: int) -> None:
    her = money.member(level=level).pk

    with pytest.raises(AboveMaximum) as refused:
        _take(her, most + 1)
    assert refused.value.limit_cents == most
    _take(her, most)


def test_m_pesa_pays_out_ten_shillings_at_least() -> None:
    her = money.member().pk

    with pytest.raises(BelowMinimum):
        _take(her, 9_99)
    _take(her, 10_00)
    _take(her, 1_00, operation="transfer")


def test_asking_counts_nothing() -> None:
    her = money.member(level=Level.PHONE).pk

    for _ in range(3):
        limits.check_outgoing(her, operation="withdrawal", amount_cents=5_000_00, at=NOON)

    assert not DayUse.objects.exists()


def test_what_did_not_go_out_can_go_out_again() -> None:
    her = money.member(level=Level.PHONE).pk
    _take(her, 5_000_00)

    with transaction.atomic():
        limits.give_back(her, operation="withdrawal", amount_cents=5_000_00, taken_at=NOON)

    _take(her, 5_000_00)


def test_what_is_given_back_later_counts_for_the_day_on_which_it_was_taken() -> None:
    her = money.member(level=Level.PHONE).pk
    tomorrow = NOON + timedelta(days=1)
    _take(her, 5_000_00)
    _take(her, 5_000_00, at=tomorrow)

    with transaction.atomic():
        limits.give_back(her, operation="withdrawal", amount_cents=5_000_00, taken_at=NOON)

    with pytest.raises(AboveDay):
        _take(her, 10_00, at=tomorrow)


def test_a_new_payee_gets_2000_in_the_first_24_hours() -> None:
    her, cousin, other = (money.member().pk for _ in range(3))
    _take(her, 1_500_00, operation="transfer", payee_id=cousin)

    with pytest.raises(AboveNewPayee) as refused:
        _take(her, 500_01, operation="transfer", payee_id=cousin)
    assert refused.value.left_cents == 500_00
    _take(her, 500_00, operation="transfer", payee_id=cousin)
    _take(her, 2_000_00, operation="transfer", payee_id=other)
    almost = NOON + timedelta(hours=24) - timedelta(microseconds=1)
    with pytest.raises(AboveNewPayee):
        _take(her, 1_00, operation="transfer", payee_id=cousin, at=almost)
    _take(her, 200_000_00, operation="transfer", payee_id=cousin, at=NOON + timedelta(hours=24))


def test_a_refused_payment_makes_nobody_known() -> None:
    her, cousin = money.member().pk, money.member().pk
    with pytest.raises(AboveNewPayee):
        _take(her, 2_000_01, operation="transfer", payee_id=cousin)

    with pytest.raises(AboveNewPayee):
        _take(her, 2_000_01, operation="transfer", payee_id=cousin, at=NOON + timedelta(days=3))


def test_limits_are_counted_within_a_transaction_only() -> None:
    from nannychain.transactions import TransactionRequired

    her = money.member().pk
    block = transaction.get_connection().in_atomic_block
    transaction.get_connection().in_atomic_block = False
    try:
        with pytest.raises(TransactionRequired):
            limits.take_outgoing(her, operation="withdrawal", amount_cents=10_00, at=NOON)
    finally:
        transaction.get_connection().in_atomic_block = block


@pytest.fixture
def pilot(settings: object) -> ModeCaps:
    """A mode in which KES 10,000 may leave on a day."""
    settings.OPERATING_MODE = "pilot"  # type: ignore[attr-defined]
    row = {"mode": "pilot", "effective_from": NOON - timedelta(days=9), "reason": "a test"}
    dated.begin(ModeCaps, "mode", [{**row, "outflow_day_max_cents": 10_000_00}])
    return ModeCaps.objects.get(mode="pilot")


@pytest.mark.usefixtures("pilot")
def test_all_together_take_out_no_more_than_the_mode_allows() -> None:
    one, other = money.member().pk, money.member().pk
    _take(one, 6_000_00)

    with pytest.raises(limits.OutflowReached):
        _take(other, 4_000_01)
    _take(other, 4_000_00)
    _take(other, 9_000_00, operation="transfer")  # it stays in our books
    assert DayOutflow.objects.get().cents == 10_000_00


@pytest.mark.usefixtures("pilot")
def test_what_did_not_leave_makes_room_for_others() -> None:
    one, other = money.member().pk, money.member().pk
    _take(one, 10_000_00)

    with transaction.atomic():
        limits.give_back(one, operation="withdrawal", amount_cents=10_000_00, taken_at=NOON)

    _take(other, 10_000_00)


def test_a_better_level_counts_at_once() -> None:
    her = money.member(level=Level.PHONE)
    _take(her.pk, 5_000_00)

    kyc.set_level(her.pk, level=Level.ID_NUMBER, reason="ID number fits", by=money.STAFF)

    _take(her.pk, 70_000_00)


def test_an_account_with_a_new_pin_or_sim_lets_out_no_more_than_its_cap() -> None:
    her = money.member().pk
    now = timezone.now()
    _take(her, 9_000_00, at=now)
    with transaction.atomic():
        standing.cap_outgoing(her, why="a new SIM")

    _take(her, 1_500_00, at=now, operation="transfer")
    with pytest.raises(AboveCap) as refused:
        _take(her, 500_01, at=now)
    assert (refused.value.limit_cents, refused.value.left_cents) == (2_000_00, 500_00)
    with transaction.atomic():
        limits.give_back(her, operation="transfer", amount_cents=1_500_00, taken_at=timezone.now())
    _take(her, 2_000_00, at=now)
    _take(her, 9_000_00, at=now + timedelta(hours=25))


def test_a_later_cap_begins_anew() -> None:
    her = money.member().pk
    for _ in range(2):
        with transaction.atomic():
            standing.cap_outgoing(her, why="a new SIM")
        _take(her, 2_000_00, at=timezone.now())
        with pytest.raises(AboveCap):
            _take(her, 10_00, at=timezone.now())
        a_moment = timedelta(microseconds=1)  # and the day has gone by
        Standing.objects.filter(pk=her).update(capped_until=F("capped_since") + a_moment)
