"""Which change of number waits for a code."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.states import State


def waiting_of(member_id: UUID) -> PhoneChange | None:
    """Return the change that the member has begun, or None."""
    return waiting().filter(member_id=member_id).first()


def waiting_for(phone: str) -> PhoneChange | None:
    """Return the newest change that waits for the code sent to this number (E.164), or None.

    For whoever calls from a number that is nobody's: perhaps a member is on her way there.
    """
    return waiting().filter(new_phone=phone).order_by("-asked_at").first()


def waiting() -> QuerySet[PhoneChange]:
    """Return all changes that can still be shown, each with its member."""
    rows = PhoneChange.objects.filter(state=State.ASKED, expires_at__gt=timezone.now())
    return rows.select_related("member")
