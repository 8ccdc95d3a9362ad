"""Balances, read in one statement each, so that what they are made of belongs to one instant.

Figures are minor units on the account's natural side: above zero is what one expects there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from wallets.ledger.chart import KES
from wallets.ledger.models import Account, Balance, Posting

_STANDING = """
    SELECT b.account_id, b.currency, b.floor, b.held, b.sign * (
               b.balance + coalesce((SELECT sum(u.amount) FROM wallets_unrolled u
                                      WHERE u.account_id = b.account_id), 0)) AS balance
      FROM wallets_balance b WHERE b.account_id = ANY (%s::bigint[])
"""
_OWED = """
    SELECT coalesce(sum(b.sign * (
               b.balance + coalesce((SELECT sum(u.amount) FROM wallets_unrolled u
                                      WHERE u.account_id = b.account_id), 0))), 0)
      FROM wallets_balance b
      JOIN wallets_account a ON a.id = b.account_id
      JOIN wallets_accountkind k ON k.code = a.kind_id
     WHERE k.is_customer_money AND b.currency = %s
"""
# What goes out and comes back under one cause (a payout that failed), or is undone, is no receipt.
_RECEIVED = """
    SELECT coalesce(sum(came), 0) FROM (
        SELECT sum(b.sign * p.amount) AS came
          FROM wallets_posting p
          JOIN wallets_journal j ON j.id = p.journal_id
          LEFT JOIN wallets_journal undone ON undone.id = j.reverses_id
          JOIN wallets_balance b ON b.account_id = p.account_id
         WHERE p.account_id = %s
         GROUP BY coalesce(undone.cause, j.cause),
                  CASE WHEN coalesce(undone.cause, j.cause) = ''
                       THEN coalesce(undone.id, j.id) END
    ) causes WHERE came > 0
"""
# One statement, so that both belong to one instant.
_POSITION = f"""
    SELECT NULL AS account_id, ({_OWED}) AS balance
    UNION ALL SELECT s.account_id, s.balance FROM ({_STANDING}) s
"""  # noqa: S608 - statements of our own


@dataclass(frozen=True)
class Standing:
    """What stands on an account: `available` is what can be taken from it, holds counted in.

    An account without a floor has all of its balance available, or less than nothing.
    """

    account_id: int
    currency: str
    balance: int
    held: int
    available: int


def standing(account_id: int) -> Standing:
    """Return what stands on an account; raise Account.DoesNotExist."""
    found = standings([account_id])
    if account_id not in found:
        raise Account.DoesNotExist
    return found[account_id]


def standings(account_ids: Iterable[int]) -> dict[int, Standing]:
    """Return what stands on each of these accounts at one instant, by account."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [list(account_ids)])
        rows = cursor.fetchall()
    return {
        account: Standing(account, currency, int(balance), held, int(balance) - held - (floor or 0))
        for account, currency, floor, held, balance in rows
    }


def received(account_id: int) -> int:
    """Return all that ever came onto the account and stayed, in minor units.

    Reads the account's whole history.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [account_id])
        return int(cursor.fetchone()[0])


def owed_to_customers(currency: str = KES) -> int:
    """Return all that we owe to customers, in minor units. Reads a row for each of them."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED, [currency])
        return int(cursor.fetchone()[0])


def position(account_ids: Iterable[int], currency: str = KES) -> tuple[int, dict[int, int]]:
    """Return what we owe to customers, and what stands on these accounts, at one instant.

    In minor units. Reads a row for each customer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POSITION, [currency, list(account_ids)])
        found = {account: int(balance) for account, balance in cursor.fetchall()}
    return found.pop(None), found


def balance_at(account_id: int, instant: datetime, *, as_recorded: bool = False) -> int:
    """Return the balance by all that was effective at the instant, whenever it was recorded.

    With `as_recorded`: by what stood in the books then. Reads the account's whole history. Raises
    Account.DoesNotExist.
    """
    account = Account.objects.select_related("balance").get(pk=account_id)
    clock = "journal__recorded_at__lte" if as_recorded else "journal__effective_at__lte"
    postings = Posting.objects.filter(account_id=account_id, **{clock: instant})
    total = postings.aggregate(total=Sum("amount"))["total"] or 0
    return int(account.balance.sign * total)


def was_ever_used(owner_id: UUID) -> bool:
    """Tell whether anything was ever posted to an account of that owner: money has come."""
    return Balance.objects.filter(account__owner_id=owner_id, version__gt=0).exists()
