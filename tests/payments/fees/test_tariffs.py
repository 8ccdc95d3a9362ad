"""Tariffs in the database: the one in force, changes to come, and a past that stays."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.clock import nairobi_date
from nannychain.dated import services as dated
from nannychain.ids import new_id
from nannychain.reasons import InvalidReason
from payments import fees
from payments.fees import services
from payments.fees.models import Tariff
from payments.fees.table import UnfairTable

pytestmark = pytest.mark.django_db
ATIENO = Actor(id=new_id(), name="NW-ATIEN0")
CHEAPER = [(1_500_00, 0), (250_000_00, 6_00)]


def _tomorrow() -> date:
    return nairobi_date(timezone.now()) + timedelta(days=1)


def _schedule(starts_on: date | None = None, reason: str = "M-Pesa has become cheaper") -> Tariff:
    return services.schedule(
        "withdrawal",
        bands=CHEAPER,
        tax_basis_points=1_500,
        starts_on=starts_on or _tomorrow(),
        reason=reason,
        by=ATIENO,
    )


def test_a_withdrawal_of_500_costs_5_shillings_with_the_duty() -> None:
    fee = fees.quote("withdrawal", 500_00, at=timezone.now())

    assert (fee.fee_cents, fee.tax_cents, fee.total_cents) == (4_35, 65, 5_00)


def test_what_stays_in_our_books_costs_nothing() -> None:
    assert fees.quote("transfer", 2_000_00, at=timezone.now()).total_cents == 0


@pytest.mark.parametrize(
    ("operation", "amount"),
    [("withdrawal", 0), ("withdrawal", 250_000_01), ("teleportation", 500_00)],
)
def test_what_no_tariff_is_for_can_not_be_offered(operation: str, amount: int) -> None:
    with pytest.raises(fees.NoFeeKnown):
        fees.quote(operation, amount, at=timezone.now())


def test_nothing_was_offered_before_the_first_tariff() -> None:
    with pytest.raises(fees.NoFeeKnown):
        fees.quote("withdrawal", 500_00, at=datetime(2025, 12, 31, 20, 59, tzinfo=UTC))


def test_a_change_begins_at_midnight_in_nairobi_and_not_a_moment_before() -> None:
    begins = _schedule().effective_from

    assert begins.astimezone(UTC).hour == 21
    before = fees.quote("withdrawal", 500_00, at=begins - timedelta(microseconds=1))
    assert before.total_cents == 5_00
    assert fees.quote("withdrawal", 500_00, at=begins).total_cents == 0
    assert fees.quote("withdrawal", 1_500_01, at=begins).total_cents == 6_00


def test_a_change_is_in_the_audit_with_its_reason() -> None:
    tariff = _schedule()

    entry = AuditEntry.objects.get(action="tariff.made")
    assert (entry.actor, entry.reason) == ("NW-ATIEN0", "M-Pesa has become cheaper")
    assert entry.subject_id == str(tariff.pk)


@pytest.mark.parametrize("days", [0, -1, -400])
def test_a_change_does_not_begin_today_or_earlier(days: int) -> None:
    with pytest.raises(dated.BeginsTooSoon):
        _schedule(nairobi_date(timezone.now()) + timedelta(days=days))


def test_a_change_says_why() -> None:
    with pytest.raises(InvalidReason):
        _schedule(reason=" ")


def test_two_changes_do_not_begin_on_one_day() -> None:
    _schedule()

    with pytest.raises(dated.BeginsTwice):
        _schedule()


def test_an_unfair_table_is_refused() -> None:
    with pytest.raises(UnfairTable):
        services.schedule(
            "withdrawal",
            bands=[(100_00, 1_00)],
            tax_basis_points=0,
            starts_on=_tomorrow(),
            reason="greed",
            by=ATIENO,
        )


def test_a_change_that_has_not_begun_can_be_withdrawn_once_and_made_anew() -> None:
    tariff = _schedule()
    services.withdraw(tariff, reason="it was a misprint", by=ATIENO)

    at = tariff.effective_from
    assert fees.quote("withdrawal", 500_00, at=at).total_cents == 5_00
    with pytest.raises(dated.HasBegun):
        services.withdraw(tariff, reason="again", by=ATIENO)
    _schedule()
    assert fees.quote("withdrawal", 500_00, at=at).total_cents == 0


def test_what_is_in_force_can_not_be_withdrawn() -> None:
    with pytest.raises(dated.HasBegun):
        services.withdraw(Tariff.objects.get(operation="withdrawal"), reason="no", by=ATIENO)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_tariff SET price_cents = '{0,0,0,0,0}' WHERE operation = 'withdrawal'",
        "UPDATE payments_tariff SET effective_from = now() WHERE operation = 'withdrawal'",
        "UPDATE payments_tariff SET withdrawn_at = now() WHERE operation = 'withdrawal'",
        "UPDATE payments_tariff SET maker = 'nobody'",
        "DELETE FROM payments_tariff",
        "INSERT INTO payments_tariff (operation, up_to_cents, price_cents, tax_basis_points,"
        " effective_from, made_at, maker, reason, withdrawer) VALUES ('withdrawal', '{100}',"
        " '{0}', 0, now() - interval '1 day', now(), 'nobody', 'to rewrite the past', '')",
    ],
)
def test_postgresql_keeps_the_past(statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_tariff SET price_cents = '{0,0}' WHERE id = %s",
        "UPDATE payments_tariff SET effective_from = now() + interval '9 days' WHERE id = %s",
        "UPDATE payments_tariff SET withdrawn_at = now(), price_cents = '{0,0}' WHERE id = %s",
        "DELETE FROM payments_tariff WHERE id = %s",
    ],
)
def test_a_change_to_come_is_withdrawn_and_not_edited(statement: str) -> None:
    tariff = _schedule()

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [tariff.pk])
