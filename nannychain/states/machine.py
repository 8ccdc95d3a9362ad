"""What a state machine is: a list of edges, each with a phrase of what happens in the world."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    def move_all(
        self, things: Sequence[models.Model], *, to: StrEnum, why: str = "", **fields: object
    ) -> None:
        """Move many things of one model, which stand in one state, along the same edge.

        Three statements, however many they are. Raises as `move` does; then none is moved, if the
        caller's transaction ends with the error.
        """
        if not things:
            return
        source = getattr(things[0], "state")  # noqa: B009 - as above
        if not self.allows(source, to) or any(getattr(each, "state") != source for each in things):  # noqa: B009
            raise IllegalMove
        keys = [thing.pk for thing in things]
        rows = type(things[0])._default_manager.filter(pk__in=keys, state=source)
        if rows.update(state=to, **fields) != len(things):
            raise AlreadyMoved
        for thing in things:
            for name, value in {"state": to, **fields}.items():
                setattr(thing, name, value)
        instant = timezone.now()
        StateChange.objects.bulk_create(
            self._change(key, source=source, target=to, why=why, at=instant) for key in keys
        )

    @required
    def record(self, thing: models.Model, *, source: str, target: str, why: str = "") -> None:
        """Write the row of history for one move, or for the birth of a thing (`source` empty)."""
        self._change(thing.pk, source=source, target=target, why=why, at=timezone.now()).save()

    def _change(
        self, key: object, *, source: str, target: str, why: str, at: datetime
    ) -> StateChange:
        return StateChange(
            machine=self.name,
            subject_id=str(key),
            source=source,
            target=target,
            why=why[:200],
            at=at,
        )


def choices(states: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Return the states as a Django field wants its choices."""
    return [(str(state), str(state).replace("_", " ").lower()) for state in states]
