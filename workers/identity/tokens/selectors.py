"""Reading sessions."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from workers.identity.tokens.models import Session


def open_sessions(member_id: UUID) -> QuerySet[Session]:
    """Return the devices on which the member is signed in."""
    return Session.objects.filter(
        member_id=member_id, closed_at__isnull=True, refresh_expires_at__gt=timezone.now()
    )
