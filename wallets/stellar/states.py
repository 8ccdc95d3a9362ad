"""The life of a request for funding."""

from enum import StrEnum

from nannychain.states.machine import Machine


class Funding(StrEnum):
    """Where a request for funding stands."""

    WAITING = "WAITING"  # stored; nothing has been sent to the network


FUNDING = Machine(name="stellar.funding", initial=Funding.WAITING, edges=())
