"""`python -m benchmarks.hordak_work <work> <seconds> <clients>`: clients of django-hordak.

It has no lock, no check of what is available and no idempotency, and is measured without them.
"""

import random
import sys
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402
from hordak.models import Account  # noqa: E402
from moneyed import Money  # noqa: E402

from benchmarks import clients  # noqa: E402


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
    seconds, threads = float(sys.argv[2]), int(sys.argv[3])
    accounts: list[Any] = list(Account.objects.all())
    amount = Money(1, "KES")

    def step() -> int:
        sender, recipient = random.sample(accounts, 2)
        with transaction.atomic():
            sender.transfer_to(recipient, amount)
        return 1

    clients.work([step] * threads, seconds=seconds)


if __name__ == "__main__":
    main()
