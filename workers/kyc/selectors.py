"""Reading levels."""

from uuid import UUID

from django.db.models import QuerySet

from workers.kyc.levels import Level
from workers.kyc.models import KnownAs


def level_of(member_id: UUID) -> Level:
    """Return how well the member is known. One query."""
    level = KnownAs.objects.filter(pk=member_id).values_list("level", flat=True).first()
    return Level(level or Level.PHONE)


def identified() -> "QuerySet[KnownAs, UUID]":
    """Return the ids of members whose ID was checked, as one column of a query."""
    return KnownAs.objects.filter(level__gte=Level.ID_CHECKED).values_list("member_id", flat=True)
