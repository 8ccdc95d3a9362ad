"""What the engine is given: the tree with its screens, who calls, PINs, and its own sentences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from nannychain.errors import NannyChainError
from ussd.engine.hop import Visit
from ussd.engine.resuming import resume_flow
from ussd.engine.screens import BACK_KEY, Flow, Keys, Screen, Sentence, flow_name
from ussd.engine.steps import Go, Step


@dataclass(frozen=True)
class Item:
    """One line of the tree: on the screen `parent`, the choice `key` with this label leads to a
    flow or a step. `shown_to` says who sees it; without it, everybody does.
    """

    parent: str
    key: str
    label: Sentence
    leads_to: Flow | Step
    shown_to: Callable[[Visit], bool] | None = None

    @property
    def step(self) -> Step:
        """What the choice leads to, as a step."""
        return Go(self.leads_to.name) if isinstance(self.leads_to, Flow) else self.leads_to


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """What the engine itself has to say, in the caller's language."""

    back: Sentence
    home: Sentence
    more: Sentence
    goodbye: Sentence
    wrong_choice: Sentence
    ask_again: Sentence  # what was answered before can't be proved: please answer again
    start_again: Sentence  # the place is lost, and the first screen is shown
    resume: Sentence  # a session was dropped a moment ago: continue?
    no: Sentence
    too_often: Sentence  # this phone has begun too many sessions
    over: Sentence  # the session has ended, and more input came
    busy: Sentence  # an earlier input of the same session is still being worked on
    foreign: Sentence  # the session belongs to another phone
    unavailable: Sentence  # nothing was accepted
    confirm: Sentence  # the label of `1` on a confirm screen
    sent_before: Sentence  # with {time}: the same was done a moment ago; again?
    yes: Sentence
    pin_form: Sentence  # what was typed is no PIN
    pin_wrong: Sentence  # with {tries}
    pin_locked: Sentence  # with {time}
    pin_needs_reset: Sentence


class Verdict(Protocol):
    """What the PIN service says of one try."""

    @property
    def is_right(self) -> bool:
        """Whether it is the caller's PIN."""

    @property
    def tries_left(self) -> int:
        """How many more tries there are."""

    @property
    def locked_until(self) -> datetime | None:
        """Until when no PIN is taken, if so."""

    @property
    def needs_reset(self) -> bool:
        """Whether waiting is of no use."""


class Pins(Protocol):
    """The PIN service, as the engine wants it. `key` names the try: a replay doesn't count."""

    def has_pin(self, caller: Any) -> bool:
        """Tell whether the caller has chosen a PIN yet."""

    def verify(self, caller: Any, *, pin: str, key: str) -> Verdict:
        """Return the verdict on this try; never raises for a wrong PIN."""


def _nothing(_: Any) -> None:
    """Take no notice."""


def _nobody(_: Visit, __: NannyChainError) -> str | None:
    """Leave the refusal as it is."""
    return None


@dataclass(frozen=True, kw_only=True)
class Application:
    """A whole USSD application.

    `roots` returns the first screens that a caller may have begun from, the usual one first.
    `find_caller` makes at most one query, and returns None for a stranger; whom it has found goes
    with the session as JSON (`pack_caller`, `unpack_caller`), so it holds what doesn't change.
    `language_of` tells in which language to begin; `is_recent`, whether the caller may have been a
    stranger when the session began. `first_pin` is the flow in which a caller without a PIN chooses
    one; it ends with `Leave`, which returns to where the PIN was wanted. An application without PIN
    screens needs neither it nor `pins`.

    `on_begin` is told of a session that begins, where somebody known calls: once for each, and once
    more where nothing tells any more that the session had begun. `on_refusal` is asked when an act
    was refused: it may do something about it, in the transaction that keeps the answer, and say so.
    """

    tree: tuple[Item, ...]
    flows: tuple[Flow, ...]  # the first screens, and what no line of the tree leads to
    sentences: Sentences
    find_caller: Callable[[str], Any]
    pack_caller: Callable[[Any], Any]
    unpack_caller: Callable[[Any], Any]
    language_of: Callable[[Any], str]
    roots: Callable[[Any], tuple[str, ...]]
    is_recent: Callable[[Any], bool]
    root_names: frozenset[str]
    pins: Pins | None = None
    first_pin: str = ""
    on_begin: Callable[[Visit], None] = _nothing
    on_refusal: Callable[[Visit, NannyChainError], str | None] = _nobody

    @cached_property
    def all_flows(self) -> dict[str, Flow]:
        """Every flow, by name."""
        named = [item.leads_to for item in self.tree if isinstance(item.leads_to, Flow)]
        resuming = resume_flow(self.sentences.resume, yes=self.sentences.yes, no=self.sentences.no)
        return {flow.name: flow for flow in (*self.flows, resuming, *named)}

    @cached_property
    def screens(self) -> dict[str, Screen]:
        """Every screen, by name."""
        return {
            name: screen
            for flow in self.all_flows.values()
            for name, screen in flow.screens.items()
        }

    @property
    def pin_service(self) -> Pins:
        """The PIN service; raise LookupError in an application that has none."""
        if self.pins is None:
            raise LookupError("a PIN screen needs a PIN service")
        return self.pins

    def after(self, screen: str) -> str:
        """Return the name of the screen that follows in the flow."""
        return self.all_flows[flow_name(screen)].after(screen)

    @cached_property
    def _items(self) -> dict[str, list[Item]]:
        return {name: [i for i in self.tree if i.parent == name] for name in self.screens}

    @cached_property
    def _fixed(self) -> dict[str, Keys]:
        """The choices of each screen that everybody sees in the same way."""
        return {
            name: in_order({item.key: (item.label, item.step) for item in items})
            for name, items in self._items.items()
            if all(item.shown_to is None for item in items)
        }

    def keys(self, name: str, visit: Visit) -> Keys:
        """Return the choices of the screen, in order, but for the way back."""
        own = self.screens[name].keys(visit)
        fixed = self._fixed.get(name)
        if fixed is None:
            fixed = {
                item.key: (item.label, item.step)
                for item in self._items[name]
                if item.shown_to is None or item.shown_to(visit)
            }
            return in_order({**own, **fixed})
        return in_order({**own, **fixed}) if own else fixed


def in_order(keys: Keys) -> Mapping[str, tuple[Sentence, Step]]:
    """Return the choices by their numbers, with the way out last."""
    return dict(sorted(keys.items(), key=lambda choice: (choice[0] == BACK_KEY, int(choice[0]))))
