"""The life of a manual journal."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a manual journal stands."""

    PROPOSED = "PROPOSED"  # one member of staff wants it; nothing is booked
    POSTED = "POSTED"  # another one agreed, and it stands in the books
    REJECTED = "REJECTED"  # another one did not agree
    WITHDRAWN = "WITHDRAWN"  # who proposed it has thought better of it


MANUAL_JOURNAL = Machine(
    name="ledger.manual_journal",
    initial=State.PROPOSED,
    edges=(
        Edge(State.PROPOSED, State.POSTED, "another member of staff approved it, and it is booked"),
        Edge(State.PROPOSED, State.REJECTED, "another member of staff turned it down"),
        Edge(State.PROPOSED, State.WITHDRAWN, "who proposed it took it back"),
    ),
)
