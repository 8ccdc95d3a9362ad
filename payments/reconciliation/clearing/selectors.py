"""Reading clearing and suspense accounts. One statement each, whatever has gone through them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from payments.paybill.states import State as PaybillState
from payments.reconciliation.safeguarding.selectors import STANDINGS
from payments.withdrawals.states import UNFINISHED
from wallets.ledger.chart import KES, Kind

# What came last is what is still there: going back from the newest, the entry with which the
# balance is reached is the oldest that has not been cleared.
_STANDING = f"""{STANDINGS}
    SELECT s.account_id, s.kind_id, k.name, s.label, s.balance, k.clears_within_days, (
               SELECT w.effective_at FROM (
                   SELECT j.effective_at, p.journal_id,
                          sum(abs(p.amount)) OVER (ORDER BY p.journal_id DESC) AS running
                     FROM wallets_posting p JOIN wallets_journal j ON j.id = p.journal_id
                    WHERE p.account_id = s.account_id
                      AND sign(p.amount) = sign(s.balance) * k.side
                      AND (%(at)s::timestamptz IS NULL OR j.recorded_at <= %(at)s::timestamptz)
               ) w WHERE w.running >= abs(s.balance) ORDER BY w.journal_id DESC LIMIT 1)
      FROM standing s JOIN wallets_accountkind k ON k.code = s.kind_id
     WHERE k.clears_within_days IS NOT NULL AND s.balance <> 0
     ORDER BY s.kind_id, s.label, s.account_id
"""  # noqa: S608 - a text of our own
_UNDER_WAY = """
    WITH rows AS (
        SELECT %(payouts)s::smallint AS kind_id, shortcode AS label,
               amount_cents + fee_cents + tax_cents AS cents
          FROM payments_withdrawal WHERE state = ANY(%(unfinished)s)
        UNION ALL
        SELECT %(receipts)s::smallint, shortcode, amount_cents
          FROM payments_paybillpayment WHERE state = ANY(%(suspense)s)
    ), expected AS (
        SELECT kind_id, label, sum(cents) AS cents FROM rows GROUP BY kind_id, label
    ), booked AS (
        SELECT a.id, a.kind_id, a.label, b.sign * (b.balance + coalesce((
                   SELECT sum(u.amount) FROM wallets_unrolled u WHERE u.account_id = a.id), 0))
               AS cents
          FROM wallets_account a JOIN wallets_balance b ON b.account_id = a.id
         WHERE a.kind_id IN (%(payouts)s, %(receipts)s) AND a.owner_id IS NULL
           AND a.currency_id = %(currency)s
    )
    SELECT b.id, coalesce(b.kind_id, e.kind_id), coalesce(b.label, e.label),
           coalesce(b.cents, 0), coalesce(e.cents, 0)
      FROM booked b FULL JOIN expected e ON e.kind_id = b.kind_id AND e.label = b.label
     WHERE coalesce(b.cents, 0) <> coalesce(e.cents, 0)
     ORDER BY 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class Clearing:
    """What stands on a clearing account, in cents on its natural side, and since when."""

    account_id: int
    kind: int
    name: str
    label: str
    cents: int
    within_days: int
    oldest: datetime


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A clearing account that differs from what is under way by the rows of payments, in cents."""

    account_id: int | None
    kind: int
    label: str
    booked_cents: int
    under_way_cents: int


def standing(at: datetime | None = None) -> list[Clearing]:
    """Return the clearing accounts on which something stands, as of an instant (None: now)."""
    given = {"at": at, "currency": KES}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, given)
        rows = cursor.fetchall()
    return [
        Clearing(
            account_id=account,
            kind=kind,
            name=name,
            label=label,
            cents=int(cents),
            within_days=days,
            oldest=oldest,
        )
        for account, kind, name, label, cents, days, oldest in rows
    ]


def apart() -> list[Apart]:
    """Return the accounts that don't hold what is under way; none is as it should be."""
    given: dict[str, Any] = {
        "payouts": int(Kind.PAYOUT_CLEARING),
        "receipts": int(Kind.SUSPENSE_RECEIPTS),
        "unfinished": [str(state) for state in UNFINISHED],
        "suspense": [str(PaybillState.SUSPENSE), str(PaybillState.RETURNING)],
        "currency": KES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, given)
        rows = cursor.fetchall()
    return [
        Apart(
            account_id=account,
            kind=kind,
            label=label,
            booked_cents=int(booked),
            under_way_cents=int(under_way),
        )
        for account, kind, label, booked, under_way in rows
    ]
