"""Telling people outside of an alert: by e-mail and by webhook, each once.

Every open alert gets one row for each way that is set; the row is the queue. Claim, call, record:
what was claimed and never recorded is sent again after some minutes, under the same id, by which
the receiver tells a double. That an alert is heard twice is better than that nobody hears it.
"""

import hashlib
import hmac
import json
import smtplib
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain import keyed, locks
from nannychain.alerts.models import AlertDelivery
from nannychain.http import AnswerLost, NotSent, Session
from nannychain.logs.masking import mask_text

log = structlog.get_logger(__name__)

BATCH_MAX = 20
ATTEMPTS_MAX = 12
CLAIM_LASTS = timedelta(minutes=5)
_PAUSE_MAX = timedelta(hours=1)
SIGNATURE = "X-NannyChain-Signature"
_PLAN = """
    INSERT INTO nannychain_alertdelivery (alert_id, way, attempts, due_at, outcome)
    SELECT id, %s, 0, %s, '' FROM nannychain_alert WHERE resolved_at IS NULL
    ON CONFLICT (alert_id, way) DO NOTHING
"""


class Way(StrEnum):
    """How people are told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class _Told:
    """What is sent of one alert: nothing secret, and no phone number."""

    delivery_id: int
    way: str
    title: str
    key: str
    details: str
    since: str

    @property
    def address(self) -> str:
        """Where staff read more."""
        return f"{settings.PUBLIC_BASE_URL}/admin/nannychain/alert/"


def ways() -> tuple[Way, ...]:
    """Return the ways that are set."""
    configured = {Way.EMAIL: settings.ALERT_EMAIL, Way.WEBHOOK: settings.ALERT_WEBHOOK_URL}
    return tuple(way for way, where in configured.items() if where)


def deliver() -> int:
    """Tell of every open alert that was not told yet; return how many were sent.

    One round at a time, so that a receiver that never answers holds up one thread and not all of a
    worker. Must not be called within a transaction.
    """
    with locks.alone(locks.Lock.ALERT_DELIVERY, "") as is_alone:
        return _round() if is_alone else 0


def _round() -> int:
    instant = timezone.now()
    with connection.cursor() as cursor:
        for way in ways():
            cursor.execute(_PLAN, [way.value, instant])
    due = AlertDelivery.objects.filter(ended_at__isnull=True, due_at__lte=instant, way__in=ways())
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH_MAX])
    return sum(_send(delivery_id) for delivery_id in ids)


def _send(delivery_id: int) -> bool:
    told = _claim(delivery_id)
    if told is None:
        return False
    failure = _by_email(told) if told.way == Way.EMAIL else _by_webhook(told)
    _record(delivery_id, failure=failure)
    return not failure


def _claim(delivery_id: int) -> _Told | None:
    """Take the row, so that nobody else sends it meanwhile; None where somebody has."""
    instant = timezone.now()
    with transaction.atomic():
        rows = AlertDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        row = (
            rows.select_related("alert")
            .filter(pk=delivery_id, ended_at__isnull=True, due_at__lte=instant)
            .first()
        )
        if row is None:
            return None
        row.attempts += 1
        row.due_at = instant + CLAIM_LASTS
        row.save(update_fields=["attempts", "due_at"])
    alert = row.alert
    return _Told(
        delivery_id=row.pk,
        way=row.way,
        title=mask_text(alert.title),
        key=mask_text(alert.key),
        details=mask_text(json.dumps(alert.details, indent=2, sort_keys=True)),
        since=alert.first_at.isoformat(timespec="seconds"),
    )


def _record(delivery_id: int, *, failure: str) -> None:
    """Write down what became of it; after many attempts it is given up."""
    instant = timezone.now()
    row = AlertDelivery.objects.get(pk=delivery_id)
    row.outcome = failure[:60] or "sent"
    if not failure or row.attempts >= ATTEMPTS_MAX:
        row.ended_at = instant
    else:
        row.due_at = instant + min(timedelta(seconds=15 * 2**row.attempts), _PAUSE_MAX)
    row.save(update_fields=["outcome", "ended_at", "due_at"])
    log.info("alert.told", way=row.way, outcome=row.outcome, attempts=row.attempts)


def _by_email(told: _Told) -> str:
    """Send it; return what is in the way, empty when it went."""
    host = settings.ALERT_EMAIL.rpartition("@")[2]
    message = EmailMessage(
        subject=f"[NannyChain] {' '.join(told.title.split())}",
        body=f"{told.title}\n\nsince {told.since}\n{told.key}\n{told.details}\n\n{told.address}\n",
        from_email=settings.ALERT_EMAIL,
        to=[settings.ALERT_EMAIL],
        headers={"Message-ID": f"<nannychain-alert-{told.delivery_id}@{host}>"},
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as error:
        return type(error).__name__
    return ""


@sensitive_variables()
def _by_webhook(told: _Told) -> str:
    """Post it, signed; return what is in the way, empty when it was taken."""
    body = json.dumps(
        {
            "id": told.delivery_id,
            "title": told.title,
            "key": told.key,
            "since": told.since,
            "details": json.loads(told.details),
            "address": told.address,
        }
    )
    at = int(time.time())
    session = Session()
    try:
        answer = session.exchange(
            "POST",
            settings.ALERT_WEBHOOK_URL,
            headers={"Content-Type": "application/json", SIGNATURE: signature(body, at=at)},
            data=body,
        )
    except (NotSent, AnswerLost) as error:
        return type(error).__name__
    finally:
        session.close()
    return "" if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"


@sensitive_variables()
def signature(body: str, *, at: int) -> str:
    """Return `t=<seconds>,v1=<hex>`: HMAC-SHA256 under `webhook_key` of `<t>.<body>`."""
    digest = hmac.new(webhook_key().encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@sensitive_variables()
def webhook_key() -> str:
    """Return `ALERT_WEBHOOK_KEY`, or 64 hex digits that are derived from `SECRET_KEY` for this."""
    given: str = settings.ALERT_WEBHOOK_KEY
    return given or keyed.signed("alerts.webhook").hex()
