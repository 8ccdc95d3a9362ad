"""What comes in and what goes out: one hop of a session, in no gateway's dialect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ussd.engine import transcript

_UNASKED = object()


FIRST_GATEWAY = "africastalking"  # its sessions go by their bare ids


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is known of one input that came alone.

    `begins` says that it begins a session, with `dialled` as what was dialled beyond the code;
    `is_sure` is off where it only looks so, and may be an input if a session is open. `turn` is the
    gateway's own name for the input, by which a retry is known; empty where it has none.
    """

    begins: bool
    dialled: str = ""
    is_sure: bool = True
    turn: str = ""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One request of a gateway. `text` is all input so far, joined by `*`; `phone` is E.164.

    `is_authenticated` says that the gateway may be believed about whose phone this is. A gateway
    that sends one input at a time says so by `step`, and has that input in `text`.
    """

    gateway: str
    session_id: str
    phone: str
    service_code: str
    text: str
    is_authenticated: bool
    step: "Step | None" = None

    @property
    def stored_as(self) -> str:
        """What the session is called in Redis, in `ussd:session:{…}`."""
        is_first = self.gateway == FIRST_GATEWAY
        return self.session_id if is_first else f"{self.gateway}:{self.session_id}"

    def key(self, text: str) -> str:
        """Return what names the input `text` of this session for good, and tells nothing of it."""
        return transcript.digest(f"{self.gateway} {self.session_id} {text}")


@dataclass(frozen=True)
class Reply:
    """What the phone shows, and whether the session ends with it."""

    text: str
    ends: bool

    def __str__(self) -> str:
        return f"{'END' if self.ends else 'CON'} {self.text}"


@dataclass
class Who:
    """Who calls: a member is looked up once in a session, a stranger once in a hop."""

    find: Callable[[str], Any]
    found: Any = _UNASKED

    def by(self, phone: str) -> Any:
        """Return whom the application finds for the phone; None for a stranger."""
        if self.found is _UNASKED:
            self.found = self.find(phone)
        return self.found

    @property
    def known(self) -> Any:
        """Whom was found so far; looks nobody up."""
        return None if self.found is _UNASKED else self.found


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a screen may know: the hop, who calls, in which language, and what was chosen so far.

    `values` are what the screens before have handed on; `frozen` is what the present screen has
    read: on a confirm screen and on the PIN screen after it, when that was entered.
    """

    hop: Hop
    language: str
    who: Who
    values: Mapping[str, Any] = field(default_factory=dict)
    frozen: Any = None

    @property
    def caller(self) -> Any:
        """Whom the application found for the phone; None for a stranger."""
        return self.who.by(self.hop.phone)

    @property
    def key(self) -> str:
        """The idempotency key of this input: the same for a retry, and for nothing else."""
        return self.hop.key(self.hop.text)

    def keyed_hash(self, secret: str) -> str:
        """Return what a secret is known by within this session, when it is typed once more."""
        return self.hop.key(f"secret {secret}")

    def speaking(self, language: str) -> "Visit":
        """Return the same visit in another language."""
        return self if language == self.language else replace(self, language=language)
