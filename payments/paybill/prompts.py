"""Where a payment meets the prompt that caused it. Deposits are blind to the paybill, and it to
them: `config/events.py` joins the two here.
"""

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

    def __call__(self, account: str, *, receipt: str, amount_cents: int) -> Match | None: ...


class Record(Protocol):
    """Let the deposit book its echo; tell whether it was its own, so that nobody else books it."""

    def __call__(
        self, deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None
    ) -> bool: ...


@dataclass
class _Joined:
    find: Find | None = None
    record: Record | None = None


_joined = _Joined()


def join(*, find: Find, record: Record) -> None:
    """Take who knows the prompts; done once, at start."""
    _joined.find, _joined.record = find, record


def find(account: str, *, receipt: str, amount_cents: int) -> Match | None:
    """Return the deposit that the account number names, or None."""
    if _joined.find is None:
        return None
    return _joined.find(account, receipt=receipt, amount_cents=amount_cents)


def record(deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None) -> bool:
    """Let the deposit book its echo; tell whether it was its own."""
    assert _joined.record is not None
    return _joined.record(deposit_id, receipt=receipt, amount_cents=amount_cents, at=at)
