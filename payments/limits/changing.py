"""Changing limits, from a day to come on, by two members of staff. Amounts in cents."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from nannychain.actors import Actor
from nannychain.dated import services as dated
from nannychain.dated.review import changing, withdrawing
from nannychain.errors import Invalid
from nannychain.money import InvalidAmount, display, parse_cents
from payments.limits.models import LevelLimits, OperationLimits
from workers.kyc.levels import WORDS, Level

_OF_LEVELS, _OF_OPERATIONS = "payments.add_levellimits", "payments.add_operationlimits"
_BY_LEVEL = ("wallet_most", "at_once_most", "day_most")
_USUAL = "the usual"


class SenselessLimits(Invalid):
    """Limits that contradict each other."""

    code = "limits.senseless"
    message = "Limits are above zero, and the greater one isn't below the smaller one."


def level_limits(
    level: int, *, wallet_max_cents: int, transaction_max_cents: int, day_max_cents: int
) -> LevelLimits:
    """Return limits of a level, unsaved; raise SenselessLimits."""
    if wallet_max_cents <= 0 or not 0 < transaction_max_cents <= day_max_cents:
        raise SenselessLimits
    return LevelLimits(
        level=level,
        wallet_max_cents=wallet_max_cents,
        transaction_max_cents=transaction_max_cents,
        day_max_cents=day_max_cents,
    )


def operation_limits(
    operation: str, *, min_cents: int, max_cents: int, confirm_above_cents: int | None = None
) -> OperationLimits:
    """Return bounds of an operation, unsaved; raise SenselessLimits."""
    if not 0 < min_cents <= max_cents:
        raise SenselessLimits
    return OperationLimits(
        operation=operation,
        min_cents=min_cents,
        max_cents=max_cents,
        confirm_above_cents=confirm_above_cents,
    )


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
    """Make limits of a level; whoever calls has asked a second person.

    Raises SenselessLimits, and as `dated.schedule` does.
    """
    limits = level_limits(
        level,
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
    confirm_above_cents: int | None = None,
    starts_on: date,
    reason: str,
    by: Actor,
) -> OperationLimits:
    """Make bounds of an operation; whoever calls has asked a second person.

    Raises SenselessLimits, and as `dated.schedule` does.
    """
    limits = operation_limits(
        operation,
        min_cents=min_cents,
        max_cents=max_cents,
        confirm_above_cents=confirm_above_cents,
    )
    return dated.schedule(limits, starts_on=starts_on, reason=reason, by=by)


# What two people read, and what is made of it.


def level_wording(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Return limits of a level in words."""
    amounts = (
        cleaned[name] for name in ("wallet_max_cents", "transaction_max_cents", "day_max_cents")
    )
    words = dict(zip(_BY_LEVEL, (display(cents) for cents in amounts), strict=True))
    return {"level": WORDS[Level(cleaned["level"])], **words}


def level_of_words(payload: Mapping[str, Any]) -> LevelLimits:
    """Return the limits that such words say, unsaved; raise SenselessLimits."""
    levels = {words: level for level, words in WORDS.items()}
    try:
        wallet, at_once, day = (parse_cents(str(payload[name])) for name in _BY_LEVEL)
        level = levels[payload["level"]]
    except (InvalidAmount, KeyError):
        raise SenselessLimits from None
    return level_limits(
        level, wallet_max_cents=wallet, transaction_max_cents=at_once, day_max_cents=day
    )


def operation_wording(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Return bounds of an operation in words."""
    above = cleaned["confirm_above_cents"]
    return {
        "operation": cleaned["operation"],
        "least": display(cleaned["min_cents"]),
        "most": display(cleaned["max_cents"]),
        "asked_above": _USUAL if above is None else display(above),
    }


def operation_of_words(payload: Mapping[str, Any]) -> OperationLimits:
    """Return the bounds that such words say, unsaved; raise SenselessLimits."""
    try:
        above = str(payload["asked_above"])
        return operation_limits(
            str(payload["operation"]),
            min_cents=parse_cents(str(payload["least"])),
            max_cents=parse_cents(str(payload["most"])),
            confirm_above_cents=None if above == _USUAL else parse_cents(above),
        )
    except (InvalidAmount, KeyError):
        raise SenselessLimits from None


CHANGE_LEVEL = changing(
    code="limits.change_level",
    words="change the limits of the level",
    permission=_OF_LEVELS,
    build=level_of_words,
    payload=frozenset({"level", *_BY_LEVEL}),
)
WITHDRAW_LEVEL = withdrawing(
    code="limits.withdraw_level",
    words="withdraw the change of the level's limits",
    permission=_OF_LEVELS,
    model=LevelLimits,
)
CHANGE_OPERATION = changing(
    code="limits.change_operation",
    words="change the limits of the operation",
    permission=_OF_OPERATIONS,
    build=operation_of_words,
    payload=frozenset({"operation", "least", "most", "asked_above"}),
)
WITHDRAW_OPERATION = withdrawing(
    code="limits.withdraw_operation",
    words="withdraw the change of the operation's limits",
    permission=_OF_OPERATIONS,
    model=OperationLimits,
)
KINDS = (CHANGE_LEVEL, WITHDRAW_LEVEL, CHANGE_OPERATION, WITHDRAW_OPERATION)
