"""What members change about themselves. Each change leaves its trace in the audit trail."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain import audit
from nannychain.language import known as known_language
from workers.identity import terms
from workers.identity.models import Consent, Member
from workers.identity.services import clean_name


def change_profile(
    member_id: UUID,
    *,
    name: str | None = None,
    language: str | None = None,
    messages: bool | None = None,
    channel: str,
) -> None:
    """Change what is given, all or nothing; raise InvalidName.

    `messages` is the consent to news beyond what the account itself needs: given or withdrawn.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        before = {"name": member.name, "language": member.language}
        if name is not None:
            member.name = clean_name(name)
        if language is not None:
            member.language = known_language(language)
        after = {"name": member.name, "language": member.language}
        changed = [field for field in after if after[field] != before[field]]
        if changed:
            member.save(update_fields=changed)
            _note(
                member,
                "member.profile_changed",
                before={field: before[field] for field in changed},
                after={field: after[field] for field in changed},
                channel=channel,
            )
        if messages is not None:
            _consent_to_messages(member, is_given=messages, channel=channel)


def _consent_to_messages(member: Member, *, is_given: bool, channel: str) -> None:
    standing = Consent.objects.filter(
        member=member, purpose=terms.MESSAGES_PURPOSE, withdrawn_at__isnull=True
    )
    if standing.exists() == is_given:
        return
    if is_given:
        Consent.objects.create(
            member=member,
            purpose=terms.MESSAGES_PURPOSE,
            version=terms.VERSION,
            language=member.language,
            channel=channel,
        )
    else:
        standing.update(withdrawn_at=timezone.now())
    _note(
        member,
        "member.consent_given" if is_given else "member.consent_withdrawn",
        before={},
        after={"purpose": terms.MESSAGES_PURPOSE},
        channel=channel,
    )


def _note(
    member: Member, action: str, *, before: dict[str, str], after: dict[str, str], channel: str
) -> None:
    audit.record(
        action,
        subject=member,
        actor_id=member.id,
        actor=member.worker_id,
        before=before,
        after=after,
        channel=channel,
    )
