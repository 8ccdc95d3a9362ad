"""The life of one SMS.

    QUEUED → CLAIMED → ACCEPTED → DELIVERED
      ↑         │          └────→ FAILED
      └─────────┤ certainly not sent
                ├→ REJECTED
                └→ UNKNOWN ─ a late report ─→ ACCEPTED, DELIVERED or FAILED
    QUEUED → EXPIRED, DRY_RUN, REJECTED

UNKNOWN is never sent again by itself: the person may have it already.
"""

from enum import StrEnum

from nannychain.states.machine import Edge, Machine


class State(StrEnum):
    """Where an SMS stands."""

    QUEUED = "QUEUED"  # waits for its time; nothing has reached the provider
    CLAIMED = "CLAIMED"  # a worker is sending it right now
    ACCEPTED = "ACCEPTED"  # the provider has it
    REJECTED = "REJECTED"  # the provider, or an opt-out, says no for good
    UNKNOWN = "UNKNOWN"  # it may have been sent
    DELIVERED = "DELIVERED"  # the network says that the phone has it
    FAILED = "FAILED"  # the network says that the phone never got it
    EXPIRED = "EXPIRED"  # it was of no more use before it could be sent
    DRY_RUN = "DRY_RUN"  # there are no credentials, so it was only logged


SMS = Machine(
    name="notifications.sms",
    initial=State.QUEUED,
    edges=(
        Edge(State.QUEUED, State.CLAIMED, "a worker took it to send it"),
        Edge(State.QUEUED, State.EXPIRED, "its time ran out before it could be sent"),
        Edge(State.QUEUED, State.REJECTED, "the person has opted out of such messages"),
        Edge(State.QUEUED, State.DRY_RUN, "no credentials are set, so it was only logged"),
        Edge(State.CLAIMED, State.ACCEPTED, "the provider took it"),
        Edge(State.CLAIMED, State.QUEUED, "it was certainly not sent, and is tried again later"),
        Edge(State.CLAIMED, State.REJECTED, "the provider refuses it for good"),
        Edge(State.CLAIMED, State.UNKNOWN, "no clear answer came, or the worker died"),
        Edge(State.UNKNOWN, State.ACCEPTED, "a late answer or report shows that it was sent"),
        Edge(State.UNKNOWN, State.REJECTED, "a late answer refuses it for good"),
        Edge(State.UNKNOWN, State.DELIVERED, "a late report says that the phone has it"),
        Edge(State.UNKNOWN, State.FAILED, "a late report says that it could not be delivered"),
        Edge(State.ACCEPTED, State.DELIVERED, "the report says that the phone has it"),
        Edge(State.ACCEPTED, State.FAILED, "the report says that it could not be delivered"),
    ),
)

# Nothing of what a sealed text says is needed after these.
FINAL = SMS.terminal
# What staff may have sent again, as a new SMS.
SENDABLE_AGAIN = frozenset({State.UNKNOWN, State.FAILED, State.EXPIRED})
