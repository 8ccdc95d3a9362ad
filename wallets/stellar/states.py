"""The lives of a request for funding and of a submission to the network."""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class Funding(StrEnum):
    """Where a request for funding stands."""

    WAITING = "WAITING"  # nothing is under way; its reason says what it waits for
    SUBMITTED = "SUBMITTED"  # in a transaction, or asked of friendbot; not known to be done
    FUNDED = "FUNDED"  # the account is on the network
    CLOSING = "CLOSING"  # in a transaction that closes the account
    CLOSED = "CLOSED"  # the account is no longer on the network, its reserve has come back
    NEEDS_REVIEW = "NEEDS_REVIEW"  # even alone it failed


FUNDING = Machine(
    name="stellar.funding",
    initial=Funding.WAITING,
    edges=(
        Edge(Funding.WAITING, Funding.SUBMITTED, "it was put into a transaction"),
        Edge(Funding.WAITING, Funding.FUNDED, "the account was found on the network"),
        Edge(Funding.SUBMITTED, Funding.FUNDED, "the network has created the account"),
        Edge(Funding.SUBMITTED, Funding.WAITING, "the transaction can have no effect any more"),
        Edge(Funding.SUBMITTED, Funding.NEEDS_REVIEW, "the network refused it alone"),
        Edge(Funding.NEEDS_REVIEW, Funding.WAITING, "staff let it try again"),
        Edge(Funding.FUNDED, Funding.CLOSING, "idle for long, it was put into a closing"),
        Edge(Funding.FUNDED, Funding.WAITING, "the network was reset and has forgotten it"),
        Edge(Funding.CLOSING, Funding.CLOSED, "the account was closed"),
        Edge(Funding.CLOSING, Funding.FUNDED, "the closing can have no effect any more"),
        Edge(Funding.CLOSED, Funding.WAITING, "the account is needed again"),
    ),
)


class State(StrEnum):
    """Where a submission stands. Whatever is signed may land until its bounds are past."""

    PLANNED = "PLANNED"  # channel, sequence and bounds are fixed; nothing is signed
    DECLINED = "DECLINED"  # the signer would not sign it, so that it can't land
    SIGNED = "SIGNED"  # hash and envelope are stored; it may have been posted
    SENT = "SENT"  # the network says that it has it
    UNKNOWN = "UNKNOWN"  # an answer was lost, or said nothing
    REFUSED = "REFUSED"  # turned down at the door; it is watched until it can't land any more
    CONFIRMED = "CONFIRMED"  # in a ledger, and all of it was done
    FAILED = "FAILED"  # in a ledger, and none of it was done; fee and sequence are used up
    EXPIRED = "EXPIRED"  # the network is past its bounds without it, so that it can't land


SUBMISSION = Machine(
    name="stellar.submission",
    initial=State.PLANNED,
    edges=(
        Edge(State.PLANNED, State.SIGNED, "the signer signed it"),
        Edge(State.PLANNED, State.DECLINED, "the signer declined"),
        Edge(State.PLANNED, State.EXPIRED, "its bounds passed before it was signed"),
        Edge(State.SIGNED, State.SENT, "the network took it"),
        Edge(State.SIGNED, State.UNKNOWN, "no clear answer came"),
        Edge(State.SIGNED, State.REFUSED, "the network turned it down at the door"),
        Edge(State.SIGNED, State.CONFIRMED, "it was found in a ledger"),
        Edge(State.SIGNED, State.FAILED, "it was found in a ledger, failed"),
        Edge(State.SIGNED, State.EXPIRED, "the network is past its bounds without it"),
        Edge(State.UNKNOWN, State.SENT, "sent again unchanged, it was taken"),
        Edge(State.UNKNOWN, State.CONFIRMED, "it was found in a ledger"),
        Edge(State.UNKNOWN, State.FAILED, "it was found in a ledger, failed"),
        Edge(State.UNKNOWN, State.EXPIRED, "the network is past its bounds without it"),
        Edge(State.REFUSED, State.UNKNOWN, "with a higher fee, no clear answer came"),
        Edge(State.REFUSED, State.SENT, "with a higher fee, it was taken"),
        Edge(State.REFUSED, State.CONFIRMED, "it was found in a ledger all the same"),
        Edge(State.REFUSED, State.FAILED, "it was found in a ledger, failed"),
        Edge(State.REFUSED, State.EXPIRED, "the network is past its bounds without it"),
        Edge(State.SENT, State.CONFIRMED, "a ledger holds it"),
        Edge(State.SENT, State.FAILED, "a ledger holds it, failed"),
        Edge(State.SENT, State.EXPIRED, "the network is past its bounds without it"),
    ),
)
PENDING = tuple(state for state in SUBMISSION.states if state not in SUBMISSION.terminal)
