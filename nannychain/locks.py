"""Locks by name, held until the transaction ends. Every kind of lock is listed here, in order.

Whoever needs two takes them in the order of this list, so that no two can wait for each other.
"""

import hashlib
from enum import IntEnum

from django.db import connection

from nannychain.transactions import required


class Lock(IntEnum):
    """What may be locked by name; the number is the first half of PostgreSQL's lock key."""

    PHONE = 1  # one account for each number, made once
    SMS_BUDGET = 2  # the day's count of SMS parts


@required
def take(kind: Lock, key: str) -> None:
    """Wait for, and hold to the end of the transaction, the lock on `key` of that kind.

    Two keys may share a lock by chance (32 bits); that costs a wait and nothing else.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            [int(kind), int.from_bytes(digest, "big", signed=True)],
        )
