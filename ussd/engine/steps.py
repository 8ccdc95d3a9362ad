"""The kinds of step that an input can lead to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

# What one screen hands on to the next: JSON, and nothing that was typed as it was typed.
Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Go:
    """Go on to another screen, and hand it `values`."""

    screen: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Next:
    """Go on to the screen that follows in the same flow, and hand it `values`."""

    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Back:
    """Return to the screen before, and say `hint` there; from the first screen, leave."""

    hint: str = ""


@dataclass(frozen=True)
class Leave:
    """Leave the present flow for the screen that it was entered from, and say `hint` there."""

    hint: str = ""


@dataclass(frozen=True)
class Home:
    """Return to the first screen, in `language` where one was chosen."""

    language: str | None = None
    hint: str = ""


@dataclass(frozen=True)
class Resume:
    """Go on where a dropped session stood: `path` are its frames, as they were stored."""

    path: Sequence[Any]


@dataclass(frozen=True)
class Again:
    """Ask the same again, with a hint of what was wrong. Never ends the session."""

    hint: str


@dataclass(frozen=True)
class Reconfirm:
    """Show the confirm screen before this one again, with figures read anew, below a hint."""

    hint: str


@dataclass(frozen=True)
class AskTwice:
    """Ask on the confirm screen whether the same, done at `before`, is meant once more."""

    before: datetime


@dataclass(frozen=True)
class Finish:
    """Say a last word and end the session."""

    text: str


@dataclass(frozen=True)
class Do:
    """Have an effect, once, in the transaction that keeps its answer; go where that says."""

    effect: Callable[[], "Step"]


@dataclass(frozen=True)
class Call:
    """Call a service that answers the same for the same key (`visit.key`) and may not stand within
    a transaction of ours, as those that count tries. Its answer is kept as that of an effect.
    """

    service: Callable[[], "Step"]


@dataclass(frozen=True)
class Commit:
    """A PIN was typed: check it, then do what the PIN screen is for."""

    pin: str = field(repr=False)


Step: TypeAlias = (
    Go
    | Next
    | Back
    | Leave
    | Home
    | Resume
    | Again
    | Reconfirm
    | AskTwice
    | Finish
    | Do
    | Call
    | Commit
)
