"""Many at once, with real connections: no limit is passed by two who look at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from nannychain.dated import services as dated
from nannychain.operating.models import ModeCaps
from payments import limits
from payments.limits.models import DayOutflow, DayUse, Payee
from tests.factories import money
from tests.factories.threads import at_once
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def _outcome(call: Callable[[], None]) -> str:
    try:
        with transaction.atomic():
            call()
    except (limits.LimitExceeded, limits.OutflowReached) as refused:
        return refused.code
    return "taken"


def test_two_withdrawals_at_once_do_not_pass_one_limit() -> None:
    her = money.member(level=Level.PHONE).pk

    found = at_once(
        lambda: _outcome(
            lambda: limits.take_outgoing(
                her, operation="withdrawal", amount_cents=3_000_00, at=NOON
            )
        ),
        times=2,
        threads=2,
    )

    assert sorted(found) == ["limits.day", "taken"]


def test_forty_at_once_fill_the_day_to_the_last_shilling() -> None:
    her = money.member(level=Level.PHONE).pk

    found = at_once(
        lambda: _outcome(
            lambda: limits.take_outgoing(her, operation="withdrawal", amount_cents=500_00, at=NOON)
        ),
        times=40,
        threads=12,
    )

    assert (found.count("taken"), found.count("limits.day")) == (10, 30)
    assert DayUse.objects.get().cents == 5_000_00


def test_a_new_payee_gets_no_more_from_many_at_once() -> None:
    her, cousin = money.member().pk, money.member().pk

    found = at_once(
        lambda: _outcome(
            lambda: limits.take_outgoing(
                her, operation="transfer", amount_cents=400_00, at=NOON, payee_id=cousin
            )
        ),
        times=16,
    )

    assert (found.count("taken"), found.count("limits.new_payee")) == (5, 11)
    assert Payee.objects.get().new_cents == 2_000_00


def test_many_members_at_once_do_not_pass_the_cap_of_the_mode(settings: object) -> None:
    settings.OPERATING_MODE = "pilot"  # type: ignore[attr-defined]
    row = {"mode": "pilot", "effective_from": NOON - timedelta(days=9), "reason": "a test"}
    dated.begin(ModeCaps, "mode", [{**row, "outflow_day_max_cents": 7_000_00}])
    members = [money.member().pk for _ in range(20)]

    found = at_once(
        lambda: _outcome(
            lambda: limits.take_outgoing(
                members.pop(), operation="withdrawal", amount_cents=1_000_00, at=NOON
            )
        ),
        times=20,
        threads=12,
    )

    assert (found.count("taken"), found.count("limits.outflow")) == (7, 13)
    assert DayOutflow.objects.get().cents == 7_000_00
