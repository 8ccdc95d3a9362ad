"""Many made-up requests by every kind of caller: what `make test` does with few, at length."""

import os
import re
import subprocess
import sys

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack

_REQUESTS = 500  # for each kind of caller
_TEST = "tests/contracts/api/test_any_request.py"
_GIVEN_SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


def any_request(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001
    """Ask for answers that the schema doesn't describe; leave it out of a quick run."""
    if is_quick:
        return []
    own = {name: value for name, value in os.environ.items() if name not in _GIVEN_SERVERS}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout", "3600", _TEST],
        cwd=ROOT,
        check=False,
        env={**own, "API_REQUESTS": str(_REQUESTS)},
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    if done.returncode:
        print(done.stdout)
    outcomes = dict(reversed(pair) for pair in re.findall(r"(\d+) (passed|failed)", done.stdout))
    passed, failed = (int(outcomes.get(name, 0)) for name in ("passed", "failed"))
    value = passed * _REQUESTS
    asked = (passed + failed) * _REQUESTS
    return [
        Figure("requests by callers who met nothing amiss", value, "requests",
               "all requests", asked, value / asked, "1.0", failed == 0)
    ]  # fmt: skip


PARTS = {"api_any_request": any_request}
