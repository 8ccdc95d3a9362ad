"""Rules about M-Pesa: the float that pays out, and callbacks that don't come."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from config.mpesa_alerts import float_low
from payments.reconciliation.balances.models import BalanceReading
from payments.withdrawals.models import Desk
from payments.withdrawals.sending import NOT_IN_TIME
from tests.config.test_alert_rules import ago, withdrawal
from tests.factories import floats
from tests.factories.mpesa import PAYOUT_SHORTCODE

pytestmark = pytest.mark.django_db


def asked_for(cents: int = 100_00, **fields: Any) -> None:
    amounts = {"asked_cents": cents, "amount_cents": cents}
    withdrawal(**{"shortcode": PAYOUT_SHORTCODE, "state": "PAID", **amounts, **fields})


def told(cents: int, *, hours_ago: float = 0) -> None:
    BalanceReading.objects.create(
        shortcode=PAYOUT_SHORTCODE,
        answered_at=timezone.now() - timedelta(hours=hours_ago),
        told_cents=cents,
        books_cents=cents,
        going_cents=0,
        coming_cents=0,
    )


def holds() -> int:
    found = float_low()
    assert found
    cents: int = found[PAYOUT_SHORTCODE]["holds_cents"]
    return cents


class TestTheFloat:
    @pytest.fixture
    def _filled(self, settings: Any) -> None:
        floats.numbers(settings)
        floats.fill_payouts(300_00)

    @pytest.mark.usefixtures("_filled")
    def test_is_enough_where_books_and_mpesa_have_a_days_need(self) -> None:
        asked_for(300_00)
        told(300_00)
        assert float_low() is None

    @pytest.mark.usefixtures("_filled")
    def test_is_what_mpesa_told_where_our_books_have_more(self) -> None:
        asked_for(300_00)
        told(900_00, hours_ago=1)
        told(299_99)
        assert holds() == 299_99

    @pytest.mark.usefixtures("_filled")
    def test_is_what_our_books_say_where_mpesa_has_more(self) -> None:
        asked_for(300_01)
        told(900_00)
        assert holds() == 300_00

    @pytest.mark.usefixtures("_filled")
    def test_is_not_judged_by_an_old_word(self) -> None:
        asked_for(300_00)
        told(0, hours_ago=3.1)
        assert float_low() is None

    def test_is_empty_where_no_account_was_opened(self) -> None:
        asked_for()
        assert holds() == 0

    @pytest.mark.usefixtures("_filled")
    def test_is_low_for_as_long_as_the_desk_is_short_though_nobody_asks(self) -> None:
        desk = Desk.objects.create(pk=PAYOUT_SHORTCODE, short_since=ago(hours=30))
        found = float_low()
        assert found
        assert found[PAYOUT_SHORTCODE]["a_day_needs_cents"] == 0
        assert found[PAYOUT_SHORTCODE]["short_since"]
        Desk.objects.filter(pk=desk.pk).update(short_since=None)
        assert float_low() is None

    def test_has_to_pay_what_could_not_be_paid_in_time(self) -> None:
        yesterday = ago(hours=25)
        failed: dict[str, Any] = {"state": "FAILED", "due_at": None, "created_at": yesterday}
        asked_for(reason="not registered", ended_at=timezone.now(), **failed)
        asked_for(reason=NOT_IN_TIME, ended_at=yesterday, **failed)
        assert float_low() is None
        asked_for(reason=NOT_IN_TIME, ended_at=ago(hours=1), **failed)
        assert holds() == 0
