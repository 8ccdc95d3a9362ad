"""What M-Pesa tells of payouts by itself, and what it answers to our questions about them.

A body counts for the attempt whose address it came to. One that names another payout is not
believed: it is kept, staff are told, and M-Pesa is asked.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain.transactions import required
from payments.mpesa import callbacks, trouble
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.codes import Outcome, Where
from payments.mpesa.messages import Result
from payments.withdrawals import asking, outcomes, results, sending
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.results import CALLBACK, STATUS, Told
from payments.withdrawals.states import Attempt, State


@required
def settle(*, subject_id: str, message: Result, received_at: datetime) -> str:  # noqa: ARG001
    """Let a payout's result change its withdrawal; return what it came to, in a word or two.

    May come twice, in any order, and before our order has returned. Raises NotOurs for one that
    does not fit.
    """
    found = _locked(subject_id)
    if found is None:
        return "nobody's"
    withdrawal, attempt = found
    if message.originator_conversation_id != attempt.originator_id:
        raise NotOurs("another payout")
    meaning = message.meaning(Where.PAYOUT)
    trouble.tell(meaning, about=str(withdrawal))
    return results.apply(
        withdrawal,
        attempt,
        Told(
            told_by=CALLBACK,
            meaning=meaning,
            receipt=message.receipt,
            amount_cents=message.amount_cents,
        ),
    )


@required
def settle_status(*, subject_id: str, message: Result, received_at: datetime) -> str:  # noqa: ARG001
    """Let the answer to our question change the withdrawal; return what it came to.

    Raises NotOurs for an answer about another payout. One that names no id of ours has to name her
    number at least.
    """
    found = _locked(subject_id)
    if found is None:
        return "nobody's"
    withdrawal, attempt = found
    named = message.original_conversation_id
    if named not in ("", attempt.originator_id):
        raise NotOurs("another payout")
    question = message.meaning(Where.QUESTION)
    trouble.tell(question, about=f"status of {withdrawal}")
    if question.outcome is not Outcome.PAID:
        if message.knows_nothing:
            return asking.not_known(withdrawal, attempt)
        attempt.words = question.note[:200]
        attempt.save(update_fields=["words"])
        return "not answered"
    if not named and message.receiver_number != withdrawal.phone.lstrip("+"):
        # It may be about any payment of that amount: one that came in, or somebody else's.
        return "not decided"
    return results.apply(
        withdrawal,
        attempt,
        Told(
            told_by=STATUS,
            meaning=message.status,
            receipt=message.receipt,
            amount_cents=message.amount_cents,
        ),
    )


def ask(*, subject_id: str, why: str) -> None:
    """Have M-Pesa asked by the next sweep what became of the attempt."""
    with transaction.atomic():
        found = _locked(subject_id)
        if found is None:
            return
        withdrawal, attempt = found
        if withdrawal.state == State.SENT:
            outcomes.unknown(withdrawal, reason=why, due_at=timezone.now())
        elif withdrawal.state == State.UNKNOWN and attempt.state != Attempt.REJECTED:
            Withdrawal.objects.filter(pk=withdrawal.pk).update(due_at=timezone.now())


def ask_again(*, subject_id: str, why: str) -> None:
    """Leave it to the schedule: a question that got no answer is asked again by itself."""


def ask_about(originator_id: str) -> bool:
    """Have the payout asked about that we gave this id; tell whether there is one.

    What came to the older address says no more: anybody can post there.
    """
    found = PayoutAttempt.objects.filter(originator_id=originator_id).values_list("pk", flat=True)
    attempt_id = found.first()
    if attempt_id is not None:
        ask(subject_id=str(attempt_id), why="the older address")
    return attempt_id is not None


PAYOUTS = callbacks.payouts(sending.SOURCE, settle=settle, ask=ask)
ANSWERS = callbacks.questions(asking.SOURCE, settle=settle_status, ask=ask_again)
OLDER = callbacks.older_payouts(ask=ask_about)


@required
def _locked(attempt_id: str) -> tuple[Withdrawal, PayoutAttempt] | None:
    """Return the withdrawal, locked, and the attempt as it stands after that."""
    owner = PayoutAttempt.objects.filter(pk=UUID(attempt_id))
    withdrawal_id = owner.values_list("withdrawal_id", flat=True).first()
    withdrawal = outcomes.locked(withdrawal_id) if withdrawal_id is not None else None
    if withdrawal is None:
        return None
    return withdrawal, PayoutAttempt.objects.get(pk=attempt_id)
