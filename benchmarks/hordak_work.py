"""`python -m benchmarks.hordak_work <work> <seconds>`: one client of django-hordak, as a yardstick.

It has no lock, no check of what is available and no idempotency, and is measured without them.
"""

import json
import random
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402
from hordak.models import Account  # noqa: E402
from moneyed import Money  # noqa: E402


def prepare(count: int) -> None:
    """Make accounts."""
    for number in range(min(count, 1000)):
        Account.objects.create(
            name=f"wallet {number}", type="LI", code=f"{number:04d}", currencies=["KES"]
        )


def main() -> None:
    """Transfer until the time is over, as `benchmarks.ledger_work` does."""
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]))
        return
    seconds = float(sys.argv[2])
    accounts: list[Any] = list(Account.objects.all())
    amount = Money(1, "KES")

    def step() -> None:
        sender, recipient = random.sample(accounts, 2)
        with transaction.atomic():
            sender.transfer_to(recipient, amount)

    for _ in range(10):
        step()
    print("ready", flush=True)
    sys.stdin.readline()
    times = []
    begin = time.perf_counter()
    while (start := time.perf_counter()) - begin < seconds:
        step()
        times.append(time.perf_counter() - start)
    total = time.perf_counter() - begin
    times.sort()
    print(
        json.dumps(
            {
                "per_second": len(times) / total,
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[len(times) * 99 // 100] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
