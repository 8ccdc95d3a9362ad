"""Members' accounts on Stellar: how full transactions are, and how many one process handles.

Runs on a database and a simulated network of its own, whose ledgers close by hand.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, free_port, manage
from nannychain import embedded, strkey


def accounts(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001
    """Measure accounts for each transaction, and transactions prepared and recorded a second."""
    found = _measure(members=600 if is_quick else 3_000)
    full, signed = found["operations"], found["signatures"]
    ours, sdk = found["submissions_per_second"], found["sdk_per_second"]
    return [
        Figure("accounts opened by a transaction", full, "operations", "the protocol's limit",
               100.0, full / 100, ">= 0.9", full >= 90),
        Figure("sponsored accounts: signatures on a transaction", signed, "signatures",
               "the protocol's limit", 20.0, signed / 20, ">= 0.9", signed >= 18),
        Figure("submissions of 100 accounts, planned to recorded", ours, "1/s",
               "the SDK alone: build, sign, XDR", sdk, ours / sdk, "-", None),
        Figure("the same in accounts", ours * 100, "accounts/s", "a full ledger in five seconds",
               200.0, ours * 100 / 200, "-", None),
    ]  # fmt: skip


def _measure(*, members: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as folder:
        servers = embedded.start(Path(folder), durable=True)
        port = free_port()
        simulators = subprocess.Popen(
            [sys.executable, "-m", "simulators"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "SIMULATORS_PORT": str(port),
                "SIMULATORS_LEDGER_SECONDS": "0",
            },
        )
        try:
            ours = environment(servers, port=port)
            wait(port)
            manage(["migrate", "--verbosity", "0"], {**ours, "DATABASE_URL": servers.owner_url})
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.stellar_work", str(port), str(members)],
                cwd=ROOT,
                env=ours,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found
        finally:
            simulators.terminate()
            simulators.wait(10)
            servers.stop()


def environment(servers: embedded.Servers, *, port: int) -> dict[str, str]:
    """Return the environment of a process of ours, as the application's role."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "NANNYCHAIN_ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "NANNYCHAIN_PROCESS": "worker",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": secrets.token_hex(32),
        "DATABASE_URL": servers.app_url,
        "REDIS_URL": servers.redis_url,
        "LOG_LEVEL": "WARNING",
        "STELLAR_HORIZON_URL": f"http://127.0.0.1:{port}/horizon",
        "STELLAR_FUNDING_SECRET": strkey.seed_text(secrets.token_bytes(32)),
        "STELLAR_CHANNELS": "10",
    }


def wait(port: int) -> None:
    """Wait until the simulators answer on that port."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/control/health", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the simulators do not answer")


PARTS = {"stellar_accounts": accounts}
