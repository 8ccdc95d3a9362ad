"""Withdrawals in words that a support person can read out on the phone."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from nannychain.money import display
from nannychain.operating import selectors as operating
from nannychain.states.machine import Machine
from nannychain.states.models import StateChange
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import ATTEMPT, WITHDRAWAL, Attempt, State

STATES = {
    State.RESERVED: "waits to be sent",
    State.SENDING: "is being sent",
    State.SENT: "M-Pesa has the order",
    State.UNKNOWN: "not known yet",
    State.PARKED: "waits for another attempt",
    State.NEEDS_REVIEW: "needs two people",
    State.PAID: "paid",
    State.FAILED: "not paid, given back",
}
COLOURS = {
    STATES[State.RESERVED]: "info",
    STATES[State.SENDING]: "info",
    STATES[State.SENT]: "info",
    STATES[State.UNKNOWN]: "warning",
    STATES[State.PARKED]: "warning",
    STATES[State.NEEDS_REVIEW]: "danger",
    STATES[State.PAID]: "success",
}


def timeline(withdrawal: Withdrawal) -> list[tuple[str, str]]:
    """Return what happened to it and to its attempts, oldest first: when, and what."""
    asked = f"{display(withdrawal.amount_cents)} were asked for by {withdrawal.channel}"
    steps = _steps(WITHDRAWAL, str(withdrawal.pk), birth=asked, prefix="")
    for attempt in withdrawal.attempts.order_by("number"):
        name = f"attempt {attempt.number}: "
        birth = f"sent to M-Pesa as {attempt.originator_id}"
        steps += _steps(ATTEMPT, str(attempt.pk), birth=birth, prefix=name)
    for extra in withdrawal.extras.all():
        told = f"M-Pesa has paid {display(extra.amount_cents)} too many: receipt {extra.receipt}"
        steps.append((extra.told_at, f"{told} ({extra.why}), booked in suspense"))
    steps.sort(key=lambda step: step[0])
    return [(date_format(localtime(at), "j M H:i:s"), told) for at, told in steps]


def now(withdrawal: Withdrawal) -> str:
    """Return in one sentence how it stands."""
    told = STATES[State(withdrawal.state)]
    extras = ", ".join(extra.receipt for extra in withdrawal.extras.all())
    too_many = f" EMERGENCY: M-Pesa has paid too often, receipts {extras}." if extras else ""
    if withdrawal.state == State.PAID:
        paid = f"{display(withdrawal.amount_cents)} {told}, M-Pesa receipt {withdrawal.receipt}."
        return paid + too_many
    why = f": {withdrawal.reason}" if withdrawal.reason else ""
    return f"{display(withdrawal.amount_cents)}, {told}{why}.{too_many}"


def evidence(withdrawal: Withdrawal) -> Iterator[str]:
    """Yield in sentences what M-Pesa has said of each attempt, for the two who decide."""
    if operating.was_restored_since(withdrawal.created_at):
        yield (
            "The database was taken back from a backup since it was asked for: it may have been "
            "paid under an id that is not here. Look for its number and amount in the statement."
        )
    for attempt in withdrawal.attempts.order_by("number"):
        told = f"Attempt {attempt.number} ({attempt.originator_id})"
        taken = "was" if attempt.conversation_id else "was not, by any answer,"
        yield f"{told} {taken} taken by M-Pesa; it was asked about {attempt.questions} times."
        if attempt.not_known and attempt.not_known_since is not None:
            since = date_format(localtime(attempt.not_known_since), "j M H:i")
            yield (
                f"{told}: since {since} M-Pesa has said {attempt.not_known} times that it knows of "
                "no such payout. Look for its id in the statement before you believe it."
            )
        if attempt.receipt:
            yield f"{told}: M-Pesa has named the receipt {attempt.receipt}."
    for extra in withdrawal.extras.all():
        yield f"Paid too many, in suspense: receipt {extra.receipt} ({extra.why})."


def _steps(
    machine: Machine, subject_id: str, *, birth: str, prefix: str
) -> list[tuple[datetime, str]]:
    phrases = {(str(edge.source), str(edge.target)): edge.phrase for edge in machine.edges}
    changes = StateChange.objects.filter(machine=machine.name, subject_id=subject_id)
    steps = []
    for change in changes.order_by("id"):
        phrase = phrases.get((change.source, change.target), birth)
        why = f" ({change.why})" if change.why and change.source else ""
        steps.append((change.at, f"{prefix}{phrase}{why}"))
    return steps


ATTEMPTS = {
    Attempt.CLAIMED: "being sent",
    Attempt.ACCEPTED: "taken by M-Pesa",
    Attempt.UNKNOWN: "not known yet",
    Attempt.REJECTED: "not paid",
    Attempt.PAID: "paid",
}
