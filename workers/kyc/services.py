"""Setting a level."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain import audit, events
from nannychain.actors import Actor
from workers.identity.models import Member
from workers.kyc.levels import WORDS, Level
from workers.kyc.models import KnownAs
from workers.kyc.selectors import level_of


def set_level(member_id: UUID, *, level: Level, reason: str, by: Actor) -> None:
    """Say how well a member is known from now on, and publish `kyc.level_changed`."""
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        before = level_of(member_id)
        if before == level:
            return
        KnownAs.objects.update_or_create(
            member=member, defaults={"level": level, "since": timezone.now()}
        )
        audit.record(
            "member.level_changed",
            subject=member,
            actor_id=by.id,
            actor=by.name,
            before={"level": WORDS[before]},
            after={"level": WORDS[level]},
            reason=reason,
        )
        events.publish("kyc.level_changed", member_id=str(member_id))
