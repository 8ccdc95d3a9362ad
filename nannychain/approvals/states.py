"""The life of a request for approval."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a request stands."""

    ASKED = "ASKED"  # one person wants it; nothing has happened
    APPROVED = "APPROVED"  # another one agreed, and it was done
    REFUSED = "REFUSED"  # another one did not agree
    WITHDRAWN = "WITHDRAWN"  # who asked has thought better of it
    EXPIRED = "EXPIRED"  # nobody decided in time


APPROVAL = Machine(
    name="approvals.request",
    initial=State.ASKED,
    edges=(
        Edge(State.ASKED, State.APPROVED, "another person agreed, and it was carried out"),
        Edge(State.ASKED, State.REFUSED, "another person did not agree"),
        Edge(State.ASKED, State.WITHDRAWN, "who asked took it back"),
        Edge(State.ASKED, State.EXPIRED, "nobody decided in time"),
    ),
)
