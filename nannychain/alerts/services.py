"""Raising, acknowledging, closing and resolving alerts."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from nannychain import audit
from nannychain.alerts.models import Alert

log = structlog.get_logger(__name__)

SHORT_WHILE = timedelta(hours=1)
TOLD_AGAIN_AFTER = timedelta(days=1)

# One statement, so that a thousand workers that meet the same trouble make one row.
_RAISE = """
    INSERT INTO nannychain_alert (key, title, details, count, first_at, last_at)
    VALUES (%s, %s, %s, 1, %s, %s)
    ON CONFLICT (key) WHERE resolved_at IS NULL
    DO UPDATE SET count = nannychain_alert.count + 1, last_at = excluded.last_at,
                  details = excluded.details
    RETURNING id, count
"""


def raise_alert(*, key: str, title: str, details: dict[str, Any] | None = None) -> int:
    """Raise the alert `key`, or count it up where it is open; return its row's id.

    `details` are for staff and hold no secret and no full phone number.
    """
    instant = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [key, title, json.dumps(details or {}), instant, instant])
        alert_id, count = cursor.fetchone()
    if count == 1:
        log.error("alert.raised", key=key, title=title)
    return int(alert_id)


def raise_again(*, key: str, title: str, details: dict[str, Any] | None = None) -> int:
    """Raise the alert of a state of things, and return its row's id.

    Where it was over for a short while only, its row opens again, to be seen anew: of what comes
    and goes people are told once a day. One that a person has closed rings anew.
    """
    if not Alert.objects.filter(key=key, resolved_at__isnull=True).exists():
        instant = timezone.now()
        last = Alert.objects.filter(key=key).order_by("-pk").values("pk")[:1]
        just_over = Alert.objects.filter(
            pk__in=last,
            first_at__gt=instant - TOLD_AGAIN_AFTER,
            resolved_at__gt=instant - SHORT_WHILE,
            closed_by__isnull=True,
        )
        just_over.update(resolved_at=None, acknowledged_at=None, acknowledged_by=None)
    return raise_alert(key=key, title=title, details=details)


def acknowledge(*, alert_id: int, by: UUID, name: str) -> None:
    """Note that a person has seen it, in the audit too. The first to do so stays named."""
    with transaction.atomic():
        unseen = Alert.objects.filter(pk=alert_id, acknowledged_at__isnull=True)
        if not unseen.update(acknowledged_at=timezone.now(), acknowledged_by=by):
            return
        alert = Alert.objects.get(pk=alert_id)
        audit.record(
            "alert.acknowledged",
            subject=alert,
            actor_id=by,
            actor=name,
            after={"key": alert.key, "count": alert.count},
            channel="admin",
        )


def close(*, alert_id: int, by: UUID, name: str) -> bool:
    """Close an alert on the word of a staff member, who has then seen it too, and note it in the
    audit. Return whether it was open.

    The same trouble rings anew from then on. Most alerts about things that happened once have no
    other end; those about a state of things are closed by `resolve`.
    """
    with transaction.atomic():
        acknowledge(alert_id=alert_id, by=by, name=name)
        is_open = Alert.objects.filter(pk=alert_id, resolved_at__isnull=True)
        if not is_open.update(resolved_at=timezone.now(), closed_by=by):
            return False
        alert = Alert.objects.get(pk=alert_id)
        audit.record(
            "alert.closed",
            subject=alert,
            actor_id=by,
            actor=name,
            after={"key": alert.key, "count": alert.count},
            channel="admin",
        )
        return True


def resolve_all(prefix: str) -> bool:
    """Close every open alert whose key begins so; return whether there was one."""
    are_open = Alert.objects.filter(key__startswith=prefix, resolved_at__isnull=True)
    return bool(are_open.update(resolved_at=timezone.now()))


def resolve(key: str) -> bool:
    """Close the alert `key` where it is open: the trouble is over. Return whether it was open."""
    is_open = Alert.objects.filter(key=key, resolved_at__isnull=True)
    return bool(is_open.update(resolved_at=timezone.now()))
