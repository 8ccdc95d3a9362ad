"""Asking M-Pesa what became of a prompt, by schedule: the callback may never come.

The first questions come quickly, at 15, 45 and 90 seconds after the prompt; then it is slowly. What
has no id of M-Pesa's can't be asked about: it waits for its callback, or the paybill's echo.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain import alerts
from nannychain.transactions import required
from payments.deposits import outcomes
from payments.deposits.models import Deposit
from payments.deposits.sending import CLAIM
from payments.deposits.states import ASKABLE, AWAITED, DEPOSIT, State
from payments.mpesa import client, trouble, words
from payments.mpesa.answers import PushStatus
from payments.mpesa.codes import Meaning, Outcome

log = structlog.get_logger(__name__)

# Counted from the prompt; when all are over, nobody waits any more, and late money still counts.
SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (15, 45, 90, 180, 420, 900, 1_800, 3_600, 3 * 3_600, 8 * 3_600, 24 * 3_600)
)
# Until then a failure that isn't certain is no news: the payer may still be at it.
PROMPT_LASTS = timedelta(seconds=90)
_SILENCE = (words.EXPIRED, words.NO_ANSWER)


def ask(deposit_id: UUID | str) -> None:
    """Ask about one deposit, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    instant = timezone.now()
    due = Deposit.objects.filter(pk=deposit_id, state__in=ASKABLE, due_at__lte=instant)
    if due.update(due_at=instant + CLAIM) != 1:
        return
    checkout_id = Deposit.objects.values_list("checkout_id", flat=True).get(pk=deposit_id)
    if checkout_id is None:
        _without_trace(deposit_id)
        return
    record(deposit_id, client.push_status(checkout_request_id=checkout_id))


def record(deposit_id: UUID | str, answer: PushStatus) -> None:
    """Write down what M-Pesa said; a success counts even where a failure had been believed."""
    with transaction.atomic():
        deposit = outcomes.locked(deposit_id)
        assert deposit is not None
        log.info("deposit.asked", deposit_id=str(deposit_id), outcome=answer.outcome)
        trouble.tell(answer.meaning, about=str(deposit))
        if answer.outcome is Outcome.PAID and _is_about(deposit, answer):
            outcomes.paid(deposit, told_by="status")
        elif deposit.receipt is not None and answer.outcome is Outcome.FAILED:
            _contradicted(deposit, answer.meaning)
        elif deposit.state in AWAITED:
            _not_paid(deposit, answer.meaning)
        elif deposit.state in ASKABLE:
            is_certain = answer.outcome is Outcome.FAILED and answer.meaning.is_definite
            _ask_at(deposit, None if is_certain else next_question(deposit))


@required
def _not_paid(deposit: Deposit, meaning: Meaning) -> None:
    is_over = _elapsed(deposit) >= PROMPT_LASTS
    if meaning.outcome is Outcome.FAILED and (meaning.is_definite or is_over):
        failed(deposit, meaning)
    elif (ask_at := next_question(deposit)) is None:
        outcomes.ended(deposit, to=State.EXPIRED, reason="M-Pesa never said what became of it")
        _tell_staff(deposit)
    elif deposit.state == State.SENT and is_over:
        why = meaning.note
        questions = deposit.questions + 1
        DEPOSIT.move(
            deposit,
            to=State.UNKNOWN,
            why=why,
            reason=why[:200],
            questions=questions,
            due_at=ask_at,
        )
    else:
        _ask_at(deposit, ask_at)


@required
def _tell_staff(deposit: Deposit) -> None:
    alerts.raise_alert(
        key=f"deposit:unclear:{deposit.pk}",
        title="M-Pesa never said what became of a deposit",
        details={"deposit_id": str(deposit.pk), "reference": deposit.reference},
    )


@required
def _contradicted(deposit: Deposit, meaning: Meaning) -> None:
    """Go on asking where a callback has said that it was paid; staff are told."""
    if deposit.state not in ASKABLE:
        return
    why = "a callback says that it was paid, and M-Pesa's answer that it was not"
    alerts.raise_alert(
        key=f"deposit:contradiction:{deposit.pk}",
        title="M-Pesa says that a deposit was paid, and that it was not",
        details={"deposit_id": str(deposit.pk), "receipt": deposit.receipt, "why": meaning.note},
    )
    ask_at = next_question(deposit)
    if ask_at is None and deposit.state in AWAITED:
        outcomes.ended(deposit, to=State.EXPIRED, reason=why)
    elif deposit.state == State.SENT:
        fields = {"reason": why, "questions": deposit.questions + 1, "due_at": ask_at}
        DEPOSIT.move(deposit, to=State.UNKNOWN, why=why, **fields)
    else:
        _ask_at(deposit, ask_at)


@required
def failed(deposit: Deposit, meaning: Meaning) -> str:
    """Record that the payer said no, or that nobody answered; return what it came to.

    What is not certain goes on being asked about, once our prompt's id is known.
    """
    is_silence = any(meaning.words is each for each in _SILENCE)
    return outcomes.ended(
        deposit,
        to=State.EXPIRED if is_silence or not meaning.is_definite else State.DECLINED,
        reason=meaning.note,
        code=meaning.code,
        words=meaning.words,
        ask_at=None if meaning.is_definite else next_question(deposit),
    )


def next_question(deposit: Deposit) -> datetime | None:
    """Return when M-Pesa is asked next; None where it can't be, or where that is over."""
    if deposit.sent_at is None or deposit.checkout_id is None:
        return None
    elapsed = _elapsed(deposit)
    ahead = [pause for pause in SCHEDULE if pause > elapsed]
    return deposit.sent_at + ahead[0] if ahead else None


@required
def _ask_at(deposit: Deposit, instant: datetime | None) -> None:
    deposit.questions, deposit.due_at = deposit.questions + 1, instant
    deposit.save(update_fields=["questions", "due_at"])


def _elapsed(deposit: Deposit) -> timedelta:
    return timezone.now() - (deposit.sent_at or deposit.created_at)


def _without_trace(deposit_id: UUID | str) -> None:
    with transaction.atomic():
        deposit = outcomes.locked(deposit_id)
        if deposit is None or deposit.checkout_id is not None:
            return
        if deposit.state in AWAITED:
            outcomes.ended(deposit, to=State.EXPIRED, reason="no trace of it was found")
            if deposit.receipt is not None:
                _tell_staff(deposit)  # a callback has said that so much was paid; nothing else did
        elif deposit.state != State.PAID:
            _ask_at(deposit, None)


def _is_about(deposit: Deposit, answer: PushStatus) -> bool:
    """Tell whether the answer names our prompt, or none."""
    return answer.checkout_request_id in ("", deposit.checkout_id)
