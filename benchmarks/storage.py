"""What a member and a year of hers take in the database: the difference of two crowds."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import mpesa, stellar
from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, free_port, manage
from nannychain import embedded

_FIRST, _SECOND = 10, 40  # a table's first pages are paid for by the first crowd
_SHOWN = 12


def member_year(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001 - as every part
    """Let two crowds live a year each, and tell what one member of the second took, by table."""
    count = 5 if is_quick else _SECOND
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as name:
        servers = embedded.start(Path(name), durable=False)
        try:
            ours = {**stellar.environment(servers, port=9), **_account()}
            manage(["migrate", "--verbosity", "0"], {**ours, "DATABASE_URL": servers.owner_url})
            before = _live(ours, members=count if is_quick else _FIRST)
            after = _live(ours, members=count)
        finally:
            servers.stop()
    each = {table: (size - before.get(table, 0)) / count for table, size in after.items()}
    rows = {table: each.pop(table) for table in list(each) if table.startswith("rows of ")}
    whole = sum(each.values())
    shown = sorted(each.items(), key=lambda item: -item[1])[:_SHOWN]
    return [
        Figure("a member's first year, indexes and all", whole, "bytes", "-", 1, whole, "-", None),
        *(
            Figure(f"of it in {table}", size, "bytes", "the whole", whole, size / whole, "-", None)
            for table, size in shown
        ),
        *(Figure(name, count, "a year", "-", 1, count, "-", None) for name, count in rows.items()),
    ]


def _account() -> dict[str, str]:
    """Return the settings of an account with M-Pesa, which is never called."""
    port = free_port()
    simulators = subprocess.Popen(
        [sys.executable, "-m", "simulators"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SIMULATORS_PORT": str(port), **mpesa.ACCOUNT},
    )
    try:
        stellar.wait(port)
        certificate = mpesa.certificate(port)
    finally:
        simulators.terminate()
        simulators.wait(10)
    return {
        **mpesa.ACCOUNT,
        "MPESA_BASE_URL": "http://127.0.0.1:9",
        "MPESA_CERTIFICATE": certificate,
        "PAYBILL_CALLBACK_KEY": "0" * 32,
        "PUBLIC_BASE_URL": "http://localhost:8000",
    }


def _live(ours: dict[str, str], *, members: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.storage_work", str(members)],
        cwd=ROOT,
        env=ours,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


PARTS = {"storage": member_year}
