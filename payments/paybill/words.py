"""Payments to the paybill in words that a support person can read out on the phone."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from nannychain.money import display
from nannychain.states.models import StateChange
from payments.paybill import selectors
from payments.paybill.models import PaybillPayment
from payments.paybill.states import PAYBILL, State

STATES = {
    State.UNCONFIRMED: "to be confirmed by M-Pesa",
    State.CREDITED: "in the member's wallet",
    State.SUSPENSE: "in suspense",
    State.ECHO: "that of a prompt",
    State.REFUTED: "not made, M-Pesa says",
    State.RETURNING: "is going back to its payer",
    State.RETURNED: "given back to its payer",
}
COLOURS = {
    STATES[State.UNCONFIRMED]: "warning",
    STATES[State.CREDITED]: "success",
    STATES[State.SUSPENSE]: "danger",
    STATES[State.ECHO]: "success",
    STATES[State.REFUTED]: "info",
    STATES[State.RETURNING]: "warning",
    STATES[State.RETURNED]: "info",
}


def payer(payment: PaybillPayment) -> str:
    """Return what is known of who paid. M-Pesa hides the number, more or less."""
    if payment.payer_phone:
        number = payment.payer_phone
    elif payment.payer_phone_masked:
        number = payment.payer_phone_masked
    else:
        number = "number hidden by M-Pesa" if payment.payer_phone_hash else "no number told"
    return f"{payment.payer_name or 'no name told'}, {number}"


def now(payment: PaybillPayment) -> str:
    """Return in one sentence how it stands."""
    amount = display(payment.amount_cents)
    state = State(payment.state)
    if state is State.CREDITED:
        return f"{amount} lies in the wallet of {payment.member}."
    if state is State.SUSPENSE:
        age = selectors.age_in_words(payment, at=timezone.now())
        return f"{amount} waits, {age}, for somebody to find out for whom: {payment.why}."
    if state is State.ECHO:
        return f"{amount} was paid on a prompt of ours, and is booked as that deposit."
    if state is State.UNCONFIRMED:
        return f"Somebody says that {amount} was paid. M-Pesa has not confirmed it yet."
    return f"{amount}: {STATES[state]}."


def timeline(payment: PaybillPayment) -> Iterator[tuple[str, str]]:
    """Yield each step with its time in Nairobi."""
    if payment.paid_at is not None:
        yield _when(payment.paid_at), "the payer has paid, by M-Pesa's clock"
    phrases = {(str(edge.source), str(edge.target)): edge.phrase for edge in PAYBILL.edges}
    changes = StateChange.objects.filter(machine=PAYBILL.name, subject_id=str(payment.pk))
    for change in changes.order_by("pk"):
        phrase = phrases.get((change.source, change.target), "it was told to us")
        yield _when(change.at), f"{phrase} ({change.why})" if change.why else phrase
    if payment.sms is not None:
        yield _when(payment.sms.created_at), f"SMS to the member: {payment.sms.get_state_display()}"


def _when(instant: object) -> str:
    return date_format(localtime(instant), "j M Y H:i:s")  # type: ignore[arg-type]
