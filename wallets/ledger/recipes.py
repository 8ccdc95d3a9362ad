"""Recipes: which kinds of journal there are, and what each may debit and credit.

A recipe is a pure function in a flow's `postings.py`, which turns accounts and amounts into a
`Draft`. Its kind is declared beside it; the database refuses a journal of that kind that touches
another kind of account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid
from wallets.ledger.chart import CHART, Kind
from wallets.ledger.models import AMOUNT_MAX, CAUSE_LENGTH_MAX, KEY_LENGTH_MAX

_ACCOUNT = attrgetter("account_id")
REVERSAL = "ledger.reversal"
MANUAL = "ledger.manual"


class MalformedJournal(Invalid):
    """Legs, a key or an amount that no journal can have."""

    code = "ledger.malformed_journal"
    message = _("That can't be booked.")


@dataclass(frozen=True)
class Leg:
    """One leg: `amount` in minor units of the account's currency, debit above zero."""

    account_id: int
    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int or type(self.account_id) is not int:
            raise TypeError("accounts and amounts are whole numbers")
        if not -AMOUNT_MAX <= self.amount <= AMOUNT_MAX or self.amount == 0:
            raise MalformedJournal("an amount is above zero, and not too great")


def debit(account_id: int, amount: int) -> Leg:
    """Return a debit of `amount` minor units (above zero)."""
    return Leg(account_id, _above_zero(amount))


def credit(account_id: int, amount: int) -> Leg:
    """Return a credit of `amount` minor units (above zero)."""
    return Leg(account_id, -_above_zero(amount))


def _above_zero(amount: int) -> int:
    if type(amount) is int and amount <= 0:
        raise MalformedJournal("an amount is above zero")
    return amount


@dataclass(frozen=True)
class Capture:
    """A part of a hold, in minor units, that a journal takes."""

    hold_id: int
    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int or type(self.hold_id) is not int:
            raise TypeError("holds and amounts are whole numbers")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A journal that is to be posted. The legs are what its key stands for, in any order.

    Raises MalformedJournal where it can't be right, and TypeError for anything but whole numbers.
    """

    kind: str
    key: str
    legs: tuple[Leg, ...]
    effective_at: datetime
    cause: str = ""
    captures: tuple[Capture, ...] = ()
    reverses_id: int | None = field(default=None)

    def __post_init__(self) -> None:
        key, cause = self.key, self.cause
        if not 0 < len(key) <= KEY_LENGTH_MAX or len(cause) > CAUSE_LENGTH_MAX:
            raise MalformedJournal("a key or a cause is missing, or too long")
        if not (key.isprintable() and cause.isprintable()):
            raise MalformedJournal("a key or a cause holds what can't be printed")
        if self.effective_at.tzinfo is None:
            raise MalformedJournal("an instant without a time zone is no instant")
        ordered = _in_order(self.legs)
        if ordered is not self.legs:
            object.__setattr__(self, "legs", ordered)


def _in_order(legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """Return legs in the order of their accounts, in which all who lock these do so."""
    if len(legs) == 2:  # nearly all have two
        first, second = legs
        if first.account_id < second.account_id:
            return legs
        if first.account_id > second.account_id:
            return second, first
    if len({leg.account_id for leg in legs}) < max(2, len(legs)):
        raise MalformedJournal("a journal has two legs or more, each on its own account")
    return tuple(sorted(legs, key=_ACCOUNT))


@dataclass(frozen=True)
class JournalKind:
    """A kind of journal: what happened in the world, and which kinds of account it may touch."""

    code: str
    phrase: str
    debits: tuple[Kind, ...]
    credits: tuple[Kind, ...]


@dataclass(frozen=True)
class Recipe:
    """A recipe with what it makes, and an example in figures for `docs/ledger`."""

    kind: JournalKind
    make: Callable[..., Draft]
    example: Callable[[], "Example"]


@dataclass(frozen=True)
class Example:
    """A worked example: a sentence, the legs by account names, in minor units of KES."""

    story: str
    accounts: dict[int, Kind]
    draft: Draft


_ALL = tuple(line.kind for line in CHART)
OWN_KINDS = (
    JournalKind(REVERSAL, "a journal is undone by its mirror image", (), ()),
    JournalKind(MANUAL, "two members of staff correct the books, with reasons", _ALL, _ALL),
)
_RECIPES: dict[str, Recipe] = {}
Make = TypeVar("Make", bound=Callable[..., Draft])


def recipe(kind: JournalKind, *, example: Callable[[], Example]) -> Callable[[Make], Make]:
    """Decorate the function that makes journals of `kind`, and register both."""

    def register(make: Make) -> Make:
        if kind.code in _RECIPES:
            raise ValueError(f"two recipes are called {kind.code}")
        _RECIPES[kind.code] = Recipe(kind, make, example)
        return make

    return register


def registered() -> Sequence[Recipe]:
    """Return the recipes of all flows that were imported, by code."""
    return [_RECIPES[code] for code in sorted(_RECIPES)]


def journal_kinds() -> Sequence[JournalKind]:
    """Return all kinds of journal: the ledger's own, and those of the recipes."""
    return [*OWN_KINDS, *(each.kind for each in registered())]
