"""The kinds of step that an input can lead to, and what a screen declares.

A screen makes one read to show itself and has no effect. What changes something is a `Do`, which
the engine runs once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from django.utils.functional import Promise

from ussd.engine.hop import Visit

BACK_KEY = "0"


@dataclass(frozen=True)
class Go:
    """Go on to another screen."""

    screen: str


@dataclass(frozen=True)
class Back:
    """Return to the screen before; from the first screen, leave."""


@dataclass(frozen=True)
class Home:
    """Return to the first screen, in `language` where one was chosen."""

    language: str | None = None


@dataclass(frozen=True)
class Again:
    """Ask the same again, with a hint of what was wrong. Never ends the session."""

    hint: str


@dataclass(frozen=True)
class Finish:
    """Say a last word and end the session."""

    text: str


@dataclass(frozen=True)
class Do:
    """Have an effect, once, and go where its outcome says."""

    effect: Callable[[], Finish | Home]


Step: TypeAlias = Go | Back | Home | Again | Finish | Do
Keys: TypeAlias = Mapping[str, tuple[str | Promise, Step]]


def no_keys(_: Visit) -> Keys:
    """Return nothing: all keys of the screen stand in the tree."""
    return {}


@dataclass(frozen=True)
class Screen:
    """What one screen says, and what is not a fixed line of the tree.

    `prompt` comes first; `short` replaces it below a hint, where space is scarce. `keys` are
    choices that depend on the visit. `aliases` are accepted and not shown. `read` takes any other
    input; without it, such input is asked again.
    """

    prompt: Callable[[Visit], str]
    short: Callable[[Visit], str] | None = None
    keys: Callable[[Visit], Keys] = no_keys
    read: Callable[[Visit, str], Step] | None = None
    aliases: Mapping[str, Step] = field(default_factory=dict)
