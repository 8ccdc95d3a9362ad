"""What was left behind: the guarantee behind every ring. Safe to run twice, and at once."""

import time
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain import alerts, locks
from nannychain.notifications import bodies, reports, sending, trouble
from nannychain.notifications.africastalking.codes import Where, rule_for
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SMS, State

log = structlog.get_logger(__name__)

# Longer than any call can take, so that nobody who lives is given up.
CLAIM_MAX = timedelta(seconds=60)
PUT_ASIDE = timedelta(minutes=15)
UNREACHABLE = rule_for(Where.TRANSPORT, "not_sent")
BATCH_MAX = 100
SECONDS_MAX = 20.0


def sweep() -> None:
    """Give up dead claims, match reports, wipe useless codes, send what is due.

    One sweep at a time: a slow provider must not get every worker of ours to wait for it.
    """
    with locks.alone(locks.Lock.SMS_SWEEP, "") as is_alone:
        if is_alone:
            give_up_dead_claims()
            reports.settle()
            bodies.wipe_useless()
            send_due()


def give_up_dead_claims() -> int:
    """Make claims whose worker died UNKNOWN: the call may have been made. Return how many."""
    with transaction.atomic():
        rows = Sms.objects.select_for_update(skip_locked=True, no_key=True)
        dead = rows.filter(state=State.CLAIMED, claimed_at__lte=timezone.now() - CLAIM_MAX)
        found = list(dead.order_by("claimed_at")[:BATCH_MAX])
        for sms in found:
            words = "the worker stopped in the middle"
            SMS.move(sms, to=State.UNKNOWN, why=words, reason=words)
            trouble.tell_unclear("worker_stopped", words=words, sms_id=str(sms.pk))
            log.warning("sms.given_up", sms_id=str(sms.pk), kind=sms.kind)
    return len(found)


def send_due() -> int:
    """Send what is due, urgent first, for some seconds; return how many were looked at.

    Stops where the provider can't be reached: the others would fare the same, and each would cost
    the wait for a connection.
    """
    stop_at = time.monotonic() + SECONDS_MAX
    due = Sms.objects.filter(state=State.QUEUED, due_at__lte=timezone.now())
    ids = list(due.order_by("-is_urgent", "due_at").values_list("pk", flat=True)[:BATCH_MAX])
    for count, sms_id in enumerate(ids, start=1):
        if _is_unreachable(sms_id) or time.monotonic() >= stop_at:
            return count
    return len(ids)


def _is_unreachable(sms_id: UUID) -> bool:
    """Send one and tell whether the provider could not be reached; a fault of ours is put aside."""
    try:
        answer = sending.send(sms_id)
    except Exception:
        log.exception("sms.send_failed", sms_id=str(sms_id))
        _put_aside(sms_id)
        return False
    return answer is not None and answer.rule == UNREACHABLE


def _put_aside(sms_id: UUID) -> None:
    """Let one that can't be handled wait, so that it does not stand before all others."""
    queued = Sms.objects.filter(pk=sms_id, state=State.QUEUED)
    queued.update(due_at=timezone.now() + PUT_ASIDE, reason="a fault of ours; see the log")
    alerts.raise_alert(
        key="sms:fault",
        title="An SMS meets a fault of ours",
        details={"sms_id": str(sms_id)},
    )
