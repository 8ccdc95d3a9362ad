"""Wanting to know when a member's SIM was last changed."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from nannychain import queues
from workers.identity.sim_swaps.models import SimSwapLookup

# Each question costs about five shillings, whatever came of it.
EVERY = timedelta(days=7)
WHERE_MONEY_LEAVES = timedelta(days=1)


def want(member_id: UUID, *, every: timedelta = EVERY) -> None:
    """Let a worker ask after the commit, unless it was wanted within the time before.

    May be called within a hop: it stores a row and rings, and nobody waits. Where money leaves or a
    PIN is to be reset, `every` is `WHERE_MONEY_LEAVES`: what is known must be fresh.
    """
    since = timezone.now() - every
    if SimSwapLookup.objects.filter(member_id=member_id, wanted_at__gt=since).exists():
        return
    # Of two hops at once, one stores it.
    SimSwapLookup.objects.bulk_create([SimSwapLookup(member_id=member_id)], ignore_conflicts=True)
    queues.ring_after_commit("workers.identity.sim_swaps.sweep")
