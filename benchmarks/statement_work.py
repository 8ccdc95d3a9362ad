"""The work that `benchmarks.statement` measures, in a process of its own; prints it as JSON."""

import json
import resource
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402

from benchmarks import statement_world  # noqa: E402
from nannychain.actors import Actor  # noqa: E402
from nannychain.ids import new_id  # noqa: E402
from payments.reconciliation.statements import parsing, services  # noqa: E402
from payments.reconciliation.statements.models import StatementMatch  # noqa: E402

_SHORTCODE = "600000"


def main(*, lines: int, each: int) -> None:
    """Make a day, hand its statement in as a workbook, and print what came of it."""
    world = statement_world.build(lines=lines, each=each, shortcode=_SHORTCODE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    content = world.xlsx()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    steps: list[tuple[float, str]] = []
    started = time.perf_counter()

    def tell(step: str) -> None:
        steps.append((round(time.perf_counter() - started, 1), step))

    file, _ = services.hand_in(content, name="bench.xlsx", by=Actor(new_id(), "bench"))
    file = services.work_off(file.pk, tell=tell)
    seconds = time.perf_counter() - started
    planted = sum(len(references) for references in world.planted.values())
    unnamed = world.unnamed()
    print(json.dumps(steps), file=sys.stderr)
    print(json.dumps({what: sorted(left)[:3] for what, left in unnamed.items()}), file=sys.stderr)
    started = time.perf_counter()
    parsing.read(world.csv())
    told = {
        "seconds": seconds,
        "state": str(file.state),
        "reason": file.reason,
        "lines": file.lines,
        "matched": StatementMatch.objects.count(),
        "planted": planted,
        "kinds": len(world.planted),
        "named": planted - sum(len(references) for references in unnamed.values()),
        "csv_read_seconds": time.perf_counter() - started,
        "memory_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
