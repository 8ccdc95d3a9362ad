"""Rules about M-Pesa: the float that pays out, and callbacks that don't come."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from config.mpesa_alerts import callbacks_silent, float_low
from nannychain.ids import first_since
from payments.paybill.models import PaybillPayment
from payments.reconciliation.balances.models import BalanceReading
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.sending import NOT_IN_TIME
from payments.withdrawals.states import WITHDRAWAL
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


def paid_out(count: int, *, told_by: str) -> None:
    for _ in range(count):
        asked_for()
        with transaction.atomic():
            paid = Withdrawal.objects.latest("pk")
            WITHDRAWAL.record(paid, source="SENT", target="PAID", why=f"told by {told_by}")


def came(count: int, *, told_by: str, **fields: Any) -> None:
    first = PaybillPayment.objects.count()
    PaybillPayment.objects.bulk_create(
        PaybillPayment(
            receipt=f"TJ{first + n:08}",
            amount_cents=5_000,
            shortcode="600990",
            told_by=told_by,
            **fields,
        )
        for n in range(count)
    )


class TestCallbacks:
    @pytest.mark.parametrize("told_by", ["status query", "statement"])
    def test_of_payouts_are_missed_where_all_was_learnt_otherwise(self, told_by: str) -> None:
        paid_out(4, told_by=told_by)
        assert callbacks_silent() is None
        paid_out(1, told_by=told_by)
        assert list((callbacks_silent() or {}).values()) == [5]
        assert "withdrawals" in str(callbacks_silent())
        paid_out(1, told_by="callback")
        assert callbacks_silent() is None

    def test_of_payouts_are_not_missed_where_two_people_decided(self) -> None:
        paid_out(5, told_by="two people")
        assert callbacks_silent() is None

    def test_of_the_paybill_are_missed_where_a_pull_found_all(self) -> None:
        came(4, told_by="pull")
        came(5, told_by="statement")
        came(5, told_by="nobody known")
        assert callbacks_silent() is None
        came(1, told_by="pull")
        assert list((callbacks_silent() or {}).values()) == [5]
        assert "paybill" in str(callbacks_silent())
        came(1, told_by="confirmation")
        assert callbacks_silent() is None

    def test_of_more_than_an_hour_ago_prove_nothing(self) -> None:
        before = first_since(ago(minutes=61))
        for n in range(5):
            came(1, told_by="pull", id=UUID(int=before.int + n))
        assert callbacks_silent() is None
