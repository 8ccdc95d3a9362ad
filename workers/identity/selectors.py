"""Reading members."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workers.identity.models import Member


@dataclass(frozen=True)
class Profile:
    """What a front door needs of a member, and no more."""

    member_id: UUID
    worker_id: str
    phone: str
    name: str
    language: str
    joined_at: datetime


def profile_by_phone(phone: str) -> Profile | None:
    """Return the profile of the member with that phone (E.164), or None. One query."""
    row = (
        Member.objects.filter(phone=phone)
        .values_list("id", "worker_id", "phone", "name", "language", "joined_at")
        .first()
    )
    return Profile(*row) if row else None


def member_by_phone(phone: str) -> Member | None:
    """Return the member with that phone (E.164), or None."""
    return Member.objects.filter(phone=phone).first()
