"""The life of a break."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a break stands."""

    OPEN = "OPEN"  # nobody knows why yet
    EXPLAINED = "EXPLAINED"  # a person knows why; it is still there
    CLOSED = "CLOSED"  # it is no longer there, or two people settled it


BREAK = Machine(
    name="reconciliation.break",
    initial=State.OPEN,
    edges=(
        Edge(State.OPEN, State.EXPLAINED, "a person has found out why, and waits for it to end"),
        Edge(State.EXPLAINED, State.OPEN, "it has become another amount than was explained"),
        Edge(State.OPEN, State.CLOSED, "it is no longer there, or was settled"),
        Edge(State.EXPLAINED, State.CLOSED, "it is no longer there, or was settled"),
        Edge(State.CLOSED, State.OPEN, "it was found again"),
    ),
)

UNSETTLED = (State.OPEN, State.EXPLAINED)
