"""Stopping and starting a flow, at once, on the word of one member of staff.

A restore of the database stops all of them.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.dated.models import NAME_LENGTH_MAX
from nannychain.operating.flows import Flow
from nannychain.operating.models import Restore, StoppedFlow
from nannychain.transactions import required

_COMMAND = "command"


def stop(flow: Flow, *, reason: str, by: Actor, channel: str = "admin") -> None:
    """Stop the flow; a second time changes nothing. Raises InvalidReason."""
    words = reasons.clean(reason)
    with transaction.atomic():
        stopped, is_new = StoppedFlow.objects.get_or_create(
            flow=flow,
            defaults={
                "stopped_at": timezone.now(),
                "stopped_by": by.id,
                "stopper": by.name[:NAME_LENGTH_MAX],
                "reason": words,
            },
        )
        if is_new:
            _note("flow.stopped", stopped, reason=words, by=by, channel=channel)


def start(flow: Flow, *, reason: str, by: Actor) -> None:
    """Let the flow go on; where it does already, nothing changes. Raises InvalidReason."""
    words = reasons.clean(reason)
    with transaction.atomic():
        stopped = StoppedFlow.objects.select_for_update().filter(flow=flow).first()
        if stopped is not None:
            _note("flow.started", stopped, reason=words, by=by, channel="admin")
            stopped.delete()


@required
def restored(*, backup_made_at: datetime, reason: str, by: Actor) -> None:
    """Note that the database was taken back from a backup, and stop every flow for that reason.

    One that stood still at the backup gets the new reason: nobody who lets it go on misses it.
    Raises InvalidReason.
    """
    words = reasons.clean(reason)
    restore = Restore.objects.create(backup_made_at=backup_made_at)
    audit.record(
        "database.restored",
        subject=restore,
        actor_id=by.id,
        actor=by.name,
        after={"backup_made_at": backup_made_at.isoformat()},
        reason=words,
        channel=_COMMAND,
    )
    StoppedFlow.objects.all().delete()
    for flow in Flow:
        stop(flow, reason=words, by=by, channel=_COMMAND)


def _note(action: str, stopped: StoppedFlow, *, reason: str, by: Actor, channel: str) -> None:
    audit.record(
        action,
        subject=stopped,
        actor_id=by.id,
        actor=by.name,
        after={"flow": stopped.flow},
        reason=reason,
        channel=channel,
    )
