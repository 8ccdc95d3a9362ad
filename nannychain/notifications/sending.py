"""The worker's part: claim a row, call the provider with no transaction open, record the outcome.

Of many workers one claims. What happens between claim and record may be lost; then the sweep makes
it UNKNOWN, since the call may have been made. Whoever asks this module in loads the SDK.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain import alerts, phone
from nannychain.clock import nairobi_date, start_of_nairobi_day
from nannychain.errors import NannyChainError
from nannychain.notifications import bodies, budget, outcomes
from nannychain.notifications.africastalking.client import Answer, Client
from nannychain.notifications.kinds import KINDS
from nannychain.notifications.models import OptOut, Sms
from nannychain.notifications.states import SMS, State
from nannychain.transactions import required

log = structlog.get_logger(__name__)

_UNOPENED_PAUSE = timedelta(minutes=15)
_of_thread = threading.local()


@dataclass(frozen=True)
class _Claim:
    """What this worker alone may send now."""

    sms_id: UUID
    phone: str
    text: str = field(repr=False)


def send(sms_id: UUID | str) -> Answer | None:
    """Send one SMS if it is due and nobody else is at it; return the answer, None without a call.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    claim = _claim(sms_id)
    if claim is None:
        return None
    answer = _client().send(phone=claim.phone, text=claim.text)
    outcomes.record(claim.sms_id, answer)
    return answer


@sensitive_variables()
def _claim(sms_id: UUID | str) -> _Claim | None:
    instant = timezone.now()
    with transaction.atomic():
        waiting = Sms.objects.select_for_update(skip_locked=True, no_key=True)
        sms = waiting.filter(pk=sms_id, state=State.QUEUED, due_at__lte=instant).first()
        if sms is None or not _may_go(sms, instant=instant):
            return None
        text = _opened(sms, instant=instant)
        if text is None or not _fits_budget(sms, instant=instant):
            return None
        SMS.move(sms, to=State.CLAIMED, claimed_at=instant, attempts=sms.attempts + 1)
        return _Claim(sms_id=sms.pk, phone=sms.phone, text=text)


@required
def _may_go(sms: Sms, *, instant: datetime) -> bool:
    """Tell whether it may still be sent; if not, move it to where it ends."""
    end = {"final_at": instant, **bodies.WIPED}
    if sms.expires_at <= instant:
        SMS.move(sms, to=State.EXPIRED, **end)
    elif not KINDS[sms.kind].is_transactional and OptOut.objects.filter(phone=sms.phone).exists():
        SMS.move(sms, to=State.REJECTED, reason="opted out of such messages", **end)
    elif not (settings.AT_USERNAME and settings.AT_API_KEY):
        SMS.move(sms, to=State.DRY_RUN, reason="no credentials are set", **end)
        log.info("sms.dry_run", sms_id=str(sms.pk), kind=sms.kind, phone=phone.mask(sms.phone))
    return bool(sms.state == State.QUEUED)


@required
@sensitive_variables()
def _opened(sms: Sms, *, instant: datetime) -> str | None:
    try:
        return bodies.read(sms)
    except NannyChainError as error:
        outcomes.postpone(sms, until=instant + _UNOPENED_PAUSE, reason="its text can't be opened")
        alerts.raise_alert(
            key="sms:unopened",
            title="SMS with codes can't be opened by this worker",
            details={"code": error.code, "sms_id": str(sms.pk)},
        )
        return None


@required
def _fits_budget(sms: Sms, *, instant: datetime) -> bool:
    """Tell whether the day's budget has room; if not, let it wait for the next day."""
    if budget.take(sms.parts, is_urgent=sms.is_urgent, instant=instant):
        return True
    tomorrow = start_of_nairobi_day(instant + timedelta(days=1))
    outcomes.postpone(sms, until=tomorrow, reason="the day's budget is used up")
    alerts.raise_alert(
        key=f"sms:budget:{nairobi_date(instant)}",
        title="The day's budget for SMS is used up",
        details={"budget": settings.SMS_DAILY_BUDGET},
    )
    return False


def _client() -> Client:
    """Return this thread's client, made anew where the settings are others than before."""
    account = {
        "username": settings.AT_USERNAME,
        "api_key": settings.AT_API_KEY,
        "sender_id": settings.AT_SENDER_ID,
        "base_url": settings.AT_BASE_URL,
    }
    if getattr(_of_thread, "account", None) != account:
        _of_thread.account, _of_thread.client = account, Client(**account)
    client: Client = _of_thread.client
    return client
