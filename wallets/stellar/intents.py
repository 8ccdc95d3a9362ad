"""What a submission is to do, as typed intents: what is planned, stored and shown to the signer.

The signer builds the operations from these itself, and from the rows that they name; nobody hands
it an envelope or an address. Amounts are whole stroops.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, ClassVar
from uuid import UUID


class InvalidIntent(ValueError):
    """A stored intent that this version can't read."""


@dataclass(frozen=True)
class OpenAccount:
    """Create a wallet's account from the funding account, with a balance of its own."""

    wallet_id: UUID
    stroops: int
    kind: ClassVar[str] = "open_account"
    operations: ClassVar[int] = 1


@dataclass(frozen=True)
class SponsorAccount:
    """Create a wallet's account with nothing of its own; its reserves are lent by us.

    `assets` are the trustlines that it opens with, each as `CODE:ISSUER`.
    """

    wallet_id: UUID
    assets: tuple[str, ...] = ()
    kind: ClassVar[str] = "sponsor_account"

    @property
    def operations(self) -> int:
        """How many operations it takes: begin, create, a trustline each, end."""
        return 3 + len(self.assets)


@dataclass(frozen=True)
class CloseAccount:
    """Remove a wallet's trustlines and merge its account into the funding account."""

    wallet_id: UUID
    assets: tuple[str, ...] = ()
    kind: ClassVar[str] = "close_account"

    @property
    def operations(self) -> int:
        """How many operations it takes: a trustline each, and the merge."""
        return 1 + len(self.assets)


@dataclass(frozen=True)
class MakeChannel:
    """Create a channel's account from the funding account."""

    channel_id: UUID
    stroops: int
    kind: ClassVar[str] = "make_channel"
    operations: ClassVar[int] = 1


@dataclass(frozen=True)
class TopUpChannel:
    """Pay a channel from the funding account, for its fees."""

    channel_id: UUID
    stroops: int
    kind: ClassVar[str] = "top_up_channel"
    operations: ClassVar[int] = 1


ChannelIntent = MakeChannel | TopUpChannel
Intent = OpenAccount | SponsorAccount | CloseAccount | ChannelIntent
_KINDS: dict[str, type[Intent]] = {
    kind.kind: kind
    for kind in (OpenAccount, SponsorAccount, CloseAccount, MakeChannel, TopUpChannel)
}


def as_json(intents: Sequence[Intent]) -> list[dict[str, Any]]:
    """Return the intents as they are stored."""
    return [{"kind": intent.kind} | _fields_as_json(intent) for intent in intents]


def from_json(stored: object) -> tuple[Intent, ...]:
    """Read stored intents; raise InvalidIntent for anything that is not exactly one."""
    if not isinstance(stored, list) or not stored:
        raise InvalidIntent("a list of intents, and not an empty one")
    return tuple(_read(fields) for fields in stored)


def _read(fields: object) -> Intent:
    if not isinstance(fields, dict) or fields.get("kind") not in _KINDS:
        raise InvalidIntent("an intent of a known kind")
    kind = _KINDS[fields["kind"]]
    given: dict[str, Any] = {name: value for name, value in fields.items() if name != "kind"}
    if set(given) != {field.name for field in dataclass_fields(kind)}:
        raise InvalidIntent(f"the fields of {fields['kind']}, and no others")
    return kind(**{name: _value(name, value) for name, value in given.items()})


def _fields_as_json(intent: Intent) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, UUID) else value
        for name, value in asdict(intent).items()
    }


def _value(name: str, value: object) -> Any:
    if name.endswith("_id") and isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            raise InvalidIntent(f"{name} is no id") from None
    if name == "stroops" and type(value) is int and value > 0:
        return value
    if name == "assets" and isinstance(value, list) and all(isinstance(x, str) for x in value):
        return tuple(value)
    raise InvalidIntent(f"{name} has no value that it may have")
