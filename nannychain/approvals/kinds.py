"""What can be asked for. The table of all kinds is `config/approvals.py`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Kind:
    """An act that takes two people.

    `words` say it as an order ("reset the PIN"). `permission` (`app.codename`) is what the one who
    decides needs, `asking` what the one who asks needs (empty: the same). `carry_out` does it,
    within the transaction of the decision: it calls nothing outside, and an error that it raises
    leaves the request open. `payload` names all that a request may carry; never a secret. A
    value of it has so many characters at most.
    """

    code: str
    words: str
    permission: str
    carry_out: Callable[[ApprovalRequest], None]
    asking: str = ""
    payload: frozenset[str] = frozenset()
    value_length_max: int = 200
    lasts: timedelta = timedelta(hours=72)

    @property
    def asking_permission(self) -> str:
        """Return the permission of those who may ask."""
        return self.asking or self.permission


class UnknownKind(NotFound):
    """Nothing of that kind can be asked for (any more)."""

    code = "approvals.unknown_kind"
    message = "Nobody can ask for that."


_kinds: dict[str, Kind] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Take the table of everything that can be asked for."""
    _kinds.clear()
    _kinds.update({kind.code: kind for kind in kinds})


def find(code: str) -> Kind:
    """Return the kind; raise UnknownKind."""
    try:
        return _kinds[code]
    except KeyError:
        raise UnknownKind from None


def registered() -> tuple[Kind, ...]:
    """Return all kinds, in the order of the table."""
    return tuple(_kinds.values())
