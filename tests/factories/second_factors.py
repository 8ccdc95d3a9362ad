"""Devices of staff, as an authenticator app would hold them."""

from workers.identity.models import Member
from workers.identity.second_factor import codes, services
from workers.identity.second_factor.models import SecondFactor


def code_of(member: Member, *, steps: int = 0) -> str:
    """Return what the member's device shows, `steps` periods from now."""
    secret = services._secret_of(SecondFactor.objects.get(pk=member.pk))
    return codes.at(secret, codes.now() + steps)


def enrolled(member: Member) -> tuple[Member, tuple[str, ...]]:
    """Enrol the member's device, long ago; return the member and the recovery codes."""
    shown = services.enrol(member, code=code_of(member))
    SecondFactor.objects.filter(pk=member.pk).update(last_step=0)
    return member, shown
