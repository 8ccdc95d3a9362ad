"""Reading levels."""

from uuid import UUID

from workers.kyc.levels import Level
from workers.kyc.models import KnownAs


def level_of(member_id: UUID) -> Level:
    """Return how well the member is known. One query."""
    level = KnownAs.objects.filter(pk=member_id).values_list("level", flat=True).first()
    return Level(level or Level.PHONE)
