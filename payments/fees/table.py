"""Reckoning a fee: pure functions over one table. Amounts in cents, rates in basis points.

A table is a list of bands, each with the greatest amount that it is for, and what the person pays,
duty included, as prices are told in Kenya.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from nannychain.errors import Invalid

BASIS_POINTS = 10_000


class UnfairTable(Invalid):
    """A table that no honest tariff can be."""

    code = "fees.unfair_table"
    message = "The bands must rise, and no price may be as great as what it is paid for."


@dataclass(frozen=True)
class Fee:
    """What one operation costs, in cents: `fee_cents` is ours, `tax_cents` the duty on it."""

    fee_cents: int
    tax_cents: int

    @property
    def total_cents(self) -> int:
        """Return what the person pays."""
        return self.fee_cents + self.tax_cents


@dataclass(frozen=True)
class Band:
    """For amounts up to `up_to_cents`, and above those of the band before: what is paid."""

    up_to_cents: int
    price_cents: int


@dataclass(frozen=True)
class Table:
    """The bands from the smallest up, and the rate of the duty within each price.

    Raises UnfairTable where the bands don't rise, a greater amount is cheaper, or a price eats up
    what it is paid for.
    """

    bands: tuple[Band, ...]
    tax_basis_points: int

    def __post_init__(self) -> None:
        if not self.bands or not 0 <= self.tax_basis_points < BASIS_POINTS:
            raise UnfairTable
        least_cents = 1
        for band in self.bands:
            if not 0 <= band.price_cents < least_cents or band.up_to_cents < least_cents:
                raise UnfairTable
            least_cents = band.up_to_cents + 1
        if any(lower.price_cents > upper.price_cents for lower, upper in pairwise(self.bands)):
            raise UnfairTable

    @property
    def greatest_cents(self) -> int:
        """Return the greatest amount that the table is for."""
        return self.bands[-1].up_to_cents


def of_bands(bands: Iterable[tuple[int, int]], *, tax_basis_points: int) -> Table:
    """Return the table of pairs: the greatest amount of each band, and what is paid there."""
    return Table(tuple(Band(*pair) for pair in bands), tax_basis_points)


def reckon(table: Table, amount_cents: int) -> Fee | None:
    """Return what an amount above zero costs; None for one that the table is not for.

    The duty is part of the price: of a price of 115 at 15 % it is 15. Half a cent goes to the tax.
    """
    if amount_cents <= 0:
        return None
    for band in table.bands:
        if amount_cents <= band.up_to_cents:
            return _split(band.price_cents, tax_basis_points=table.tax_basis_points)
    return None


def _split(price_cents: int, *, tax_basis_points: int) -> Fee:
    whole = BASIS_POINTS + tax_basis_points
    tax_cents = (2 * price_cents * tax_basis_points + whole) // (2 * whole)
    return Fee(fee_cents=price_cents - tax_cents, tax_cents=tax_cents)
