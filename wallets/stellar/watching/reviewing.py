"""Looking at movements that nobody expected. Apart from the watcher, which loads the SDK."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain import audit
from nannychain.errors import Invalid
from wallets.stellar.watching.models import Movement


class NoteMissing(Invalid):
    """Looked at, and nothing said of it."""

    code = "stellar.note_missing"
    message = _("Say what you found, in a few words.")


def review(*, movement_id: int, by: UUID, name: str, note: str) -> bool:
    """Note what a staff member found of a movement that nobody expected; raise NoteMissing.

    Return whether it waited for that. What was noted first stands.
    """
    words = " ".join(note.split())[:200]
    if not words:
        raise NoteMissing
    with transaction.atomic():
        waiting = Movement.objects.filter(
            pk=movement_id, is_expected=False, reviewed_at__isnull=True
        )
        if not waiting.update(reviewed_at=timezone.now(), reviewed_by=by, note=words):
            return False
        movement = Movement.objects.get(pk=movement_id)
        audit.record(
            "stellar.movement_reviewed",
            subject=movement,
            actor_id=by,
            actor=name,
            after={"hash": movement.transaction_hash, "direction": movement.direction},
            reason=words,
            channel="admin",
        )
        return True
