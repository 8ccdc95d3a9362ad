"""Holds: money of an account that is set aside, until a journal captures it or it is released."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from wallets.ledger.errors import named
from wallets.ledger.recipes import MalformedJournal

_EXPIRE_AT_ONCE = 200


@dataclass(frozen=True)
class Placed:
    """A hold that stands. `is_new` is False where its key was used before."""

    hold_id: int
    is_new: bool


def place(
    account_id: int, *, amount: int, key: str, expires_at: datetime | None, cause: str = ""
) -> Placed:
    """Set `amount` minor units aside; the same key with the same amount is the same hold.

    It is captured by a journal's `captures`, in part or whole, until it is released or expires.
    Raises NotEnough, KeyReused, HoldOver where nothing can be held, AccountUnavailable where there
    is no such account, and MalformedJournal.
    """
    if type(amount) is not int:
        raise TypeError("amounts are whole numbers")
    if not key or not (key + cause).isprintable():
        raise MalformedJournal
    with named(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT hold_id, is_new FROM ledger_place_hold(%s, %s, %s, %s, %s)",
            [account_id, key, amount, expires_at, cause],
        )
        return Placed(*cursor.fetchone())


def release(hold_id: int) -> int:
    """Give back what is still held; return how much, in minor units: 0 where it is over."""
    with named(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_release_hold(%s)", [hold_id])
        return int(cursor.fetchone()[0])


def expire_due() -> int:
    """Release all holds whose time is over; return how many."""
    expired = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_expire_holds(%s)", [_EXPIRE_AT_ONCE])
            count = int(cursor.fetchone()[0])
        expired += count
        if count < _EXPIRE_AT_ONCE:
            return expired
