"""What comes in and what goes out: one hop of a session, in no gateway's dialect."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One request of a gateway. `text` is all input so far, joined by `*`; `phone` is E.164.

    `is_authenticated` says that the gateway may be believed about whose phone this is.
    """

    gateway: str
    session_id: str
    phone: str
    service_code: str
    text: str
    is_authenticated: bool


@dataclass(frozen=True)
class Reply:
    """What the phone shows, and whether the session ends with it."""

    text: str
    ends: bool

    def __str__(self) -> str:
        return f"{'END' if self.ends else 'CON'} {self.text}"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a screen may know: the hop, who calls (None: a stranger), and in which language.

    `caller` is whatever the application's `find_caller` returned.
    """

    hop: Hop
    caller: Any
    language: str
