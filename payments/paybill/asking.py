"""Asking M-Pesa about a payment that only a message speaks of. The answer is a callback too.

Only an answer that names our number as the receiver is believed: a receipt may be that of money
which we have paid out.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain import alerts
from nannychain.transactions import required
from payments.mpesa import account, callbacks, client, trouble
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.meanings import Outcome, Where
from payments.mpesa.messages import Result
from payments.paybill import outcomes
from payments.paybill.models import PaybillPayment
from payments.paybill.services import NOBODY
from payments.paybill.states import ASKABLE, PAYBILL, State

log = structlog.get_logger(__name__)

SOURCE = "mpesa.paybill_status"  # the kind of callback that answers
CLAIM = timedelta(minutes=2)
# From question to question. After the last one staff are told; a pulled list may still tell.
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600)
)


def ask(payment_id: UUID | str) -> None:
    """Ask about one payment, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    if (token := _claim(payment_id)) is None:
        return
    receipt = PaybillPayment.objects.values_list("receipt", flat=True).get(pk=payment_id)
    answer = client.transaction_status(
        shortcode=settings.MPESA_SHORTCODE,
        receipt=receipt,
        result_url=callbacks.url(token, Path.RESULT),
        timeout_url=callbacks.url(token, Path.TIMEOUT),
    )
    trouble.tell(answer.meaning, about=f"paybill {receipt}")
    log.info("paybill.asked", payment_id=str(payment_id), outcome=answer.outcome)
    if answer.outcome is Outcome.REJECTED:
        # It was no question: M-Pesa never heard it.
        heard = PaybillPayment.objects.filter(pk=payment_id, questions__gt=0)
        heard.update(questions=F("questions") - 1)


def _claim(payment_id: UUID | str) -> str | None:
    """Count the next question and return the token of its address; None where there is none."""
    instant = timezone.now()
    with transaction.atomic():
        payment = outcomes.locked(payment_id)
        if payment is None or payment.state not in ASKABLE:
            return None
        if payment.due_at is None or payment.due_at > instant:
            return None
        if payment.questions >= len(PAUSES):
            payment.due_at = None
            payment.save(update_fields=["due_at"])
            _tell_staff(payment, why="M-Pesa does not say")
            return None
        payment.due_at = instant + max(PAUSES[payment.questions], CLAIM)
        if not account.can_pay():
            payment.save(update_fields=["due_at"])
            _tell_staff(payment, why="M-Pesa can't be asked: no initiator is set up")
            return None
        payment.questions += 1
        payment.save(update_fields=["due_at", "questions"])
        return callbacks.new(SOURCE, payment.pk)


@required
def settle(*, subject_id: str, message: Result, received_at: object) -> str:  # noqa: ARG001
    """Let M-Pesa's answer decide about a payment; return what it came to, in a word or two.

    Raises NotOurs for an answer about another payment.
    """
    payment = outcomes.locked(subject_id)
    if payment is None:
        return "nobody's"
    if payment.state not in ASKABLE:
        return "known"
    question = message.meaning(Where.QUESTION)
    trouble.tell(question, about=f"paybill {payment}")
    if question.outcome is not Outcome.PAID:
        return "not answered"
    if message.receipt != payment.receipt:
        # Nothing else in it says which payment it is about.
        raise NotOurs("receipt")
    return _believe(payment, message)


@required
def _believe(payment: PaybillPayment, message: Result) -> str:
    status = message.status
    if status.outcome is Outcome.FAILED:
        return _refute(payment, why="M-Pesa says that it was not made")
    if status.outcome is not Outcome.PAID:
        return "not decided"
    receiver = message.receiver_number
    if not receiver or message.amount_cents is None:
        return "not decided"
    if receiver != payment.shortcode:
        return _refute(payment, why="M-Pesa says that it went to somebody else")
    if message.amount_cents != payment.amount_cents:
        # Whoever told of it first was wrong, or lied: M-Pesa's own amount is the true one.
        payment.amount_cents = message.amount_cents
        _tell_staff(payment, why="M-Pesa's amount is another than the one that was told")
    payment.save(update_fields=["amount_cents"])
    if payment.told_by == NOBODY:
        # M-Pesa's answer doesn't say for whom it was, and who said so may have lied.
        return outcomes.put_aside(payment, why="M-Pesa has it, but nobody known said for whom")
    return outcomes.believe(payment)


def hurry(*, subject_id: str, why: str) -> None:
    """Leave it to the schedule: a question that got no answer is asked again by itself."""


ANSWERS = callbacks.questions(SOURCE, settle=settle, ask=hurry)


@required
def _refute(payment: PaybillPayment, *, why: str) -> str:
    PAYBILL.move(payment, to=State.REFUTED, why=why, ended_at=timezone.now(), due_at=None)
    _tell_staff(payment, why=why)
    return "refuted"


def _tell_staff(payment: PaybillPayment, *, why: str) -> None:
    alerts.raise_alert(
        key=f"paybill:doubt:{payment.pk}",
        title="A payment to the paybill is in doubt",
        details={"payment_id": str(payment.pk), "receipt": payment.receipt, "why": why},
    )
