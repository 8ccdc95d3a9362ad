"""What the database refuses, as errors with names and figures."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict
from wallets.ledger.recipes import MalformedJournal


class LedgerRefusal(Conflict):
    """What the ledger refuses. `figures` names accounts, keys and amounts in minor units."""

    code = "ledger.refused"
    message = _("That can't be booked.")

    def __init__(self, figures: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.figures = dict(figures or {})

    def __str__(self) -> str:
        return f"{self.code} {json.dumps(self.figures)}"


class NotEnough(LedgerRefusal):
    """An account would go below its floor, holds counted in."""

    code = "ledger.not_enough"
    message = _("There is not enough money for that.")

    @property
    def account_id(self) -> int:
        """The account that has too little."""
        return int(self.figures["account_id"])

    @property
    def available(self) -> int:
        """What was available on it, in minor units."""
        return int(self.figures["available"])


class KeyReused(LedgerRefusal):
    """The key stands for other content already."""

    code = "ledger.key_reused"


class Unbalanced(LedgerRefusal):
    """The legs don't add up to zero in each currency."""

    code = "ledger.unbalanced"


class NotAllowed(LedgerRefusal):
    """A journal of this kind may not touch that kind of account so."""

    code = "ledger.not_allowed"


class AccountUnavailable(LedgerRefusal):
    """There is no such account, it is closed, or it isn't empty yet."""

    code = "ledger.account_unavailable"
    message = _("This account is closed.")


class HoldOver(LedgerRefusal):
    """The hold is over, holds less, or can't be placed there."""

    code = "ledger.hold_over"


class HistoryStays(LedgerRefusal):
    """What was booked is not changed."""

    code = "ledger.history_stays"


_BY_STATE: dict[str, type[LedgerRefusal]] = {
    "NCL01": NotEnough,
    "NCL02": KeyReused,
    "NCL03": Unbalanced,
    "NCL04": NotAllowed,
    "NCL05": AccountUnavailable,
    "NCL06": HoldOver,
    "NCL07": HistoryStays,
}
# Malformed, too great, a value missing, twice in one journal, or against a table's check.
_MALFORMED = ("NCL08", "22003", "23502", "23505", "23514", "22001")


@contextmanager
def named() -> Iterator[None]:
    """Raise what PostgreSQL refuses within this block as one of the errors here."""
    try:
        yield
    except DatabaseError as error:
        raise_named(error)
        raise


def raise_named(error: DatabaseError) -> None:
    """Raise the refusal that the database's error stands for, if it stands for one."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state in _BY_STATE:
        detail = error.__cause__.diag.message_detail  # type: ignore[union-attr]
        raise _BY_STATE[state](json.loads(detail)) from error
    if state in _MALFORMED:
        raise MalformedJournal from error


__all__ = [
    "AccountUnavailable",
    "HistoryStays",
    "HoldOver",
    "KeyReused",
    "LedgerRefusal",
    "MalformedJournal",
    "NotAllowed",
    "NotEnough",
    "Unbalanced",
    "named",
]
