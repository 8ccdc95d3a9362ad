"""Staff: members who may sign in to the admin. Who is staff, and with what rights.

Appointing is for the command line, where whoever types already has the keys of the house; after
that, superusers manage rights in the admin.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from nannychain import audit
from workers.identity.models import Member
from workers.identity.second_factor import services as second_factor


def appoint(member: Member, *, password: str, is_superuser: bool) -> None:
    """Let the member sign in to the admin with that password.

    Raises Django's ValidationError when the password is too easy.
    """
    validate_password(password, user=member)
    before = _rights(member)
    with transaction.atomic():
        member.is_staff = True
        member.is_superuser = is_superuser
        member.set_password(password)
        member.save(update_fields=["is_staff", "is_superuser", "password"])
        audit.record(
            "member.appointed",
            subject=member,
            before=before,
            after=_rights(member),
            channel="command",
        )
        second_factor.invite(member)


def set_rights(member: Member, *, is_staff: bool, groups: Iterable[Group], by: Member) -> None:
    """Say whether the member may sign in to the admin, and as part of which groups.

    Who stops being staff also loses the password and a superuser's rights.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        before = _rights(member)
        member.is_staff = is_staff
        if not is_staff:
            member.is_superuser = False
            member.set_unusable_password()
            second_factor.remove(member.pk)
        member.save(update_fields=["is_staff", "is_superuser", "password"])
        member.groups.set(groups)
        after = _rights(member)
        if after != before:
            audit.record(
                "member.rights_changed",
                subject=member,
                actor_id=by.id,
                actor=by.worker_id,
                before=before,
                after=after,
                channel="admin",
            )


def _rights(member: Member) -> dict[str, object]:
    return {
        "is_staff": member.is_staff,
        "is_superuser": member.is_superuser,
        "groups": sorted(group.name for group in member.groups.all()),
    }
