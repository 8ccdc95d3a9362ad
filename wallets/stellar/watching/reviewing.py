"""Looking at movements that nobody expected. Apart from the watcher, which loads the SDK."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain import audit
from wallets.stellar.watching.models import Movement


def review(*, movement_id: int, by: UUID, name: str) -> bool:
    """Note that a staff member has looked at a movement that nobody expected."""
    with transaction.atomic():
        waiting = Movement.objects.filter(
            pk=movement_id, is_expected=False, reviewed_at__isnull=True
        )
        if not waiting.update(reviewed_at=timezone.now(), reviewed_by=by):
            return False
        movement = Movement.objects.get(pk=movement_id)
        after = {"hash": movement.transaction_hash, "direction": movement.direction}
        audit.record(
            "stellar.movement_reviewed",
            subject=movement,
            actor_id=by,
            actor=name,
            after=after,
            channel="admin",
        )
        return True
