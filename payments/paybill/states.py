"""The life of a payment to the paybill."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a payment stands."""

    UNCONFIRMED = "UNCONFIRMED"  # somebody says so; nothing is booked until M-Pesa does
    CREDITED = "CREDITED"  # in a wallet
    SUSPENSE = "SUSPENSE"  # with us, for we don't know whom
    ECHO = "ECHO"  # that of a prompt, which is booked as a deposit
    REFUTED = "REFUTED"  # M-Pesa says that it was not made, or not to us
    RETURNING = "RETURNING"  # M-Pesa was asked to give it back to the payer
    RETURNED = "RETURNED"  # the payer has it again


PAYBILL = Machine(
    name="paybill.payment",
    initial=State.UNCONFIRMED,
    edges=(
        Edge(State.UNCONFIRMED, State.CREDITED, "its account number names a member"),
        Edge(State.UNCONFIRMED, State.SUSPENSE, "it has come, and nobody knows yet for whom"),
        Edge(State.UNCONFIRMED, State.ECHO, "it is that of a prompt, and booked as its deposit"),
        Edge(State.UNCONFIRMED, State.REFUTED, "M-Pesa says that it was not made, or not to us"),
        Edge(State.REFUTED, State.UNCONFIRMED, "M-Pesa tells of it after all"),
        Edge(State.SUSPENSE, State.CREDITED, "it was found whose it is"),
        Edge(State.SUSPENSE, State.ECHO, "it proved to be that of a prompt"),
        Edge(State.SUSPENSE, State.RETURNING, "two members of staff want it to go back"),
        Edge(State.RETURNING, State.RETURNED, "M-Pesa gave it back to the payer"),
        Edge(State.RETURNING, State.SUSPENSE, "M-Pesa did not give it back"),
    ),
)

ASKABLE = (State.UNCONFIRMED,)
# M-Pesa has yet to say whether it came, or went back.
IN_DOUBT = (State.UNCONFIRMED, State.RETURNING)
OPEN = (State.UNCONFIRMED, State.SUSPENSE, State.RETURNING)
