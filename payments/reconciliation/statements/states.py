"""The life of a statement file."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """How far a file is."""

    RECEIVED = "RECEIVED"  # its bytes wait to be read
    REFUSED = "REFUSED"  # it is no statement of ours, or contradicts what is known
    STORED = "STORED"  # its lines are kept; what they mean for our books is being worked out
    COMPARED = "COMPARED"  # each line is matched, settled, or named as a break


FILE = Machine(
    name="reconciliation.statement",
    initial=State.RECEIVED,
    edges=(
        Edge(State.RECEIVED, State.STORED, "it agrees with itself, and follows from the last"),
        Edge(State.RECEIVED, State.REFUSED, "it is none of ours, or contradicts what is known"),
        Edge(State.REFUSED, State.RECEIVED, "somebody handed it in once more"),
        Edge(State.STORED, State.COMPARED, "our books were compared with it"),
    ),
)
UNFINISHED = (State.RECEIVED, State.STORED)
KEPT = (State.STORED, State.COMPARED)
