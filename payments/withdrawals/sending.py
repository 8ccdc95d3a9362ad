"""The worker's part: claim a withdrawal, order its payout with no transaction open, record.

The claim makes an attempt with an id of its own and commits it; of many workers one claims. What
happens between claim and record may be lost; then the attempt is UNKNOWN: M-Pesa is asked about its
id, and nothing is ordered again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Forbidden
from nannychain.http import EXCHANGE_SECONDS_MAX
from nannychain.ids import new_id
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments.mpesa import account, callbacks, client, trouble
from payments.mpesa.answers import Taken
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.codes import Outcome
from payments.withdrawals import desk, outcomes, results
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import ATTEMPT, SENDABLE, WITHDRAWAL, Attempt, State
from workers.identity.standing import services as standing

log = structlog.get_logger(__name__)

SOURCE = "mpesa.payout"  # the kind of callback that tells of payouts
# Longer than the call can take, with a token to be fetched and refreshed, so that nobody who lives
# is given up.
CLAIM = timedelta(seconds=4 * EXCHANGE_SECONDS_MAX)
# What can't be handed to M-Pesa for so long goes back.
GIVE_BACK_AFTER = timedelta(hours=24)
NOT_IN_TIME = "it could not be paid out in a day"
FIRST_QUESTION = timedelta(seconds=60)
UNKNOWN_QUESTION = timedelta(seconds=15)
_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True)
class _Claim:
    """What this worker alone may order from M-Pesa now."""

    attempt_id: UUID
    originator_id: str
    phone: str = field(repr=False)
    amount_cents: int
    result_url: str = field(repr=False)
    timeout_url: str = field(repr=False)


def send(withdrawal_id: UUID | str) -> None:
    """Order one payout, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    claim = _claim(withdrawal_id)
    if claim is None:
        return
    answer = client.pay_out(
        originator_conversation_id=claim.originator_id,
        phone=claim.phone,
        amount_cents=claim.amount_cents,
        remarks="NannyChain",
        result_url=claim.result_url,
        timeout_url=claim.timeout_url,
    )
    record(claim.attempt_id, answer)


def give_up(withdrawal_id: UUID | str) -> None:
    """Make a withdrawal UNKNOWN whose worker died in the middle: M-Pesa may have the order."""
    with transaction.atomic():
        rows = Withdrawal.objects.select_for_update(skip_locked=True, no_key=True)
        due = rows.filter(pk=withdrawal_id, state=State.SENDING, due_at__lte=timezone.now())
        withdrawal = due.first()
        if withdrawal is None:
            return
        attempt = withdrawal.attempts.order_by("-number").first()
        assert attempt is not None
        _unknown(withdrawal, attempt, reason="the worker stopped in the middle")
        log.warning("withdrawal.given_up", withdrawal_id=str(withdrawal.pk))


def _claim(withdrawal_id: UUID | str) -> _Claim | None:
    instant = timezone.now()
    with transaction.atomic():
        rows = Withdrawal.objects.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).select_related("member")
        due = rows.filter(pk=withdrawal_id, state__in=SENDABLE, due_at__lte=instant)
        withdrawal = due.annotate(is_of_before=operating.restored_since("created_at")).first()
        if withdrawal is None:
            return None
        if withdrawal.is_of_before:
            outcomes.needs_review(withdrawal, why=outcomes.RESTORED)
            return None
        if not _may_go(withdrawal, at=instant):
            return None
        attempt = _new_attempt(withdrawal, at=instant)
        WITHDRAWAL.move(
            withdrawal,
            to=State.SENDING,
            attempts_made=attempt.number,
            reason="",
            due_at=instant + CLAIM,
        )
        token = callbacks.new(SOURCE, attempt.pk)
        return _Claim(
            attempt_id=attempt.pk,
            originator_id=attempt.originator_id,
            phone=withdrawal.phone,
            amount_cents=withdrawal.amount_cents,
            result_url=callbacks.url(token, Path.PAYOUT_RESULT),
            timeout_url=callbacks.url(token, Path.PAYOUT_TIMEOUT),
        )


@required
def _new_attempt(withdrawal: Withdrawal, *, at: datetime) -> PayoutAttempt:
    """Make the next attempt; the database refuses one while M-Pesa may pay by another."""
    attempt = PayoutAttempt.objects.create(
        id=new_id(),
        withdrawal=withdrawal,
        number=withdrawal.attempts_made + 1,
        originator_id=str(new_id()),
        sent_at=at,
    )
    ATTEMPT.record(attempt, source="", target=Attempt.CLAIMED)
    return attempt


@required
def _may_go(withdrawal: Withdrawal, *, at: datetime) -> bool:
    """Tell whether it may be handed to M-Pesa now; if not, let it wait, or give it back."""
    if withdrawal.created_at + GIVE_BACK_AFTER <= at:
        outcomes.given_back(
            withdrawal,
            reason=NOT_IN_TIME,
            words=_("It could not be paid out in a day."),
            attempt=None,
        )
        return False
    if withdrawal.member.phone != withdrawal.phone:
        # Whoever has the old number now must not get it.
        outcomes.given_back(
            withdrawal,
            reason="her number has changed since",
            words=_("Your number has changed. Please ask again."),
            attempt=None,
        )
        return False
    waits = _waits(withdrawal, at=at)
    if waits is None:
        return True
    until, reason = waits
    withdrawal.due_at, withdrawal.reason = until, reason[:200]
    withdrawal.save(update_fields=["due_at", "reason"])
    return False


@required
def _waits(withdrawal: Withdrawal, *, at: datetime) -> tuple[datetime, str] | None:
    if not account.can_pay() or operating.is_stopped(Flow.WITHDRAWALS):
        return at + _PAUSE, "withdrawals are stopped"
    try:
        standing.ensure_may_send(withdrawal.member_id)
    except Forbidden as error:
        return at + _PAUSE, f"the member may not send now: {error.code}"
    return desk.wait_until(withdrawal.shortcode, at=at)


def record(attempt_id: UUID, answer: Taken) -> None:
    """Write down what M-Pesa said to the order; its result may have been faster."""
    with transaction.atomic():
        attempt = PayoutAttempt.objects.get(pk=attempt_id)
        withdrawal = outcomes.locked(attempt.withdrawal_id)
        assert withdrawal is not None
        attempt.refresh_from_db()
        log.info("withdrawal.answered", withdrawal_id=str(withdrawal.pk), outcome=answer.outcome)
        trouble.tell(answer.meaning, about=f"withdrawal {withdrawal.pk}")
        if answer.outcome is Outcome.ACCEPTED:
            _accepted(withdrawal, attempt, answer)
        elif answer.outcome is Outcome.REJECTED:
            _rejected(withdrawal, attempt, answer)
        elif attempt.state == Attempt.CLAIMED:
            _unknown(withdrawal, attempt, reason=answer.meaning.note)


@required
def _accepted(withdrawal: Withdrawal, attempt: PayoutAttempt, answer: Taken) -> None:
    PayoutAttempt.objects.filter(pk=attempt.pk).update(conversation_id=answer.conversation_id[:80])
    if not ATTEMPT.allows(attempt.state, Attempt.ACCEPTED):
        return  # its result was faster; the withdrawal may be on its way by another attempt
    ATTEMPT.move(attempt, to=Attempt.ACCEPTED)
    if withdrawal.state == State.SENDING or _only_lost(withdrawal):
        due_at = attempt.sent_at + FIRST_QUESTION
        WITHDRAWAL.move(withdrawal, to=State.SENT, reason="", due_at=due_at)


def _only_lost(withdrawal: Withdrawal) -> bool:
    """Tell whether it is UNKNOWN for want of an answer, and not because of one."""
    return withdrawal.state == State.UNKNOWN and not withdrawal.failure_code


@required
def _rejected(withdrawal: Withdrawal, attempt: PayoutAttempt, answer: Taken) -> None:
    """Act upon a refusal at the door: the order was certainly not taken."""
    may_be_decided = withdrawal.state == State.SENDING or _only_lost(withdrawal)
    if may_be_decided and attempt.state in (Attempt.CLAIMED, Attempt.UNKNOWN):
        results.refused(withdrawal, attempt, answer.meaning)


@required
def _unknown(withdrawal: Withdrawal, attempt: PayoutAttempt, *, reason: str) -> None:
    """Note that M-Pesa may have the order; what its result has made of the withdrawal stays."""
    if ATTEMPT.allows(attempt.state, Attempt.UNKNOWN):
        ATTEMPT.move(attempt, to=Attempt.UNKNOWN, why=reason, words=reason[:200])
    if withdrawal.state == State.SENDING:
        outcomes.unknown(withdrawal, reason=reason, due_at=attempt.sent_at + UNKNOWN_QUESTION)
