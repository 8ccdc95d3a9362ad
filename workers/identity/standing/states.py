"""Whether a member's money may leave."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a member stands."""

    OPEN = "OPEN"  # receives and sends
    FROZEN = "FROZEN"  # receives, can't send


STANDING = Machine(
    name="identity.standing",
    initial=State.OPEN,
    edges=(
        Edge(State.OPEN, State.FROZEN, "staff stop what leaves, with a reason"),
        Edge(State.FROZEN, State.OPEN, "staff let it leave again, with a reason"),
    ),
)
