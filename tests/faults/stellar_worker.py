"""A worker process that does what beat, workers and signer do, and may die at a fail point.

Run as a program: `python -m tests.faults.stellar_worker <fail point or none>`. It ends when nothing
is under way, or by SIGKILL from within.
"""

import os
import signal
import sys
import time
from typing import Any

FAIL_POINTS = ("before_sign", "after_commit", "in_post", "after_post", "before_record", "none")
SECONDS_MAX = 25.0


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _arm(point: str) -> None:
    """Let this process die where the fail point is."""
    from wallets.custody import building, signer
    from wallets.stellar import tending
    from wallets.stellar.client.horizon import Horizon

    sign, submit = signer.sign, Horizon.submit
    if point == "before_sign":
        building.build = _die  # type: ignore[assignment]
    elif point == "after_commit":
        signer.sign = lambda key: (sign(key), _die())  # type: ignore[assignment,return-value]
    elif point == "in_post":
        Horizon.submit = _die  # type: ignore[assignment,method-assign]
    elif point == "after_post":
        Horizon.submit = lambda *a, **k: (submit(*a, **k), _die())  # type: ignore[assignment,method-assign,return-value]
    elif point == "before_record":
        tending._record_answer = _die


def main(point: str) -> int:
    """Work until nothing is under way; return 1 when that takes too long."""
    import django

    django.setup()
    from tests.factories import stellar_networks

    _arm(point)
    ends_at = time.monotonic() + SECONDS_MAX
    while time.monotonic() < ends_at:
        stellar_networks.work()
        if stellar_networks.is_settled():
            return 0
        time.sleep(0.05)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
