"""Where a payment meets the prompt that caused it. Deposits are blind to the paybill, and it to
them: `config/echoes.py` joins the two here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Match(Protocol):
    """The deposit that an account number names, and whose it is.

    `is_echo` tells whether the payment may be the prompt's own; where it can't be, it is another
    payment to the same reference, by hand, for the same member.
    """

    @property
    def deposit_id(self) -> UUID:
        """The deposit."""

    @property
    def member_id(self) -> UUID:
        """Whose it is."""

    @property
    def is_echo(self) -> bool:
        """Whether the payment may be the prompt's own."""


class Find(Protocol):
    """Return the deposit that an account number names, or None."""

    def __call__(
        self, account: str, *, receipt: str, amount_cents: int, shortcode: str
    ) -> Match | None: ...


class Near(Protocol):
    """A deposit of the same amount and time, whose receipt nobody has told.

    `may_be_paid` is false where it ended without money, as far as M-Pesa has told.
    """

    @property
    def deposit_id(self) -> UUID:
        """The deposit."""

    @property
    def member_id(self) -> UUID:
        """Whose it is."""

    @property
    def member(self) -> str:
        """Whose it is, in words."""

    @property
    def reference(self) -> str:
        """What should have been the account number."""

    @property
    def phone(self) -> str:
        """The phone that was prompted, in E.164."""

    @property
    def sent_at(self) -> datetime:
        """When the prompt went out."""

    @property
    def state(self) -> str:
        """How it stands."""

    @property
    def may_be_paid(self) -> bool:
        """Whether it was paid, or may be at this moment."""


class FindNear(Protocol):
    """Return the deposits that a payment without their reference is near to."""

    def __call__(self, *, shortcode: str, amount_cents: int, at: datetime) -> Sequence[Near]: ...


class Hold(Protocol):
    """Lock the deposit that an account number names, if it names one."""

    def __call__(self, account: str) -> None: ...


class Record(Protocol):
    """Let the deposit book its echo; tell whether it was its own, so that nobody else books it."""

    def __call__(
        self, deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None
    ) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """Who knows the prompts."""

    find: Find
    near: FindNear
    hold: Hold
    record: Record


@dataclass
class _Joined:
    prompts: Prompts | None = None


_joined = _Joined()


def join(prompts: Prompts | None) -> None:
    """Take who knows the prompts; done once, at start."""
    _joined.prompts = prompts


def find(account: str, *, receipt: str, amount_cents: int, shortcode: str) -> Match | None:
    """Return the deposit that the account number names, or None."""
    known = _joined.prompts
    if known is None:
        return None
    return known.find(account, receipt=receipt, amount_cents=amount_cents, shortcode=shortcode)


def near(*, shortcode: str, amount_cents: int, at: datetime) -> Sequence[Near]:
    """Return the deposits of the same number, amount and time whose receipt nobody has told."""
    known = _joined.prompts
    if known is None:
        return ()
    return known.near(shortcode=shortcode, amount_cents=amount_cents, at=at)


def hold(account: str) -> None:
    """Lock the deposit that the account number names; before the payment, where both are locked."""
    if _joined.prompts is not None:
        _joined.prompts.hold(account)


def record(deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None) -> bool:
    """Let the deposit book its echo; tell whether it was its own."""
    assert _joined.prompts is not None
    return _joined.prompts.record(deposit_id, receipt=receipt, amount_cents=amount_cents, at=at)
