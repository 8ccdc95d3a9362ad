"""`python -m benchmarks`: run the parts that `BENCH` names (all, quick, or one by name)."""

import os
import sys

from benchmarks import (
    api,
    callbacks,
    ledger,
    memory,
    mpesa,
    report,
    restore,
    statement,
    stellar,
    storage,
    ussd,
)
from benchmarks.stack import ROOT, running

PARTS = {
    **ussd.PARTS,
    **callbacks.PARTS,
    **ledger.PARTS,
    **stellar.PARTS,
    **api.PARTS,
    **mpesa.PARTS,
    **storage.PARTS,
    **memory.PARTS,
    **restore.PARTS,
    **statement.PARTS,
}


def main() -> int:
    """Run the parts, show and write the figures; return 1 when a target is missed."""
    wanted = os.environ.get("BENCH", "")
    is_quick = wanted == "quick"
    parts = {name: part for name, part in PARTS.items() if wanted in ("", "quick", name)}
    if not parts:
        print(f"no such part: {wanted}. There are: {', '.join(PARTS)}")
        return 2
    figures: list[report.Figure] = []
    with running() as stack:
        for name, measure in parts.items():
            print(f"measuring {name} …", flush=True)
            figures += measure(stack, is_quick=is_quick)
    report.show(figures)
    report.write(figures, path=ROOT / ".data" / "bench.json")
    return 0 if all(figure.met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
