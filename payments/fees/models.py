"""Tariffs in the database, each in force from an instant on."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nannychain.dated.models import Dated, one_at_a_time, past_stays
from payments.fees.figures import WORDS
from payments.fees.table import Table, of_bands

BANDS_MAX = 40


class Tariff(Dated):
    """What an operation costs: `price_cents[n]` for amounts up to `up_to_cents[n]`, duty within."""

    operation = models.CharField(max_length=20, choices=list(WORDS.items()))
    up_to_cents = ArrayField(models.BigIntegerField(), size=BANDS_MAX)
    price_cents = ArrayField(models.BigIntegerField(), size=BANDS_MAX)
    tax_basis_points = models.PositiveSmallIntegerField("excise duty, basis points")

    class Meta:
        constraints = [
            one_at_a_time("operation", name="tariff_once"),
            models.CheckConstraint(
                condition=Q(up_to_cents__len=F("price_cents__len"), up_to_cents__len__gt=0),
                name="tariff_bands_have_prices",
            ),
            models.CheckConstraint(
                condition=Q(tax_basis_points__lt=10_000), name="tariff_tax_is_a_part"
            ),
        ]
        triggers = [past_stays("operation")]

    def __str__(self) -> str:
        return WORDS.get(self.operation, self.operation)

    @property
    def table(self) -> Table:
        """Return the bands for reckoning."""
        pairs = zip(self.up_to_cents, self.price_cents, strict=True)
        return of_bands(pairs, tax_basis_points=self.tax_basis_points)
