"""Locks by name. Every kind of lock is listed here, in order.

Whoever needs two takes them in the order of this list, so that no two can wait for each other.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from django.db import connection

from nannychain.transactions import required


@unique
class Lock(IntEnum):
    """What may be locked by name; the number is the first half of PostgreSQL's lock key."""

    API_REQUEST = 6  # one request at a time for each Idempotency-Key; held around all others
    STATEMENTS = 12  # one worker of statements at a time; held around all that it does
    PHONE = 1  # one account for each number, made once and moved once
    SMS_MESSAGE = 2  # a provider's message id: its report and its SMS find each other
    SMS_SWEEP = 3  # one sweep of SMS at a time
    STELLAR_PLANNING = 4  # one planner at a time
    STELLAR_WATCH = 5  # one watcher of a network
    OUTGOING = 7  # a member's money out: what was used of the limits is read and counted by one
    MPESA_PROMPT = 8  # one prompt on a phone at a time
    SIM_SWAP_SWEEP = 9  # one sweep of questions about SIMs at a time
    RECONCILIATION = 10  # one daily run at a time; held around all that it does
    REPORT = 16  # one daily report is made at a time
    BREAKS = 11  # one writer of breaks at a time
    WATCHDOG = 15  # one worker looks at the rules while beat is silent
    ALERT_DELIVERY = 13  # one round of telling at a time: a silent receiver holds up one thread
    BEAT = 14  # one beat rings, others stand by
    LEDGER_KEY = 20  # batches with the same keys, in turn; taken in `wallets/ledger/sql` alone


@required
def take(kind: Lock, key: str) -> None:
    """Wait for, and hold to the end of the transaction, the lock on `key` of that kind.

    Two keys may share a lock by chance (32 bits); that costs a wait and nothing else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _numbers(kind, key))


@required
def try_to_take(kind: Lock, key: str) -> bool:
    """Hold the lock to the end of the transaction, and tell so; tell at once where it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _numbers(kind, key))
        (is_taken,) = cursor.fetchone()
    return bool(is_taken)


@contextmanager
def alone(kind: Lock, key: str) -> Iterator[bool]:
    """Give True where nobody else is within this block under that key, and False at once if so.

    For long work without an open transaction: the lock belongs to the connection, and goes with it
    when the process dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _numbers(kind, key))
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _numbers(kind, key))


def hold(kind: Lock, key: str) -> bool:
    """Hold the lock as long as this connection lasts, and tell so; tell at once where it is taken.

    Held twice, it is held once more; nothing gives it back but the end of the connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _numbers(kind, key))
        (is_held,) = cursor.fetchone()
    return bool(is_held)


def _numbers(kind: Lock, key: str) -> tuple[int, int]:
    digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
    return int(kind), int.from_bytes(digest, "big", signed=True)
