"""How far a question about a SIM is."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a question stands."""

    WAITING = "WAITING"  # not asked yet
    ASKING = "ASKING"  # a worker is asking it right now
    ASKED = "ASKED"  # the provider has it and will call back
    TOLD = "TOLD"  # the callback has come
    REFUSED = "REFUSED"  # nobody can tell, or nobody is asked
    UNKNOWN = "UNKNOWN"  # it may have been asked
    SILENT = "SILENT"  # no callback came


LOOKUP = Machine(
    name="identity.sim_swap",
    initial=State.WAITING,
    edges=(
        Edge(State.WAITING, State.ASKING, "a worker took it to ask it"),
        Edge(State.WAITING, State.REFUSED, "no credentials are set, so nobody is asked"),
        Edge(State.ASKING, State.ASKED, "the provider took it"),
        Edge(State.ASKING, State.WAITING, "it was certainly not asked, and is tried again later"),
        Edge(State.ASKING, State.REFUSED, "the provider can't ask about this number"),
        Edge(State.ASKING, State.UNKNOWN, "no clear answer came, or the worker died"),
        Edge(State.UNKNOWN, State.ASKED, "a late answer shows that it was asked"),
        Edge(State.ASKED, State.TOLD, "the callback says when the SIM was changed"),
        Edge(State.ASKED, State.SILENT, "no callback came within a day"),
        Edge(State.SILENT, State.TOLD, "the callback came late"),
    ),
)
