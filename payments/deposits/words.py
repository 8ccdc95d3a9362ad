"""Deposits in words that a support person can read out on the phone."""

from django.utils.formats import date_format
from django.utils.timezone import localtime

from nannychain.money import display
from nannychain.states.models import StateChange
from payments.deposits.models import Deposit
from payments.deposits.states import DEPOSIT, State

STATES = {
    State.REQUESTED: "waits to be sent",
    State.SENDING: "is being sent",
    State.SENT: "on the phone",
    State.UNKNOWN: "not known yet",
    State.PAID: "paid",
    State.DECLINED: "declined by the payer",
    State.EXPIRED: "not answered",
    State.REFUSED: "refused by M-Pesa",
    State.CANCELLED: "cancelled",
}
COLOURS = {
    STATES[State.REQUESTED]: "info",
    STATES[State.SENDING]: "info",
    STATES[State.SENT]: "info",
    STATES[State.UNKNOWN]: "warning",
    STATES[State.PAID]: "success",
    STATES[State.DECLINED]: "danger",
    STATES[State.EXPIRED]: "danger",
    STATES[State.REFUSED]: "danger",
}


def timeline(deposit: Deposit) -> list[tuple[str, str]]:
    """Return what happened to it, oldest first: when, and what."""
    phrases = {(str(edge.source), str(edge.target)): edge.phrase for edge in DEPOSIT.edges}
    phrases["", str(State.REQUESTED)] = (
        f"{display(deposit.amount_cents)} were asked for by {deposit.channel}"
    )
    changes = StateChange.objects.filter(machine=DEPOSIT.name, subject_id=str(deposit.pk))
    return [
        (_at(change), _told(phrases.get((change.source, change.target), "?"), change.why))
        for change in changes.order_by("id")
    ]


def now(deposit: Deposit) -> str:
    """Return in one sentence how it stands."""
    told = STATES[State(deposit.state)]
    if deposit.state == State.PAID:
        receipt = f", M-Pesa receipt {deposit.receipt}" if deposit.receipt else ""
        return f"{display(deposit.amount_cents)} {told}{receipt}."
    why = f": {deposit.reason}" if deposit.reason else ""
    return f"{display(deposit.amount_cents)}, {told}{why}."


def _at(change: StateChange) -> str:
    return date_format(localtime(change.at), "j M H:i:s")


def _told(phrase: str, why: str) -> str:
    return f"{phrase} ({why})" if why else phrase
