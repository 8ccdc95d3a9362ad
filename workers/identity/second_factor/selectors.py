"""Reading about devices: that there is one, never what it holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workers.identity.second_factor.models import RecoveryCode, SecondFactor


@dataclass(frozen=True)
class Device:
    """What is known of a member's device: since when, and how many recovery codes are left."""

    enrolled_at: datetime | None
    may_enrol_until: datetime
    recovery_codes_left: int


def device(member_id: UUID) -> Device | None:
    """Return the device of this member, enrolled or waiting to be; None where there is none."""
    factor = SecondFactor.objects.filter(pk=member_id).first()
    if factor is None:
        return None
    left = RecoveryCode.objects.filter(factor=factor, used_at__isnull=True).count()
    return Device(factor.confirmed_at, factor.may_enrol_until, left)


def is_enrolled(member_id: UUID) -> bool:
    """Tell whether this member has a device."""
    return SecondFactor.objects.filter(pk=member_id, confirmed_at__isnull=False).exists()
