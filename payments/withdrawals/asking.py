"""Asking M-Pesa what became of an attempt, by the id that we gave it. The answer is a callback too.

No answer decides anything. What was asked about for a day is left to two members of staff; what
M-Pesa never took, and says again and again that it doesn't know, within an hour.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain.transactions import required
from payments.mpesa import callbacks, client, trouble
from payments.mpesa.answers import Taken
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.codes import Outcome
from payments.withdrawals import outcomes, selectors
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.sending import CLAIM
from payments.withdrawals.states import ASKABLE, Attempt, State

log = structlog.get_logger(__name__)

SOURCE = "mpesa.payout_status"  # the kind of callback that answers
# From question to question; when all are asked, it is for people: about a day after the first.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 60, 120, 300, 900, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600)
)
# M-Pesa takes its time with what it has: what it doesn't know after so long, and so often one after
# the other, it most likely never got. That is for people to decide, by its statement.
NOT_KNOWN_FOR = timedelta(minutes=30)
NOT_KNOWN_TIMES = 3
# However often M-Pesa turned the questions away.
NOBODY_ASKS_AFTER = timedelta(hours=48)
# She is told that it takes longer when this question is asked.
_TELL_AT_QUESTION = 3


def ask(withdrawal_id: UUID | str) -> None:
    """Ask about one withdrawal, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    instant = timezone.now()
    due = Withdrawal.objects.filter(pk=withdrawal_id, state__in=ASKABLE, due_at__lte=instant)
    if due.update(due_at=instant + CLAIM) != 1:
        return
    question = _next_question(withdrawal_id)
    if question is None:
        return
    attempt, token = question
    answer = client.transaction_status(
        shortcode=attempt.withdrawal.shortcode,
        originator_conversation_id=attempt.originator_id,
        result_url=callbacks.url(token, Path.RESULT),
        timeout_url=callbacks.url(token, Path.TIMEOUT),
    )
    _note(withdrawal_id, answer)


def _next_question(withdrawal_id: UUID | str) -> tuple[PayoutAttempt, str] | None:
    """Count the next question and return what it is about; leave it to staff after the last."""
    instant = timezone.now()
    with transaction.atomic():
        withdrawal = outcomes.locked(withdrawal_id)
        if withdrawal is None or withdrawal.state not in ASKABLE:
            return None
        attempt = selectors.last_attempt(withdrawal)
        assert attempt is not None
        is_old = attempt.sent_at + NOBODY_ASKS_AFTER <= instant
        if attempt.questions >= len(PAUSES) or is_old:
            if withdrawal.state == State.SENT:
                outcomes.unknown(withdrawal, reason="M-Pesa does not say", due_at=instant)
            outcomes.needs_review(withdrawal, why="M-Pesa does not say what became of it")
            return None
        attempt.questions, attempt.asked_at = attempt.questions + 1, instant
        attempt.save(update_fields=["questions", "asked_at"])
        if attempt.questions == _TELL_AT_QUESTION:
            outcomes.tell_delayed(withdrawal)
        outcomes.unknown(
            withdrawal,
            reason=withdrawal.reason or "no result came",
            due_at=instant + CLAIM,
        )
        return attempt, callbacks.new(SOURCE, attempt.pk)


@required
def not_known(withdrawal: Withdrawal, attempt: PayoutAttempt) -> str:
    """Note that M-Pesa knows of no such payout; return what it came to.

    Nothing is given back or sent again for that: no answer of M-Pesa's is definite about it. Where
    it never took the order either, and goes on not knowing, two members of staff decide early.
    """
    instant = timezone.now()
    attempt.not_known += 1
    attempt.not_known_since = attempt.not_known_since or instant
    attempt.words = "M-Pesa says that it knows of no such payout"
    attempt.save(update_fields=["not_known", "not_known_since", "words"])
    is_old = attempt.not_known_since <= instant - NOT_KNOWN_FOR
    is_open = attempt.state == Attempt.UNKNOWN and withdrawal.state == State.UNKNOWN
    was_never_taken = is_open and not attempt.conversation_id
    if was_never_taken and is_old and attempt.not_known >= NOT_KNOWN_TIMES:
        outcomes.needs_review(
            withdrawal, why="M-Pesa never took the order, and says that it knows of no such payout"
        )
        return "left to staff"
    return "not known there"


def _note(withdrawal_id: UUID | str, answer: Taken) -> None:
    """Let the next question wait for its time; the answer to this one comes by itself."""
    trouble.tell(answer.meaning, about=f"status of withdrawal {withdrawal_id}")
    with transaction.atomic():
        withdrawal = outcomes.locked(withdrawal_id)
        if withdrawal is None or withdrawal.state not in ASKABLE:
            return
        attempt = selectors.last_attempt(withdrawal)
        assert attempt is not None
        pause = PAUSES[min(max(attempt.questions, 1), len(PAUSES)) - 1]
        if answer.outcome is Outcome.REJECTED:
            # It was no question: M-Pesa never heard it.
            PayoutAttempt.objects.filter(pk=attempt.pk, questions__gt=0).update(
                questions=F("questions") - 1
            )
        Withdrawal.objects.filter(pk=withdrawal.pk).update(due_at=timezone.now() + pause)
        log.info("withdrawal.asked", withdrawal_id=str(withdrawal.pk), outcome=answer.outcome)
