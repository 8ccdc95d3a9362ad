"""What a screen declares. A screen makes one read to show itself, and one service call to act.

    Menu      choices that stand in the tree
    Ask       anything may be typed; `read` says what it means
    Choose    one of a list that was read; what was seen is what is chosen from
    Confirm   figures that were read, frozen until they are accepted
    Pin       the PIN, asked last; commits what the confirm screen before it has shown
    Show      something to read
    End       a last word that is read on the way

How to add a screen that moves money: one file in `ussd/screens`, and one line in the tree of
`ussd/menu.py`. The file declares a flow, whose screens follow one another by `Next`:

    FLOW = flow(
        "send",
        Ask(prompt=ask_payee, read=read_payee),              # Next({"payee": …}) or Again(hint)
        amount=Ask(prompt=ask_amount, read=read_amount),     # Next({"amount_cents": …})
        confirm=Confirm(freeze=quote, prompt=confirm, twin=twin),
        pin=Pin(act=send),
    )

and the tree names it: `Item(MEMBER, "5", _("Send"), FLOW)`. What happens of itself:

- `visit.values` holds what the screens before have handed on. They go with the session, so they are
  ids and figures, never what was typed as it was typed, and never a PIN or a code.
- `freeze(visit)` is the confirm screen's one read: a quote, as JSON, with its fee and whatever
  version the service will want to see again. `prompt` and `act` find it in `visit.frozen`.
- `twin(visit)` names what would be the same again (payee and amount): within ten minutes the caller
  is asked "Sent at 14:02. Again?" first.
- `act(visit)` is the one service call, under the idempotency key `visit.key`. It runs once, in a
  transaction with its answer, after a right PIN, and only if the confirm screen is the one that was
  seen. It returns `Finish` ("You will get an SMS."); `Reconfirm` asks again with new figures.
- An error of the five kinds becomes a sentence: from `read` and `freeze` the question is asked
  again with it, from `act` the session ends with it, and nothing of the act stays.
- Values are placed on a screen by `text.fill`, which wants the greatest length of each. What
  doesn't fit goes to the next page by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.utils.functional import Promise

from ussd.engine.hop import Visit
from ussd.engine.steps import Next, Step

BACK_KEY, HOME_KEY, MORE_KEY = "0", "00", "98"
Sentence: TypeAlias = str | Promise
Keys: TypeAlias = Mapping[str, tuple[Sentence, Step]]


def no_keys(_: Visit) -> Keys:
    """Return nothing: all keys of the screen stand in the tree."""
    return {}


def go_on(_: Visit) -> Step:
    """Go on to the next screen: the PIN was all that was wanted."""
    return Next()


@dataclass(frozen=True, kw_only=True)
class Example:
    """What a screen may be handed and find, for its picture and for the proof that it fits."""

    values: Mapping[str, Any] = field(default_factory=dict)
    frozen: Any = None


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What all screens may say. `prompt` comes first; `short` replaces it below a hint, where
    space is scarce. `keys` are choices that depend on the visit and are no part of the tree.
    `aliases` are accepted and not shown. `look` is the one read that a screen makes to show itself;
    what it returns is `visit.frozen`, and it is made only where somebody looks at that.
    """

    prompt: Callable[[Visit], str]
    look: Callable[[Visit], Any] | None = None
    example: Example = field(default_factory=Example)
    short: Callable[[Visit], str] | None = None
    keys: Callable[[Visit], Keys] = no_keys
    aliases: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Menu(Screen):
    """Choices, most of them lines of the tree. Their keys stay what they are."""


@dataclass(frozen=True, kw_only=True)
class Ask(Screen):
    """A question to which anything may be typed. `read` takes what is none of the keys.

    What is secret (a code, a new PIN) is not gone back to after a dropped session.
    """

    read: Callable[[Visit, str], Step]
    is_secret: bool = False


@dataclass(frozen=True)
class Option:
    """One of a list: `value` is JSON and tells which, `label` is what is shown."""

    value: Any
    label: str


@dataclass(frozen=True, kw_only=True)
class Choose(Screen):
    """One of a list. `options` is read once, on entering; `pick` takes the value of the chosen.

    With an empty list, `prompt` finds `visit.frozen` empty and may say so.
    """

    options: Callable[[Visit], Sequence[Option]]
    pick: Callable[[Visit, Any], Step]


@dataclass(frozen=True, kw_only=True)
class Confirm(Screen):
    """Figures to be accepted with `1`; what `freeze` read on entering stays until then."""

    freeze: Callable[[Visit], Mapping[str, Any]]
    twin: Callable[[Visit], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Pin(Screen):
    """The PIN, and what is done once it is right."""

    act: Callable[[Visit], Step] = go_on


@dataclass(frozen=True, kw_only=True)
class Show(Screen):
    """Something to read, of any length."""


@dataclass(frozen=True, kw_only=True)
class End(Screen):
    """A last word that takes a read; nothing can be answered to it."""


@dataclass(frozen=True)
class Flow:
    """Screens that follow one another. The first has the flow's name, the others `name.key`."""

    name: str
    screens: Mapping[str, Screen]

    def after(self, name: str) -> str:
        """Return the name of the screen that follows."""
        names = list(self.screens)
        return names[names.index(name) + 1]


def flow(name: str, first: Screen, /, **others: Screen) -> Flow:
    """Return the flow of these screens, in this order."""
    return Flow(name, {name: first} | {f"{name}.{key}": screen for key, screen in others.items()})


def flow_name(screen: str) -> str:
    """Return the name of the flow that the screen belongs to."""
    return screen.partition(".")[0]
