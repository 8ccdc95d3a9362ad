"""Stopping and starting a flow, at once, on the word of one member of staff."""

from django.db import transaction
from django.utils import timezone

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.dated.models import NAME_LENGTH_MAX
from nannychain.operating.flows import Flow
from nannychain.operating.models import StoppedFlow


def stop(flow: Flow, *, reason: str, by: Actor) -> None:
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
            _note("flow.stopped", stopped, reason=words, by=by)


def start(flow: Flow, *, reason: str, by: Actor) -> None:
    """Let the flow go on; where it does already, nothing changes. Raises InvalidReason."""
    words = reasons.clean(reason)
    with transaction.atomic():
        stopped = StoppedFlow.objects.select_for_update().filter(flow=flow).first()
        if stopped is not None:
            _note("flow.started", stopped, reason=words, by=by)
            stopped.delete()


def _note(action: str, stopped: StoppedFlow, *, reason: str, by: Actor) -> None:
    audit.record(
        action,
        subject=stopped,
        actor_id=by.id,
        actor=by.name,
        after={"flow": stopped.flow},
        reason=reason,
        channel="admin",
    )
