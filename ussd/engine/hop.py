"""What comes in and what goes out: one hop of a session, in no gateway's dialect."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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
    """What a screen may know: the hop, who calls, and in which language."""

    hop: Hop
    language: str
    find_caller: Callable[[str], Any]

    @cached_property
    def caller(self) -> Any:
        """Whom the application found for the phone; None for a stranger.

        A member is looked up once in a session, a stranger whenever a screen wants to know.
        """
        return self.find_caller(self.hop.phone)

    @property
    def known_caller(self) -> Any:
        """The caller, where it was asked for in this session; looks nobody up."""
        return self.__dict__.get("caller")

    def knowing(self, caller: Any) -> "Visit":
        """Take the caller whom an earlier hop has found; return the visit."""
        self.__dict__["caller"] = caller
        return self

    def speaking(self, language: str) -> "Visit":
        """Return the same visit in another language."""
        if language == self.language:
            return self
        other = Visit(hop=self.hop, language=language, find_caller=self.find_caller)
        return other.knowing(self.caller) if "caller" in self.__dict__ else other
