"""What a send came to, written down: the row's move, the bill, the next try."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain import locks
from nannychain.clock import nairobi_date
from nannychain.notifications import bodies, budget, reports, trouble
from nannychain.notifications.africastalking.client import Answer
from nannychain.notifications.africastalking.codes import Outcome
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SMS, State
from nannychain.transactions import required

log = structlog.get_logger(__name__)

# Growing from try to try; the last one is repeated until the SMS is of no more use.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 300, 900, 3600))
URGENT_PAUSE_MAX = timedelta(minutes=1)


def record(sms_id: UUID, answer: Answer) -> None:
    """Write down what the provider's answer means for the SMS that it was asked to send."""
    with transaction.atomic():
        if answer.message_id:
            locks.take(locks.Lock.SMS_MESSAGE, answer.message_id)
        sms = Sms.objects.select_for_update(no_key=True).get(pk=sms_id)
        outcome = answer.outcome
        log.info("sms.answered", sms_id=str(sms_id), outcome=outcome, status=answer.status)
        if sms.state == State.CLAIMED or (sms.state == State.UNKNOWN and outcome in _EVEN_LATE):
            _RECORD[outcome](sms, answer)
            trouble.tell(sms, answer)
    if outcome is Outcome.UNKNOWN:
        reports.settle()


def postpone(sms: Sms, *, until: datetime, reason: str) -> None:
    """Let a queued SMS wait until then, or until its time is over if that is sooner."""
    sms.due_at, sms.reason = min(until, sms.expires_at), reason
    sms.save(update_fields=["due_at", "reason"])


@required
def _accepted(sms: Sms, answer: Answer) -> None:
    met_before = sms.reason
    SMS.move(
        sms,
        to=State.ACCEPTED,
        sent_at=timezone.now(),
        reason="",
        provider_status=answer.status,
        **_message_id(sms, answer),
        **_cost(answer),
    )
    reports.attach_early(sms)
    trouble.is_over(met_before=met_before)


@required
def _not_done(sms: Sms, answer: Answer) -> None:
    _give_back(sms)
    SMS.move(
        sms,
        to=State.QUEUED,
        why=answer.rule.words,
        reason=answer.rule.words,
        provider_status=answer.status,
        due_at=min(timezone.now() + _pause(sms, answer), sms.expires_at),
    )


@required
def _rejected(sms: Sms, answer: Answer) -> None:
    _give_back(sms)
    SMS.move(
        sms,
        to=State.REJECTED,
        why=answer.rule.words,
        reason=answer.rule.words,
        provider_status=answer.status,
        final_at=timezone.now(),
        **bodies.WIPED,
    )


@required
def _unknown(sms: Sms, answer: Answer) -> None:
    SMS.move(
        sms,
        to=State.UNKNOWN,
        why=answer.rule.words,
        reason=answer.rule.words,
        provider_status=answer.status,
        **_message_id(sms, answer),
    )
    reports.attach_early(sms)


_RECORD: dict[Outcome, Callable[[Sms, Answer], None]] = {
    Outcome.ACCEPTED: _accepted,
    Outcome.NOT_DONE: _not_done,
    Outcome.REJECTED: _rejected,
    Outcome.UNKNOWN: _unknown,
}
# An answer that comes after the sweep has given it up still counts, where it is clear.
_EVEN_LATE = frozenset({Outcome.ACCEPTED, Outcome.REJECTED})


def _pause(sms: Sms, answer: Answer) -> timedelta:
    if answer.rule.pause_seconds is not None:
        return timedelta(seconds=answer.rule.pause_seconds)
    pause = PAUSES[min(sms.attempts, len(PAUSES)) - 1]
    return min(pause, URGENT_PAUSE_MAX) if sms.is_urgent else pause


def _give_back(sms: Sms) -> None:
    if sms.claimed_at is not None:
        budget.give_back(sms.parts, day=nairobi_date(sms.claimed_at))


def _message_id(sms: Sms, answer: Answer) -> dict[str, Any]:
    """Return the provider's id as a field to write, unless another SMS of ours has the same."""
    taken = Sms.objects.filter(provider_message_id=answer.message_id).exclude(pk=sms.pk)
    if answer.message_id is None or taken.exists():
        return {}
    return {"provider_message_id": answer.message_id}


def _cost(answer: Answer) -> dict[str, Any]:
    if answer.cost is None:
        return {}
    return {
        "cost_currency": answer.cost.currency,
        "cost_ten_thousandths": answer.cost.ten_thousandths,
    }
