"""What M-Pesa says became of an attempt, and what follows. It may say so late, twice, or wrongly.

A success is believed when it names our amount and a receipt; a failure when it is definite or a
status query agrees; above a limit, and where two were told, only then. Answers that contradict each
other are for two people.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from nannychain.operating import selectors as operating
from nannychain.transactions import required
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.codes import Meaning, Others, Outcome, Where, meaning_of
from payments.withdrawals import desk, outcomes
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import Attempt, State

log = structlog.get_logger(__name__)

CALLBACK, STATUS, STATEMENT = "callback", "status query", "statement"
# A failure of more than this, in cents, is believed only when a status query agrees.
CONFIRM_FAILURE_ABOVE_CENTS = 10_000_00
ATTEMPTS_MAX = 5
TRY_AGAIN, TRY_AGAIN_MAX = timedelta(minutes=2), timedelta(minutes=15)
_AT_THE_DOOR = (Where.TRANSPORT, Where.HTTP, Where.CALL)
_SUCCESS = ("0", "completed")  # of a result, and of the answer to a question
_BEING_DECIDED = (State.SENDING, State.SENT, State.UNKNOWN, State.NEEDS_REVIEW)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one message says of an attempt, and who brought it."""

    told_by: str
    meaning: Meaning
    receipt: str = ""
    amount_cents: int | None = None


@required
def apply(withdrawal: Withdrawal, attempt: PayoutAttempt, told: Told) -> str:
    """Let the message change the withdrawal, which is locked; return what it came to.

    A success with a second receipt is a second payment. Raises NotOurs for one with another amount,
    or without a receipt.
    """
    said_paid = attempt.result_code.casefold() in _SUCCESS
    PayoutAttempt.objects.filter(pk=attempt.pk).update(
        result_code=told.meaning.code[:40],
        words=told.meaning.note[:200],
        not_known=0,
        not_known_since=None,
    )
    if told.meaning.outcome is Outcome.PAID:
        return _paid(withdrawal, attempt, told)
    if told.meaning.outcome is Outcome.FAILED:
        return _failed(withdrawal, attempt, told, said_paid=said_paid)
    if withdrawal.state in (State.SENDING, State.SENT) and attempt.state != Attempt.REJECTED:
        outcomes.unknown(withdrawal, reason=told.meaning.note, due_at=timezone.now())
    return "not decided"


@required
def stated(attempt_id: UUID, *, receipt: str, amount_cents: int) -> str:
    """Take a line of M-Pesa's statement that names the attempt: it was paid. Raises as `apply`."""
    owner = PayoutAttempt.objects.filter(pk=attempt_id).values_list("withdrawal_id", flat=True)
    withdrawal = outcomes.locked(owner.get())
    assert withdrawal is not None
    told = Told(
        told_by=STATEMENT,
        meaning=meaning_of(Where.STATUS, "Completed"),
        receipt=receipt,
        amount_cents=amount_cents,
    )
    return apply(withdrawal, PayoutAttempt.objects.get(pk=attempt_id), told)


@required
def _paid(withdrawal: Withdrawal, attempt: PayoutAttempt, told: Told) -> str:
    if told.amount_cents != withdrawal.amount_cents or not told.receipt:
        raise NotOurs("amount or receipt")
    if withdrawal.state == State.PAID and withdrawal.receipt == told.receipt:
        return "known"
    is_second = not _keep_receipt(attempt, told.receipt)
    if withdrawal.state in (State.PAID, State.FAILED) or is_second:
        why = "given back" if withdrawal.state == State.FAILED else "paid twice"
        return outcomes.contradicted(
            withdrawal, attempt, receipt=told.receipt, why=why, told_by=told.told_by
        )
    if attempt.state == Attempt.REJECTED or withdrawal.failure_code:
        return _contradiction(withdrawal, attempt)
    return outcomes.paid(withdrawal, attempt, receipt=told.receipt, told_by=told.told_by)


@required
def _keep_receipt(attempt: PayoutAttempt, receipt: str) -> bool:
    """Keep the receipt that M-Pesa names for an attempt; tell whether it is the first, or again."""
    if attempt.receipt is None and not PayoutAttempt.objects.filter(receipt=receipt).exists():
        attempt.receipt = receipt
        attempt.save(update_fields=["receipt"])
    return attempt.receipt in (None, receipt)


@required
def _contradiction(withdrawal: Withdrawal, attempt: PayoutAttempt) -> str:
    """Leave it to staff for good: whatever another attempt comes to, this one may have paid."""
    withdrawal.failure_code = withdrawal.failure_code or attempt.result_code or "rejected"
    withdrawal.save(update_fields=["failure_code"])
    outcomes.needs_review(withdrawal, why="M-Pesa says that it paid, and that it did not")
    return "contradiction"


@required
def _failed(withdrawal: Withdrawal, attempt: PayoutAttempt, told: Told, *, said_paid: bool) -> str:
    if withdrawal.state not in _BEING_DECIDED or attempt.state == Attempt.REJECTED:
        if withdrawal.state == State.PAID:
            log.warning("withdrawal.failure_after_success", withdrawal_id=str(withdrawal.pk))
        return "had ended"
    if withdrawal.state == State.NEEDS_REVIEW and (withdrawal.failure_code or said_paid):
        return "left to staff"
    is_big = withdrawal.amount_cents > CONFIRM_FAILURE_ABOVE_CENTS
    is_sure = told.meaning.is_definite and not is_big and not withdrawal.failure_code
    if told.told_by != STATUS and not is_sure:
        return _ask_again(withdrawal, told)
    meaning = told.meaning
    if withdrawal.failure_code:
        # The first word said why; the second only that it is so.
        meaning = meaning_of(Where.PAYOUT, withdrawal.failure_code)
    return refused(withdrawal, attempt, meaning)


@required
def refused(withdrawal: Withdrawal, attempt: PayoutAttempt, meaning: Meaning) -> str:
    """Act upon a definite no: park it for another attempt, or give the money back.

    After a restore it is the word on one attempt; others may be lost from our books.
    """
    instant = timezone.now()
    if meaning.others is Others.STOP:
        desk.stop(withdrawal.shortcode, reason=meaning.note, withdrawal=withdrawal)
    elif meaning.others is Others.PARK:
        desk.float_is_short(withdrawal.shortcode, withdrawal=withdrawal)
    if operating.was_restored_since(withdrawal.created_at):
        outcomes.rejected(attempt, why=meaning.note, code=meaning.code)
        outcomes.needs_review(withdrawal, why=outcomes.RESTORED)
        return "left to staff"
    # It is not the payout that is wrong: it waits for as long as it may.
    is_ours = meaning.others is not Others.GO_ON or meaning.where in _AT_THE_DOOR
    may_go_again = meaning.is_retryable and (is_ours or withdrawal.attempts_made < ATTEMPTS_MAX)
    if withdrawal.state != State.NEEDS_REVIEW and may_go_again:
        pause = min(withdrawal.attempts_made * TRY_AGAIN, TRY_AGAIN_MAX)
        return outcomes.parked(
            withdrawal, attempt, reason=meaning.note, code=meaning.code, until=instant + pause
        )
    return outcomes.given_back(
        withdrawal, reason=meaning.note, words=meaning.words, attempt=attempt
    )


@required
def _ask_again(withdrawal: Withdrawal, told: Told) -> str:
    """Keep the failure that was told first in mind, until a status query agrees with it."""
    if withdrawal.state == State.NEEDS_REVIEW:
        return "left to staff"
    if withdrawal.state == State.UNKNOWN and withdrawal.failure_code:
        return "to be confirmed"  # it is being asked about
    outcomes.unknown(
        withdrawal,
        reason=f"a failure to be confirmed: {told.meaning.note}",
        due_at=timezone.now(),
        failure_code=told.meaning.code[:40],
    )
    return "to be confirmed"
