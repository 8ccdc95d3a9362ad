"""SMS as tests make them, and time as tests turn it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain import inbox, notifications
from nannychain.inbox import services as inbox_services
from nannychain.notifications import reports
from nannychain.notifications.models import Sms

PHONE = "+254712345678"
CODE = "739154"


def queue(
    phone: str = PHONE, *, kind: str = "welcome", text: str = "Hello", language: str = "en"
) -> Sms:
    """Queue one SMS, in a transaction of its own."""
    with transaction.atomic():
        return notifications.queue(phone=phone, kind=kind, text=text, language=language)


def queue_code(phone: str = PHONE) -> Sms:
    """Queue one SMS that carries CODE."""
    return queue(phone, kind="code", text=f"Your code is {CODE}.")


def age(sms: Sms, by: timedelta) -> None:
    """Let everything that happened to this SMS have happened earlier."""
    Sms.objects.filter(pk=sms.pk).update(
        created_at=F("created_at") - by,
        due_at=F("due_at") - by,
        expires_at=F("expires_at") - by,
        claimed_at=F("claimed_at") - by,
    )


def make_due(sms: Sms) -> None:
    """End the SMS's pause."""
    Sms.objects.filter(pk=sms.pk).update(due_at=timezone.now())


def pause_of(sms: Sms, *, since: datetime) -> float:
    """Return the seconds from `since` until the SMS is due."""
    sms.refresh_from_db()
    return (sms.due_at - since).total_seconds()


def state_of(sms: Sms) -> str:
    """Return the state as it is stored."""
    return str(Sms.objects.values_list("state", flat=True).get(pk=sms.pk))


def report(**body: Any) -> str:
    """Let one delivery report come and be worked out; return what it came to."""
    message_id = inbox.receive(reports.SOURCE, body=body)
    inbox_services.handle(message_id)
    message = inbox_services.InboxMessage.objects.get(pk=message_id)
    return str(message.outcome)
