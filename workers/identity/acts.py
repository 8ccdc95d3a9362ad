"""What one of the staff does about a member beyond a single service: a ban."""

from uuid import UUID

from django.db import transaction

from nannychain.actors import Actor
from nannychain.errors import Forbidden
from workers.identity.models import Member
from workers.identity.second_factor import services as second_factor
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens


class OwnAccount(Forbidden):
    """Somebody of the staff decides about the own account as a member."""

    code = "staff.own_account"
    message = "Colleagues decide about your own account."


def ban(member_id: UUID, *, reason: str, by: Actor) -> None:
    """Let nothing leave the member's wallet, and sign her out everywhere, in the admin too.

    Raises OwnAccount and InvalidReason.
    """
    refuse_own(member_id, by=by)
    with transaction.atomic():
        standing.freeze(member_id, reason=reason, by=by)
        tokens.close_all(member_id, why="banned by staff", by=by)
        if Member.objects.filter(pk=member_id, is_staff=True).exists():
            second_factor.end_sessions(member_id)


def refuse_own(member_id: UUID, *, by: Actor) -> None:
    """Raise OwnAccount where the member is who acts."""
    if member_id == by.id:
        raise OwnAccount
