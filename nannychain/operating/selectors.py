"""Reading caps and switches."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from nannychain.dated.selectors import in_force
from nannychain.errors import Unavailable
from nannychain.operating.flows import Flow
from nannychain.operating.models import ModeCaps, Restore, StoppedFlow


class FlowStopped(Unavailable):
    """Staff have stopped this flow for now."""

    code = "operating.stopped"
    message = _("This service is paused for now. Your money is safe. Please try again later.")


class ModeFull(Unavailable):
    """The operating mode may not take more: members, money held, or money out today."""

    code = "operating.full"
    message = _("We can't take more for now. Your money is safe. Please try again later.")


def ensure_open(flow: Flow) -> None:
    """Raise FlowStopped where staff have stopped the flow. One query."""
    if is_stopped(flow):
        raise FlowStopped


def is_stopped(flow: Flow) -> bool:
    """Tell whether staff have stopped the flow. One query."""
    return StoppedFlow.objects.filter(flow=flow).exists()


def restored_since(field: str) -> Exists:
    """Return the condition that the database was taken back after the instant in that field."""
    return Exists(Restore.objects.filter(at__gt=OuterRef(field)))


def was_restored_since(instant: datetime) -> bool:
    """Tell whether the database was taken back from a backup after that instant. One query."""
    return Restore.objects.filter(at__gt=instant).exists()


def ensure_room_for_member(members: Callable[[], int], *, at: datetime) -> None:
    """Raise FlowStopped or ModeFull where nobody can join now. `members` counts those there are,
    and is called only where there is a cap."""
    ensure_open(Flow.REGISTRATIONS)
    most = caps(at=at).members_max
    if most is not None and members() >= most:
        raise ModeFull


def caps(*, at: datetime) -> ModeCaps:
    """Return the caps of our mode at that instant; those of a mode without any are without end."""
    return in_force(ModeCaps, at=at, mode=settings.OPERATING_MODE) or ModeCaps()
