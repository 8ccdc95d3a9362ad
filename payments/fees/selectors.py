"""Telling what a thing costs."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from nannychain.dated.selectors import in_force
from nannychain.errors import Conflict
from payments.fees.models import Tariff
from payments.fees.table import Fee, reckon


class NoFeeKnown(Conflict):
    """No tariff is in force for that operation and amount, so that it can't be offered."""

    code = "fees.none_known"
    message = _("This can't be done with that amount.")


def quote(operation: str, amount_cents: int, *, at: datetime) -> Fee:
    """Return what the operation costs with that amount, by the tariff in force at the instant.

    Of the price that people see, `fee_cents` is ours and `tax_cents` the excise duty. One query.
    Raises NoFeeKnown for an amount of zero or less, or above the last band.
    """
    tariff = in_force(Tariff, at=at, operation=operation)
    fee = reckon(tariff.table, amount_cents) if tariff is not None else None
    if fee is None:
        raise NoFeeKnown
    return fee
