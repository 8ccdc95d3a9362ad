"""Changing limits, from a day to come on. Amounts in cents."""

from datetime import date

from nannychain.actors import Actor
from nannychain.dated import services as dated
from nannychain.errors import Invalid
from payments.limits.models import LevelLimits, OperationLimits


class SenselessLimits(Invalid):
    """Limits that contradict each other."""

    code = "limits.senseless"
    message = "Limits are above zero, and the greater one isn't below the smaller one."


def limit_level(
    level: int,
    *,
    wallet_max_cents: int,
    transaction_max_cents: int,
    day_max_cents: int,
    starts_on: date,
    reason: str,
    by: Actor,
) -> LevelLimits:
    """Make limits of a level. Raises SenselessLimits, and as `dated.schedule` does."""
    if wallet_max_cents <= 0 or not 0 < transaction_max_cents <= day_max_cents:
        raise SenselessLimits
    limits = LevelLimits(
        level=level,
        wallet_max_cents=wallet_max_cents,
        transaction_max_cents=transaction_max_cents,
        day_max_cents=day_max_cents,
    )
    return dated.schedule(limits, starts_on=starts_on, reason=reason, by=by)


def limit_operation(
    operation: str,
    *,
    min_cents: int,
    max_cents: int,
    starts_on: date,
    reason: str,
    by: Actor,
) -> OperationLimits:
    """Make bounds of an operation. Raises SenselessLimits, and as `dated.schedule` does."""
    if not 0 < min_cents <= max_cents:
        raise SenselessLimits
    limits = OperationLimits(operation=operation, min_cents=min_cents, max_cents=max_cents)
    return dated.schedule(limits, starts_on=starts_on, reason=reason, by=by)
