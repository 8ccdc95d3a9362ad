"""Telling a history: from its seed, or from some of its steps."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from tests.faults.machine import checks, digest, settling
from tests.faults.machine.history import LENGTH, History, Step, written
from tests.faults.machine.seeding import seeded
from tests.faults.machine.world import World

SMS_EVERY = 5  # one of so many histories sends its SMS
STATEMENTS_EVERY = 3  # after one of so many M-Pesa's statements are handed in


@dataclass(frozen=True)
class Told:
    """What a history came to."""

    seed: int
    steps: tuple[Step, ...]
    faults: list[str] = field(default_factory=list)
    digest: str = ""


def tell(
    world: World, seed: int, *, steps: Sequence[Step] | None = None, length: int = LENGTH
) -> Told:
    """Tell a history from its beginning, let it come to rest, and look at what is left."""
    steps = written(seed, length=length) if steps is None else steps
    with seeded(seed):
        world.begin()
        history = History(
            world,
            sends_sms=seed % SMS_EVERY == 0,
            gets_statements=seed % STATEMENTS_EVERY == 0,
        )
        try:
            for step in steps:
                history.take(step)
            faults = settling.settle(history, seed=seed)
            faults += [f"errors: {oddity}" for oddity in history.oddities]
            faults += checks.all_of(history)
        except Exception:  # noqa: BLE001 - a history that can't be told has found something too
            connection.close()
            return Told(seed, tuple(steps), [f"errors: {traceback.format_exc()}"])
        return Told(seed, tuple(steps), faults, digest.of_books())
