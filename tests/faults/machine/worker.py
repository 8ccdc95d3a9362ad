"""A process that tells histories: seeds come in by its standard input, what they came to goes out.

Run as a program, by `run`: `python -m tests.faults.machine.worker`.
"""

import gc
import json
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.machine.world import World


def main() -> int:
    """Tell the history of each seed that comes in, until none comes."""
    import django

    django.setup()
    from tests.faults.machine import world
    from tests.faults.machine.planted import planting, table

    has, planted = "", ExitStack()
    with world.made() as made:
        gc.collect()
        gc.freeze()  # what was imported stays, and need not be looked through again
        _say({"ready": True})
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["bug"] != has:
                planted.close()
                has = asked["bug"]
                if has:
                    planted.enter_context(planting.planted(table.BY_NAME[has]))
            _say(_tell(made, asked))
        planted.close()
    return 0


def _tell(made: "World", asked: dict[str, Any]) -> dict[str, Any]:
    from tests.faults.machine import shrinking, telling

    started = time.process_time()
    made.points.died_at.clear()
    told = telling.tell(made, asked["seed"], length=asked["length"])
    seconds = time.process_time() - started
    steps = shrinking.shrunk(made, told) if told.faults and asked["shrink"] else told.steps
    return {
        "seed": told.seed,
        "faults": told.faults,
        "digest": told.digest,
        "seconds": round(seconds, 3),
        "steps": [str(step) for step in steps] if told.faults else [],
        "died_at": dict(made.points.died_at),
    }


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
