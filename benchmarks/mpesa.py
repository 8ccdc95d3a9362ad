"""Money in and out over M-Pesa: payouts prepared, deposits completed, and a burst of callbacks.

Runs on a database, a web process and a simulated M-Pesa of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks import stellar
from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, free_port, manage
from nannychain import embedded

ACCOUNT = {
    "MPESA_CONSUMER_KEY": "bench-key",
    "MPESA_CONSUMER_SECRET": "bench-secret",
    "MPESA_SHORTCODE": "174379",
    "MPESA_PASSKEY": "bench-passkey",
    "MPESA_B2C_SHORTCODE": "600000",
    "MPESA_INITIATOR_NAME": "testapi",
    "MPESA_INITIATOR_PASSWORD": "bench#word",
}


def money(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001
    """Measure both ways, and that a burst drains with nothing lost."""
    sizes = {"payouts": 60, "deposits": 40, "burst": 150}
    if not is_quick:
        sizes = {"payouts": 300, "deposits": 200, "burst": 10_000}
    found = _measure(**sizes)
    ratio_out = found["payouts_per_second"] / found["posts_per_second"]
    ratio_in = found["deposits_per_second"] / found["pushes_per_second"]
    expected_cents = found["burst_deposits"] * found["deposit_cents"]
    is_exact = found["burst_cents"] == expected_cents  # the wallets hold each deposit once
    kept = found["burst_paid"] / found["burst_deposits"] if is_exact else 0.0
    return [
        Figure("payouts prepared: reserved, and an attempt committed", found["payouts_per_second"],
               "1/s", "one posting by the same process", found["posts_per_second"], ratio_out,
               "-", None),
        Figure("deposits completed, from request to SMS", found["deposits_per_second"], "1/s",
               "the prompts alone, without our books", found["pushes_per_second"], ratio_in, "-",
               None),
        Figure(f"a burst of {found['burst']:,} callbacks, a third of them doubles, drained",
               found["burst_per_second"], "1/s", "deposits paid once of those sent", 100.0,
               kept, ">= 1.0", kept == 1.0),
        Figure("the same, taken by the web process while they are posted",
               found["burst_accepted_per_second"], "1/s", "settled by one process after that",
               found["burst_settled_per_second"],
               found["burst_accepted_per_second"] / found["burst_settled_per_second"], "-", None),
    ]  # fmt: skip


def _measure(**sizes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as folder:
        servers = embedded.start(Path(folder), durable=True)
        port, site = free_port(), free_port()
        simulators = subprocess.Popen(
            [sys.executable, "-m", "simulators"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "SIMULATORS_PORT": str(port),
                "SIMULATORS_MPESA_RESULT_SECONDS": "0",
                **ACCOUNT,
            },
        )
        children = [simulators]
        try:
            stellar.wait(port)
            ours = {
                **stellar.environment(servers, port=port),
                **ACCOUNT,
                "MPESA_BASE_URL": f"http://127.0.0.1:{port}/daraja",
                "MPESA_CERTIFICATE": certificate(port),
                "PAYBILL_CALLBACK_KEY": "0" * 32,
                "PUBLIC_BASE_URL": f"http://localhost:{site}",
            }
            manage(["migrate", "--verbosity", "0"], {**ours, "DATABASE_URL": servers.owner_url})
            children.append(_web(ours, port=site))
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.mpesa_work", str(port), json.dumps(sizes)],
                cwd=ROOT,
                env=ours,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found
        finally:
            for child in reversed(children):
                child.terminate()
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
            servers.stop()


def _web(ours: dict[str, str], *, port: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
        cwd=ROOT,
        env={**ours, "NANNYCHAIN_PROCESS": "web", "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def certificate(port: int) -> str:
    """Return the certificate of the simulated M-Pesa on that port."""
    address = f"http://127.0.0.1:{port}/daraja/certificate"
    with urllib.request.urlopen(address, timeout=5) as answer:
        return str(answer.read().decode())


PARTS = {"mpesa": money}
