"""Amounts of Stellar: whole stroops here, decimal text with seven places on the wire."""

import re

STROOPS_PER_UNIT = 10_000_000
_STROOPS_MAX = 2**63 - 1
_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,7}))?")


class InvalidAmount(ValueError):
    """A text or a number that is no amount of Stellar."""


def stroops(text: object) -> int:
    """Return whole stroops for `1.5` or `1.5000000`; raise InvalidAmount for anything else."""
    found = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidAmount
    whole, decimals = found.group(1), found.group(2) or ""
    value = int(whole) * STROOPS_PER_UNIT + int(decimals.ljust(7, "0"))
    if value > _STROOPS_MAX:
        raise InvalidAmount
    return value


def text(amount: int) -> str:
    """Return an amount of whole stroops as the wire has it: `1.5000000`; raise InvalidAmount."""
    if not 0 <= amount <= _STROOPS_MAX:
        raise InvalidAmount
    whole, part = divmod(amount, STROOPS_PER_UNIT)
    return f"{whole}.{part:07d}"
