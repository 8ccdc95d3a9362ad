"""What Safaricom charges us, by day: a charge that differs is named. It decides about no money.

A new tariff is one more entry, in force from its day in Nairobi; the old ones stay.
Source: Safaricom's form for business to customer, August 2023, charged to the business.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from nannychain.clock import NAIROBI


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """Charges of payouts: up to so many cents, so many; the last band has no end."""

    since: datetime
    bands: tuple[tuple[int, int], ...]


PAYOUTS = (
    Tariff(
        since=datetime(2023, 8, 1, tzinfo=NAIROBI).astimezone(UTC),
        bands=(
            (100_00, 0),
            (1_500_00, 5_00),
            (5_000_00, 9_00),
            (20_000_00, 11_00),
            (250_000_00, 13_00),
        ),
    ),
)


def payout_charge_cents(amount_cents: int, *, at: datetime) -> int | None:
    """Return what a payout of so much was charged then; None where no tariff says."""
    tariff = next((each for each in reversed(PAYOUTS) if each.since <= at), None)
    bands = tariff.bands if tariff else ()
    return next((charge for up_to, charge in bands if amount_cents <= up_to), None)


def bands() -> list[tuple[datetime, datetime, int, int, int]]:
    """Return rows for a comparison in the database: since, until, above, up to, charge."""
    rows, end = [], datetime(9999, 1, 1, tzinfo=UTC)
    for tariff in reversed(PAYOUTS):
        above = 0
        for up_to, charge in tariff.bands:
            rows.append((tariff.since, end, above, up_to, charge))
            above = up_to
        end = tariff.since
    return rows
