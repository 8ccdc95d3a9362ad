"""The life of a change of number."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a change stands."""

    ASKED = "ASKED"  # one or both numbers have still to be shown
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


PHONE_CHANGE = Machine(
    name="identity.phone_change",
    initial=State.ASKED,
    edges=(
        Edge(State.ASKED, State.DONE, "old number let go, new one shown: it is the member's"),
        Edge(State.ASKED, State.CANCELLED, "taken back, or the number is somebody else's"),
        Edge(State.ASKED, State.EXPIRED, "not shown in time"),
    ),
)
