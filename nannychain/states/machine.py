"""What a state machine is: a list of edges, each with a phrase of what happens in the world."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict
from nannychain.states.models import StateChange
from nannychain.transactions import required


class IllegalMove(Conflict):
    """There is no such edge: the thing can't go from where it is to where it was asked to go."""

    code = "states.illegal_move"
    message = _("That can't be done in its present state.")


class AlreadyMoved(Conflict):
    """Somebody else moved it first; what we knew of it is out of date."""

    code = "states.already_moved"
    message = _("Somebody else was faster. Look at it again.")


@dataclass(frozen=True)
class Edge:
    """One allowed move, with a phrase that says what happened in the world."""

    source: StrEnum
    target: StrEnum
    phrase: str


@dataclass(frozen=True)
class Machine:
    """The states and edges of one kind of thing. `name` is dotted, as in `notifications.sms`."""

    name: str
    initial: StrEnum
    edges: tuple[Edge, ...]

    @cached_property
    def states(self) -> tuple[StrEnum, ...]:
        """All states, as their enum lists them."""
        return tuple(type(self.initial))

    @cached_property
    def terminal(self) -> frozenset[StrEnum]:
        """The states that nothing leaves."""
        return frozenset(self.states) - {edge.source for edge in self.edges}

    def allows(self, source: str, target: str) -> bool:
        """Tell whether an edge leads from `source` to `target`."""
        return any(edge.source == source and edge.target == target for edge in self.edges)

    def sources_of(self, target: str) -> tuple[StrEnum, ...]:
        """Return the states from which `target` can be reached in one move."""
        return tuple(edge.source for edge in self.edges if edge.target == target)

    @required
    def move(self, thing: models.Model, *, to: StrEnum, why: str = "", **fields: object) -> None:
        """Move `thing` (which has a `state` field) along an edge and write `fields` with it.

        Raises IllegalMove where no edge leads there, and AlreadyMoved when the row no longer stands
        in the state that `thing` was read in. Must be called within a transaction.
        """
        source = getattr(thing, "state")  # noqa: B009 - any model with a state field will do
        if not self.allows(source, to):
            raise IllegalMove
        rows = type(thing)._default_manager.filter(pk=thing.pk, state=source)
        if rows.update(state=to, **fields) != 1:
            raise AlreadyMoved
        for name, value in {"state": to, **fields}.items():
            setattr(thing, name, value)
        self.record(thing, source=source, target=to, why=why)

    @required
    def record(self, thing: models.Model, *, source: str, target: str, why: str = "") -> None:
        """Write the row of history for one move, or for the birth of a thing (`source` empty)."""
        StateChange.objects.create(
            machine=self.name,
            subject_id=str(thing.pk),
            source=source,
            target=target,
            why=why[:200],
            at=timezone.now(),
        )


def choices(states: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Return the states as a Django field wants its choices."""
    return [(str(state), str(state).replace("_", " ").lower()) for state in states]
