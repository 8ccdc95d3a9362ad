"""The life of a withdrawal, and that of each attempt to have it paid out."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a withdrawal stands."""

    RESERVED = "RESERVED"  # the money has left the wallet; M-Pesa has not been asked
    SENDING = "SENDING"  # a worker is asking M-Pesa right now
    SENT = "SENT"  # M-Pesa has taken the order and will tell what became of it
    UNKNOWN = "UNKNOWN"  # it may have been paid, or not; M-Pesa is asked
    PARKED = "PARKED"  # certainly not paid; it waits for another attempt
    NEEDS_REVIEW = "NEEDS_REVIEW"  # M-Pesa can't or won't say; two members of staff decide
    PAID = "PAID"  # M-Pesa has paid it out
    FAILED = "FAILED"  # M-Pesa has not paid it out, and all of it is back in the wallet


WITHDRAWAL = Machine(
    name="payments.withdrawal",
    initial=State.RESERVED,
    edges=(
        Edge(State.RESERVED, State.SENDING, "a worker took it to ask M-Pesa"),
        Edge(State.RESERVED, State.FAILED, "it was called off before M-Pesa was asked"),
        Edge(State.RESERVED, State.NEEDS_REVIEW, "after a restore: it may have been paid since"),
        Edge(State.SENDING, State.SENT, "M-Pesa took the order"),
        Edge(State.SENDING, State.UNKNOWN, "no clear answer came, or the worker died"),
        Edge(State.SENDING, State.PARKED, "M-Pesa did not take it, and it may be tried again"),
        Edge(State.SENDING, State.FAILED, "M-Pesa refuses it for good; the money is back"),
        Edge(State.SENDING, State.PAID, "the payment was faster than the answer"),
        Edge(State.SENDING, State.NEEDS_REVIEW, "M-Pesa reports as paid what it had rejected"),
        Edge(State.SENT, State.PAID, "M-Pesa has paid it out"),
        Edge(State.SENT, State.FAILED, "M-Pesa could not pay; the money is back"),
        Edge(State.SENT, State.PARKED, "M-Pesa could not pay yet, and it may be tried again"),
        Edge(State.SENT, State.UNKNOWN, "no result came, or one that needs a second word"),
        Edge(State.SENT, State.NEEDS_REVIEW, "what M-Pesa says contradicts itself or our books"),
        Edge(State.UNKNOWN, State.SENT, "a late answer shows that M-Pesa took the order"),
        Edge(State.UNKNOWN, State.PAID, "M-Pesa has paid it out"),
        Edge(State.UNKNOWN, State.FAILED, "M-Pesa has certainly not paid; the money is back"),
        Edge(State.UNKNOWN, State.PARKED, "M-Pesa has certainly not paid; it is tried again"),
        Edge(State.UNKNOWN, State.NEEDS_REVIEW, "M-Pesa can't say, or contradicts itself"),
        Edge(State.PARKED, State.SENDING, "a worker took it for a new attempt"),
        Edge(State.PARKED, State.FAILED, "it could not be paid in time; the money is back"),
        Edge(State.PARKED, State.NEEDS_REVIEW, "M-Pesa has paid, or may have, what it rejected"),
        Edge(State.NEEDS_REVIEW, State.PAID, "it is certain now that M-Pesa has paid"),
        Edge(State.NEEDS_REVIEW, State.FAILED, "it is certain now that M-Pesa has not paid"),
    ),
)
# Somebody has to look at these when they are due.
UNFINISHED = tuple(state for state in WITHDRAWAL.states if state not in WITHDRAWAL.terminal)
# What may go out by a new attempt.
SENDABLE = (State.RESERVED, State.PARKED)
# M-Pesa may have it: it is asked what became of it.
ASKABLE = (State.SENT, State.UNKNOWN)


class Attempt(StrEnum):
    """Where one attempt stands, which has its own id at M-Pesa."""

    CLAIMED = "CLAIMED"  # committed; the call is being made
    ACCEPTED = "ACCEPTED"  # M-Pesa took the order
    UNKNOWN = "UNKNOWN"  # it may have it
    REJECTED = "REJECTED"  # it certainly will not pay by this id
    PAID = "PAID"  # it has paid by this id


ATTEMPT = Machine(
    name="payments.withdrawal_attempt",
    initial=Attempt.CLAIMED,
    edges=(
        Edge(Attempt.CLAIMED, Attempt.ACCEPTED, "M-Pesa took the order"),
        Edge(Attempt.CLAIMED, Attempt.UNKNOWN, "no clear answer came, or the worker died"),
        Edge(Attempt.CLAIMED, Attempt.REJECTED, "M-Pesa refuses it"),
        Edge(Attempt.CLAIMED, Attempt.PAID, "the payment was faster than the answer"),
        Edge(Attempt.ACCEPTED, Attempt.UNKNOWN, "no result came, or one that is not clear"),
        Edge(Attempt.ACCEPTED, Attempt.REJECTED, "M-Pesa could not pay"),
        Edge(Attempt.ACCEPTED, Attempt.PAID, "M-Pesa has paid"),
        Edge(Attempt.UNKNOWN, Attempt.ACCEPTED, "a late answer shows that M-Pesa took it"),
        Edge(Attempt.UNKNOWN, Attempt.REJECTED, "M-Pesa has certainly not paid"),
        Edge(Attempt.UNKNOWN, Attempt.PAID, "M-Pesa has paid"),
    ),
)
