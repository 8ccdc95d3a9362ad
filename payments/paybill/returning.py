"""Giving a payment in suspense back to its payer, through M-Pesa. Claim, call, record.

It is asked for once. Where nobody knows whether M-Pesa has heard it, staff settle it with evidence.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain import alerts
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments.mpesa import callbacks, client, trouble
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.meanings import Outcome, Where
from payments.mpesa.messages import Result
from payments.paybill import outcomes
from payments.paybill.models import PaybillPayment
from payments.paybill.states import PAYBILL, State

log = structlog.get_logger(__name__)

SOURCE = "mpesa.paybill_return"  # the kind of callback that tells what became of it
_ANSWERS_WITHIN = timedelta(hours=1)
_PAUSE = timedelta(minutes=1)


def give_back(payment_id: UUID | str) -> None:
    """Ask M-Pesa to give one payment back, if that is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    if (claimed := _claim(payment_id)) is None:
        return
    payment, token = claimed
    answer = client.reverse(
        receipt=payment.receipt,
        amount_cents=payment.amount_cents,
        result_url=callbacks.url(token, Path.RESULT),
        timeout_url=callbacks.url(token, Path.TIMEOUT),
        remarks="wrong account number",
    )
    trouble.tell(answer.meaning, about=f"return of {payment.receipt}")
    log.info("paybill.return_asked", payment_id=str(payment_id), outcome=answer.outcome)
    if answer.outcome is Outcome.REJECTED:
        with transaction.atomic():
            _not_returned(payment_id, why=answer.meaning.note)


def _claim(payment_id: UUID | str) -> tuple[PaybillPayment, str] | None:
    """Note that it is being asked for and return the token of its address; None if it was."""
    instant = timezone.now()
    with transaction.atomic():
        payment = outcomes.locked(payment_id)
        if payment is None or payment.state != State.RETURNING:
            return None
        if payment.due_at is None or payment.due_at > instant:
            return None
        if not client.is_movable(payment.amount_cents):
            # Asked for before this was refused at the decision: M-Pesa would not take it.
            _not_returned(payment_id, why="M-Pesa gives no cents back")
            return None
        if payment.return_asked_at is not None:
            payment.due_at = None
            payment.save(update_fields=["due_at"])
            _tell_staff(payment, why="M-Pesa does not say whether it gave it back")
            return None
        if operating.is_stopped(Flow.PAYBILL):
            payment.due_at = instant + _PAUSE
            payment.save(update_fields=["due_at"])
            return None
        payment.return_asked_at, payment.due_at = instant, instant + _ANSWERS_WITHIN
        payment.save(update_fields=["return_asked_at", "due_at"])
        return payment, callbacks.new(SOURCE, payment.pk)


@required
def settle(*, subject_id: str, message: Result, received_at: object) -> str:  # noqa: ARG001
    """Let M-Pesa's result decide; return what it came to, in a word or two. May come twice.

    Raises NotOurs for a success that names another payment, or none: every answer to a question is
    a success, too.
    """
    payment = outcomes.locked(subject_id)
    if payment is None:
        return "nobody's"
    meaning = message.meaning(Where.REVERSAL)
    trouble.tell(meaning, about=f"return of {payment}")
    if meaning.outcome is Outcome.PAID:
        if message.code == "0" and message.original_transaction_id != payment.receipt:
            raise NotOurs("receipt")
        if payment.state == State.RETURNING:
            outcomes.returned(payment, why="M-Pesa gave it back")
            return "returned"
        if payment.state != State.RETURNED:
            _tell_staff(payment, why="M-Pesa gave it back after it had said that it did not")
        return "known"
    if meaning.outcome is Outcome.FAILED and meaning.is_definite:
        return _not_returned(payment.pk, why=meaning.note)
    return "not decided"


@required
def stated(receipt: str, *, amount_cents: int) -> bool:
    """Take the statement's word that a payment in suspense went back; tell whether it was one.

    It may have gone back without our asking: its payer has asked M-Pesa. One that stands in a
    wallet is not touched.
    """
    row = PaybillPayment.objects.select_for_update(no_key=True).filter(receipt=receipt).first()
    if row is None or row.amount_cents != amount_cents:
        return False
    if row.state == State.SUSPENSE:
        PAYBILL.move(row, to=State.RETURNING, why="M-Pesa has taken it back by itself")
    if row.state == State.RETURNING:
        outcomes.returned(row, why="M-Pesa's statement shows that it went back")
    return row.state == State.RETURNED


def hurry(*, subject_id: str, why: str) -> None:
    """Tell staff that an answer can't be believed: it isn't asked for a second time."""
    payment = PaybillPayment.objects.filter(pk=UUID(subject_id)).first()
    if payment is not None and payment.state == State.RETURNING:
        _tell_staff(payment, why=why)


RESULTS = callbacks.questions(SOURCE, settle=settle, ask=hurry)


@required
def _not_returned(payment_id: UUID | str, *, why: str) -> str:
    payment = outcomes.locked(payment_id)
    if payment is None or payment.state != State.RETURNING:
        return "known"
    PAYBILL.move(payment, to=State.SUSPENSE, why=why[:200], return_asked_at=None, due_at=None)
    _tell_staff(payment, why=why)
    return "not returned"


def _tell_staff(payment: PaybillPayment, *, why: str) -> None:
    alerts.raise_alert(
        key=f"paybill:return:{payment.pk}",
        title="A payment to the paybill was not given back for certain",
        details={"payment_id": str(payment.pk), "receipt": payment.receipt, "why": why[:100]},
    )
