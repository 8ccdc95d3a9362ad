"""Delivery reports: kept as they come, matched with their SMS, and what they then change.

They come in any order, twice, before the send has returned, and for nobody. The lock on the
provider's message id makes the two ways of matching meet: a report that finds no SMS is found by
the SMS. Where our send got no answer, there is no id to match; then the phone decides, if there is
just one SMS and one report that it can be.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from nannychain import alerts, inbox, locks
from nannychain.notifications import bodies
from nannychain.notifications.africastalking import reports as wire
from nannychain.notifications.africastalking.reports import Meaning
from nannychain.notifications.models import MESSAGE_ID_LENGTH_MAX, DeliveryReport, Sms
from nannychain.notifications.states import SMS, State
from nannychain.transactions import required

log = structlog.get_logger(__name__)

# For so long after the send a report without a known id may be taken for it.
RECENT = timedelta(days=2)
_MOVES = {
    Meaning.UNDER_WAY: State.ACCEPTED,
    Meaning.DELIVERED: State.DELIVERED,
    Meaning.FAILED: State.FAILED,
}
# Sent, perhaps, under an id that we were not told.
_NAMELESS = Q(provider_message_id__isnull=True) & Q(
    state__in=(State.CLAIMED, State.UNKNOWN, State.ACCEPTED)
)


@required
def handle(body: Mapping[str, str]) -> str:
    """Keep one report and let it change what it is about; return what it came to."""
    told = wire.parse(body)
    if not told.message_id or not told.status:
        _alert("not_understood", fields=sorted(body))
        return "not understood"
    if told.meaning is None:
        _alert(f"status:{told.status[:40]}", status=told.status[:60])
    report = DeliveryReport.objects.create(
        provider_message_id=told.message_id[:MESSAGE_ID_LENGTH_MAX],
        phone=told.phone[:40],
        status=told.status[:60],
        reason=told.reason[:100],
        retry_count=told.retry_count,
        network_code=told.network_code[:20],
    )
    return _match(report)


SOURCE = inbox.Source(name="africastalking.report", redact=frozenset(), handle=handle)


@required
def attach_early(sms: Sms) -> None:
    """Give an SMS, whose id has just become known, the reports that came before."""
    if sms.provider_message_id is None:
        return
    early = DeliveryReport.objects.filter(
        provider_message_id=sms.provider_message_id, sms__isnull=True
    )
    for report in early.order_by("pk"):
        _apply(report, sms)


def settle() -> int:
    """Match reports that belong to no SMS with those that may have been sent; return how many."""
    candidates = Sms.objects.filter(
        _NAMELESS, phone=OuterRef("phone"), claimed_at__lte=OuterRef("received_at")
    )
    orphans = _orphans().filter(Exists(candidates)).order_by("pk").values_list("pk", flat=True)
    return sum(_settle(report_id) for report_id in list(orphans))


def _settle(report_id: int) -> bool:
    with transaction.atomic():
        message_id = DeliveryReport.objects.values_list("provider_message_id", flat=True)
        locks.take(locks.Lock.SMS_MESSAGE, message_id.get(pk=report_id))
        report = _orphans().filter(pk=report_id).first()
        return report is not None and _match(report) != "nobody's"


def _orphans() -> QuerySet[DeliveryReport]:
    since = timezone.now() - RECENT
    return DeliveryReport.objects.filter(sms__isnull=True, received_at__gte=since)


@required
def _match(report: DeliveryReport) -> str:
    # Whoever records this id waits here, and then finds the report; or was first, and is found.
    locks.take(locks.Lock.SMS_MESSAGE, report.provider_message_id)
    rows = Sms.objects.select_for_update(no_key=True)
    sms = rows.filter(provider_message_id=report.provider_message_id).first()
    if sms is None:
        sms = _only_candidate(report)
        if sms is None:
            log.info("sms.report_for_nobody", report_id=report.pk, status=report.status)
            return "nobody's"
        sms.provider_message_id = report.provider_message_id
        sms.save(update_fields=["provider_message_id"])
        attach_early(sms)
        return "matched by phone"
    _apply(report, sms)
    return "matched"


def _only_candidate(report: DeliveryReport) -> Sms | None:
    """Return the one SMS that the report can be about; None where it is none or not certain.

    One that is being sent counts too: its id, which may be this one, is not known yet.
    """
    candidates = list(
        Sms.objects.select_for_update(no_key=True)
        .filter(
            _NAMELESS,
            phone=report.phone,
            claimed_at__lte=report.received_at,
            claimed_at__gte=report.received_at - RECENT,
        )
        .order_by("pk")[:2]
    )
    if len(candidates) != 1 or candidates[0].state == State.CLAIMED:
        return None
    others = _orphans().filter(phone=report.phone, received_at__gte=candidates[0].claimed_at)
    if others.exclude(provider_message_id=report.provider_message_id).exists():
        return None
    return candidates[0]


@required
def _apply(report: DeliveryReport, sms: Sms) -> None:
    """Let the report change the SMS, which is locked. What is final stays as it is."""
    report.sms = sms
    report.save(update_fields=["sms"])
    meaning = wire.STATUSES.get(report.status)
    if sms.state in SMS.terminal:
        return
    sms.provider_status = report.status
    sms.save(update_fields=["provider_status"])
    if meaning is None or not SMS.allows(sms.state, _MOVES[meaning]):
        return
    words = wire.in_words(report.reason)
    # Without an answer there was no better time to note than that of the call.
    told: dict[str, Any] = {"why": words, "reason": words, "sent_at": sms.sent_at or sms.claimed_at}
    if meaning is not Meaning.UNDER_WAY:
        told |= {"final_at": timezone.now(), **bodies.WIPED}
    SMS.move(sms, to=_MOVES[meaning], **told)


def _alert(key: str, **details: object) -> None:
    alerts.raise_alert(
        key=f"sms:report:{key}",
        title="A delivery report can't be understood",
        details=details,
    )
