"""The desk: whether payouts may be handed to M-Pesa now. Staff's own switch is `operating`.

Two things close it from inside: M-Pesa refuses our credentials (it stays closed until staff open
it), and the float is short (one payout at a time tries whether it still is).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from nannychain import alerts, audit
from nannychain.audit.services import SYSTEM
from nannychain.transactions import required
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.states import SENDABLE

STOPPED = "payouts:stopped"
SHORT = "payouts:float"
PROBE = timedelta(minutes=5)
_LOOK_AGAIN = timedelta(minutes=1)


@required
def wait_until(shortcode: str, *, at: datetime) -> tuple[datetime, str] | None:
    """Return until when a payout has to wait, and why; None where it may go now.

    Where the float was short and its time has come, the one that asks goes, and the next may only
    some minutes later.
    """
    desk = Desk.objects.filter(pk=shortcode).first()
    if desk is None:
        return None
    if desk.stopped_at is not None:
        return at + _LOOK_AGAIN, desk.stop_reason
    if desk.short_since is None:
        return None
    probe = Desk.objects.filter(pk=shortcode, short_since__isnull=False, probe_at__lte=at)
    if probe.update(probe_at=at + PROBE) == 1:
        return None
    return max(desk.probe_at or at, at + _LOOK_AGAIN), "M-Pesa's float is short"


@required
def stop(shortcode: str, *, reason: str, withdrawal: Withdrawal) -> None:
    """Let nothing go any more until staff say so: M-Pesa does not take our credentials."""
    Desk.objects.get_or_create(pk=shortcode)
    open_desk = Desk.objects.filter(pk=shortcode, stopped_at__isnull=True)
    if open_desk.update(stopped_at=timezone.now(), stop_reason=reason[:200]):
        desk = Desk.objects.get(pk=shortcode)
        audit.record("payouts.stopped", subject=desk, reason=reason, channel="mpesa")
    alerts.raise_alert(
        key=STOPPED,
        title="M-Pesa refuses our credentials: payouts are stopped",
        details={"why": reason, "withdrawal_id": str(withdrawal.pk)},
    )


@required
def start(shortcode: str, *, reason: str, by: UUID | None = None, name: str = SYSTEM) -> bool:
    """Let payouts go again; tell whether they were stopped."""
    closed = Desk.objects.filter(pk=shortcode, stopped_at__isnull=False)
    if not closed.update(stopped_at=None, stop_reason=""):
        return False
    audit.record(
        "payouts.started",
        subject=Desk.objects.get(pk=shortcode),
        actor_id=by,
        actor=name,
        reason=reason,
        channel="admin",
    )
    alerts.resolve(STOPPED)
    _hurry(shortcode)
    return True


@required
def float_is_short(shortcode: str, *, withdrawal: Withdrawal) -> None:
    """Note that M-Pesa has too little of ours to pay, and tell staff to fill it up."""
    instant = timezone.now()
    Desk.objects.get_or_create(pk=shortcode)
    Desk.objects.filter(pk=shortcode, short_since__isnull=True).update(short_since=instant)
    Desk.objects.filter(pk=shortcode).update(probe_at=instant + PROBE)
    alerts.raise_alert(
        key=SHORT,
        title="M-Pesa's float for payouts is short: fill it up",
        details={"shortcode": shortcode, "withdrawal_id": str(withdrawal.pk)},
    )


@required
def float_pays(shortcode: str) -> None:
    """Note that M-Pesa has paid: the float is no longer short, and what waits may go."""
    was_short = Desk.objects.filter(pk=shortcode, short_since__isnull=False)
    if was_short.update(short_since=None, probe_at=None):
        alerts.resolve(SHORT)
        _hurry(shortcode)


def _hurry(shortcode: str) -> None:
    """Make those due that wait; rows that somebody is at are left to him."""
    waiting = Withdrawal.objects.select_for_update(skip_locked=True, no_key=True).filter(
        shortcode=shortcode, state__in=SENDABLE, due_at__gt=timezone.now()
    )
    ids = list(waiting.values_list("pk", flat=True))
    Withdrawal.objects.filter(pk__in=ids).update(due_at=timezone.now())
