"""`python -m benchmarks`: run the parts that `BENCH` names (all, quick, or one by name)."""

import os
import sys

from benchmarks import report, ussd
from benchmarks.stack import ROOT, running

PARTS = {**ussd.PARTS}


def main() -> int:
    """Run the parts, show and write the figures; return 1 when a target is missed."""
    wanted = os.environ.get("BENCH", "")
    is_quick = wanted == "quick"
    parts = PARTS if wanted in ("", "quick") else {wanted: PARTS.get(wanted)}
    if None in parts.values():
        print(f"no such part: {wanted}. There are: {', '.join(PARTS)}")
        return 2
    figures = []
    with running() as stack:
        for name, measure in parts.items():
            print(f"measuring {name} …", flush=True)
            figures += measure(stack, is_quick=is_quick)
    report.show(figures)
    report.write(figures, path=ROOT / ".data" / "bench.json")
    return 0 if all(figure.met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
