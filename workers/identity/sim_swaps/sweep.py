"""What waits, and what was left behind. Safe to run twice, and at once."""

import time

from django.db import transaction
from django.utils import timezone

from nannychain import locks
from workers.identity.sim_swaps import asking
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import LOOKUP, State

BATCH_MAX = 100
SECONDS_MAX = 20.0


def sweep() -> None:
    """Give up dead claims and callbacks that never came, and ask what is due; one at a time."""
    with locks.alone(locks.Lock.SIM_SWAP_SWEEP, "") as is_alone:
        if is_alone:
            _end(State.ASKING, to=State.UNKNOWN, why="the worker stopped in the middle")
            _end(State.ASKED, to=State.SILENT, why="no callback came")
            _ask_due()


def _end(state: State, *, to: State, why: str) -> None:
    with transaction.atomic():
        rows = SimSwapLookup.objects.select_for_update(skip_locked=True, no_key=True)
        over = rows.filter(state=state, due_at__lte=timezone.now()).order_by("due_at")
        LOOKUP.move_all(list(over[:BATCH_MAX]), to=to, why=why)


def _ask_due() -> None:
    due = SimSwapLookup.objects.filter(state=State.WAITING, due_at__lte=timezone.now())
    found = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH_MAX])
    stop_at = time.monotonic() + SECONDS_MAX
    client = asking.client() if found else None
    for lookup_id in found:
        if client is None or time.monotonic() > stop_at:
            return
        asking.ask(lookup_id, client=client)
