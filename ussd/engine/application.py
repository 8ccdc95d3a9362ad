"""What the engine is given: screens, the tree that joins them, and sentences of last resort."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.functional import Promise

from ussd.engine.hop import Visit
from ussd.engine.screens import BACK_KEY, Back, Keys, Screen, Step

Sentence = str | Promise


@dataclass(frozen=True)
class Item:
    """One line of the tree: on the screen `parent`, the choice `key` with this label."""

    parent: str
    key: str
    label: Sentence
    step: Step


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """What the engine itself has to say, in the caller's language."""

    back: Sentence
    goodbye: Sentence
    wrong_choice: Sentence
    over: Sentence  # the session has ended, and more input came
    busy: Sentence  # an earlier input of the same session is still being worked on
    foreign: Sentence  # the session belongs to another phone
    unavailable: Sentence  # nothing was accepted


@dataclass(frozen=True, kw_only=True)
class Application:
    """A whole USSD application.

    `roots` returns the first screens that a caller may have begun from, the usual one first.
    `find_caller` makes at most one query, and returns None for a stranger; whom it has found goes
    with the session as JSON (`pack_caller`, `unpack_caller`), so it holds what doesn't change.
    `language_of` tells in which language to begin; `is_recent`, whether the caller may have been a
    stranger when the session began.
    """

    screens: Mapping[str, Screen]
    tree: tuple[Item, ...]
    sentences: Sentences
    find_caller: Callable[[str], Any]
    pack_caller: Callable[[Any], Any]
    unpack_caller: Callable[[Any], Any]
    language_of: Callable[[Any], str]
    roots: Callable[[Any], tuple[str, ...]]
    is_recent: Callable[[Any], bool]
    root_names: frozenset[str]

    @cached_property
    def _lines(self) -> dict[str, Keys]:
        """The fixed choices of each screen, in order."""
        way_back: dict[str, tuple[Sentence, Step]] = {BACK_KEY: (self.sentences.back, Back())}
        return {
            name: _in_order(
                {item.key: (item.label, item.step) for item in self.tree if item.parent == name}
                | ({} if name in self.root_names else way_back)
            )
            for name in self.screens
        }

    def keys(self, name: str, visit: Visit) -> Keys:
        """Return the choices that the screen shows, in order; the way back comes last."""
        own = self.screens[name].keys(visit)
        return _in_order({**own, **self._lines[name]}) if own else self._lines[name]


def _in_order(keys: Keys) -> Keys:
    return dict(sorted(keys.items(), key=lambda choice: (choice[0][0] == "0", choice[0])))
