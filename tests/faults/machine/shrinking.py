"""Making a history short that has found something: steps are dropped while it still finds it."""

from tests.faults.machine.history import Step
from tests.faults.machine.telling import Told, tell
from tests.faults.machine.world import World

TRIES_MAX = 60


def shrunk(world: World, told: Told) -> tuple[Step, ...]:
    """Return fewer steps by which a check of the same name fails; the same where there are none."""
    wanted = _names(told)
    steps, size, tries = list(told.steps), max(1, len(told.steps) // 2), 0
    while size and tries < TRIES_MAX:
        at = 0
        while at < len(steps) and tries < TRIES_MAX:
            fewer, tries = steps[:at] + steps[at + size :], tries + 1
            if wanted & _names(tell(world, told.seed, steps=fewer)):
                steps = fewer
            else:
                at += size
        size //= 2
    return tuple(steps)


def _names(told: Told) -> set[str]:
    return {fault.split(":")[0] for fault in told.faults}
