"""Changing what a thing costs, from a day to come on."""

from collections.abc import Iterable
from datetime import date

from nannychain.actors import Actor
from nannychain.dated import services as dated
from payments.fees.figures import WORDS
from payments.fees.models import BANDS_MAX, Tariff
from payments.fees.table import UnfairTable, of_bands


def tariff(operation: str, *, bands: Iterable[tuple[int, int]], tax_basis_points: int) -> Tariff:
    """Return a tariff of an operation, unsaved. Bands are pairs of cents: up to, price.

    Raises UnfairTable.
    """
    pairs = list(bands)
    table = of_bands(pairs, tax_basis_points=tax_basis_points)
    if operation not in WORDS or len(table.bands) > BANDS_MAX:
        raise UnfairTable
    return Tariff(
        operation=operation,
        up_to_cents=[up_to for up_to, _ in pairs],
        price_cents=[price for _, price in pairs],
        tax_basis_points=tax_basis_points,
    )


def schedule(
    operation: str,
    *,
    bands: Iterable[tuple[int, int]],
    tax_basis_points: int,
    starts_on: date,
    reason: str,
    by: Actor,
) -> Tariff:
    """Make the tariff of an operation from that day on; whoever calls has asked a second person.

    Raises UnfairTable, and as `dated.schedule` does.
    """
    made = tariff(operation, bands=bands, tax_basis_points=tax_basis_points)
    return dated.schedule(made, starts_on=starts_on, reason=reason, by=by)


def withdraw(tariff: Tariff, *, reason: str, by: Actor) -> None:
    """Take back a tariff that has not begun. Raises as `dated.withdraw` does."""
    dated.withdraw(tariff, reason=reason, by=by)
