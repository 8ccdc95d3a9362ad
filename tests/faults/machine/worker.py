"""A process that tells histories: seeds come in by its standard input, what they came to goes out.

Run as a program, by `run`: `python -m tests.faults.machine.worker`, with `PLANTED=name` for a bug.
"""

import json
import os
import sys
import time
from dataclasses import asdict


def main() -> int:
    """Tell the history of each seed that comes in, until none comes."""
    _plant()
    import django

    django.setup()
    from tests.faults.machine import world
    from tests.faults.machine.planted import planting, table

    with world.made() as made:
        if name := os.environ.get("PLANTED"):
            planting.plant_in_database(table.BY_NAME[name])
        _say({"ready": True})
        for line in sys.stdin:
            _say(_tell(made, json.loads(line)))
    return 0


def _plant() -> None:
    from tests.faults.machine.planted import planting, table

    if name := os.environ.get("PLANTED"):
        planting.plant(table.BY_NAME[name])


def _tell(made: object, asked: dict[str, object]) -> dict[str, object]:
    from tests.faults.machine import shrinking, telling
    from tests.faults.machine.world import World

    assert isinstance(made, World)
    seed, length, started = int(str(asked["seed"])), int(str(asked["length"])), time.process_time()
    made.points.died_at.clear()
    told = telling.tell(made, seed, length=length)
    seconds = time.process_time() - started
    steps = told.steps
    if told.faults and asked.get("shrink"):
        steps = shrinking.shrunk(made, told)
    return {
        "seed": seed,
        "faults": told.faults,
        "digest": told.digest,
        "seconds": round(seconds, 3),
        "steps": [str(step) for step in steps] if told.faults else [],
        "died_at": dict(made.points.died_at),
    }


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, default=asdict) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
