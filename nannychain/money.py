"""Money as integers in minor units. No float comes near it.

Kenyan shillings have cents here, although M-Pesa moves whole shillings: rounding happens at that
border, in `payments`, and nowhere else.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid

CENTS_PER_SHILLING = 100
AMOUNT_CENTS_MAX = 2**53 - 1  # exact in every JSON reader
_SPELLING = re.compile(
    r"(?:(?:KES|KSH|KSHS|SH)\.?\s*)?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})(?:\.([0-9]{1,2}))?(?:\s*/[=-])?",
    re.IGNORECASE | re.ASCII,
)


class InvalidAmount(Invalid):
    """A text that is no amount of money, or one out of range."""

    code = "money.invalid_amount"
    message = _("That is not an amount. Example: 1500")


class CurrencyMismatch(Invalid):
    """Two currencies in one sum."""

    code = "money.currency_mismatch"
    message = _("These amounts are in two currencies.")


@dataclass(frozen=True, order=False)
class Money:
    """An exact amount: `minor` units (cents for KES) of `currency` (ISO 4217)."""

    minor: int
    currency: str = "KES"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("money is counted in whole minor units")
        if abs(self.minor) > AMOUNT_CENTS_MAX:
            raise InvalidAmount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __str__(self) -> str:
        return display(self.minor) if self.currency == "KES" else f"{self.minor} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise CurrencyMismatch
        return other


def parse_cents(text: str) -> int:
    """Return cents from a usual spelling (`1500`, `1,500.50`, `KSh 1,500/=`).

    Raises InvalidAmount for anything else, and for zero.
    """
    match = _SPELLING.fullmatch(text.strip())
    if match is None:
        raise InvalidAmount
    shillings, cents = match.group(1).replace(",", ""), (match.group(2) or "").ljust(2, "0")
    amount_cents = int(shillings) * CENTS_PER_SHILLING + int(cents)
    if not 0 < amount_cents <= AMOUNT_CENTS_MAX:
        raise InvalidAmount
    return amount_cents


def display(amount_cents: int) -> str:
    """Return the amount as people write it: `KSh 1,500` or `KSh 1,500.50`."""
    sign = "-" if amount_cents < 0 else ""
    shillings, cents = divmod(abs(amount_cents), CENTS_PER_SHILLING)
    return f"{sign}KSh {shillings:,}" + (f".{cents:02d}" if cents else "")


def split(amount_cents: int, *, parts: int) -> list[int]:
    """Return `parts` shares in cents that differ by one at most and add up to the amount."""
    if parts < 1:
        raise ValueError("an amount is split into one part or more")
    share, rest = divmod(amount_cents, parts)
    return [share + 1] * rest + [share] * (parts - rest)
