"""M-Pesa's statement of a big day: read, matched with our books, and every difference named."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, manage
from benchmarks.stellar import environment
from nannychain import embedded

_SECONDS_MAX = 60.0


def statement(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001
    """Measure a workbook of a hundred thousand lines (quick: ten thousand)."""
    lines = 10_000 if is_quick else 100_000
    found = _measure(lines=lines, each=lines // 4_000)
    named = found["named"] / found["planted"]
    seconds_max = _SECONDS_MAX * lines / 100_000
    return [
        Figure(
            f"{found['lines']:,} lines of a statement (xlsx), from the bytes to the breaks",
            found["seconds"],
            "s",
            "seconds that it may take",
            seconds_max,
            found["seconds"] / seconds_max,
            "<= 1.0",
            found["seconds"] <= seconds_max,
        ),
        Figure(
            f"differences named, of {found['kinds']} kinds planted",
            found["named"],
            "breaks",
            "planted",
            found["planted"],
            named,
            ">= 1.0",
            named == 1.0,
        ),
    ]


def _measure(**sizes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as folder:
        servers = embedded.start(Path(folder), durable=True)
        try:
            ours = {
                **environment(servers, port=9),
                "MPESA_SHORTCODE": "600000",
                "MPESA_PASSKEY": "bench-passkey",
                "MPESA_CONSUMER_KEY": "bench-key",
                "MPESA_CONSUMER_SECRET": "bench-secret",
                "PAYBILL_CALLBACK_KEY": "0" * 32,
                "PUBLIC_BASE_URL": "http://localhost",
            }
            manage(["migrate", "--verbosity", "0"], {**ours, "DATABASE_URL": servers.owner_url})
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.statement_work", json.dumps(sizes)],
                cwd=ROOT,
                env=ours,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            print(json.dumps(found))
            return found
        finally:
            servers.stop()


PARTS = {"statement": statement}
