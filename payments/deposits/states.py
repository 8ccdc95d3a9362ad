"""The life of a deposit.

Every end but PAID only means that we stopped waiting: the prompt may still be on the phone, so
money that comes late is taken, whatever we had believed.
"""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where a deposit stands."""

    REQUESTED = "REQUESTED"  # waits for its time; nothing has reached M-Pesa
    SENDING = "SENDING"  # a worker is asking M-Pesa for the prompt right now
    SENT = "SENT"  # M-Pesa has taken the request; the prompt is on its way to the phone
    UNKNOWN = "UNKNOWN"  # there may be a prompt, or a payment; nobody has said
    PAID = "PAID"  # M-Pesa took the money, and it is in the wallet
    DECLINED = "DECLINED"  # the payer said no, or could not pay
    EXPIRED = "EXPIRED"  # nobody answered the prompt, or it never went out in time
    REFUSED = "REFUSED"  # M-Pesa did not take the request
    CANCELLED = "CANCELLED"  # the member no longer wanted it


DEPOSIT = Machine(
    name="payments.deposit",
    initial=State.REQUESTED,
    edges=(
        Edge(State.REQUESTED, State.SENDING, "a worker took it to ask M-Pesa"),
        Edge(State.REQUESTED, State.CANCELLED, "the member cancelled it before it was sent"),
        Edge(State.REQUESTED, State.EXPIRED, "it could not be sent in time"),
        Edge(State.REQUESTED, State.PAID, "the money came all the same"),
        Edge(State.SENDING, State.SENT, "M-Pesa took it, and sends the prompt"),
        Edge(State.SENDING, State.REQUESTED, "M-Pesa certainly has it not; it is tried again"),
        Edge(State.SENDING, State.REFUSED, "M-Pesa refuses it for good"),
        Edge(State.SENDING, State.UNKNOWN, "no clear answer came, or the worker died"),
        Edge(State.SENDING, State.PAID, "the money was faster than the answer"),
        Edge(State.SENDING, State.DECLINED, "the payer was faster than the answer: no"),
        Edge(State.SENDING, State.EXPIRED, "it ended on the phone before the answer came"),
        Edge(State.SENT, State.PAID, "M-Pesa took the money"),
        Edge(State.SENT, State.DECLINED, "the payer said no, or could not pay"),
        Edge(State.SENT, State.EXPIRED, "nobody answered the prompt"),
        Edge(State.SENT, State.CANCELLED, "the member no longer wants it"),
        Edge(State.SENT, State.UNKNOWN, "its time is over, and M-Pesa hasn't said how it ended"),
        Edge(State.UNKNOWN, State.SENT, "a late answer shows that M-Pesa took it"),
        Edge(State.UNKNOWN, State.REFUSED, "a late answer shows that M-Pesa refused it"),
        Edge(State.UNKNOWN, State.PAID, "M-Pesa took the money"),
        Edge(State.UNKNOWN, State.DECLINED, "the payer said no, or could not pay"),
        Edge(State.UNKNOWN, State.EXPIRED, "nobody answered, or no trace of it was found"),
        Edge(State.UNKNOWN, State.CANCELLED, "the member no longer wants it"),
        Edge(State.DECLINED, State.PAID, "the money came late"),
        Edge(State.EXPIRED, State.PAID, "the money came late"),
        Edge(State.REFUSED, State.PAID, "the money came all the same"),
        Edge(State.CANCELLED, State.PAID, "the money came although it was cancelled"),
    ),
)

# A prompt is, or may soon be, on the phone: no second one goes there.
OPEN = (State.REQUESTED, State.SENDING, State.SENT)
# We wait for what becomes of the prompt.
AWAITED = (State.SENT, State.UNKNOWN)
# M-Pesa is asked what became of it: also of what ended without money, as far as we know.
ASKABLE = (*AWAITED, State.EXPIRED, State.CANCELLED, State.DECLINED, State.REFUSED)
# What the member may call off.
CANCELLABLE = (State.REQUESTED, State.SENT, State.UNKNOWN)
# It has ended without money, as far as we know.
FAILED = (State.DECLINED, State.EXPIRED, State.REFUSED, State.CANCELLED)
