"""A worker process that does what beat and workers do for payouts, until somebody kills it.

Run as a program: `python -m tests.faults.payout_worker`. It says `ready` once it has begun.
"""

import sys
import time


def main() -> int:
    """Work until the end of time."""
    import django

    django.setup()
    from tests.factories import mpesa

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        mpesa.work()
        time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main())
