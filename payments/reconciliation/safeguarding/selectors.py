"""Reckoning the safeguarding line. One statement, over one row for each account."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from wallets.ledger.chart import KES, Kind

RESOURCE = (
    *(Kind.PAYBILL_FLOAT, Kind.PAYOUT_FLOAT, Kind.WORKING_FLOAT),
    *(Kind.SETTLEMENT_IN_TRANSIT, Kind.TRUST_BANK, Kind.BANK_IN_TRANSIT),
)
# What was recorded after the instant is taken back out.
STANDINGS = """
    WITH later AS MATERIALIZED (
        SELECT p.account_id, sum(p.amount) AS amount
          FROM wallets_journal j JOIN wallets_posting p ON p.journal_id = j.id
         WHERE j.recorded_at > %(at)s::timestamptz
         GROUP BY p.account_id
    ), unrolled AS MATERIALIZED (
        SELECT account_id, sum(amount) AS amount FROM wallets_unrolled GROUP BY account_id
    ), standing AS (
        SELECT a.id AS account_id, a.kind_id, a.owner_id, a.label, k.is_customer_money,
               b.sign * (b.balance + coalesce(u.amount, 0) - coalesce(l.amount, 0)) AS balance
          FROM wallets_balance b
          JOIN wallets_account a ON a.id = b.account_id
          JOIN wallets_accountkind k ON k.code = a.kind_id
          LEFT JOIN unrolled u ON u.account_id = b.account_id
          LEFT JOIN later l ON l.account_id = b.account_id
         WHERE b.currency = %(currency)s
    )
"""
# A customer's accounts are hers by their owner; one of our own on which money waits stands alone.
_LINE = f"""{STANDINGS}
    , customer AS (
        SELECT sum(balance) AS balance
          FROM standing WHERE is_customer_money
         GROUP BY coalesce(owner_id::text, account_id::text)
    )
    SELECT (SELECT coalesce(sum(greatest(balance, 0)), 0) FROM customer),
           (SELECT coalesce(sum(least(balance, 0)), 0) FROM customer),
           (SELECT count(*) FILTER (WHERE balance > 0) FROM customer),
           (SELECT coalesce(sum(balance), 0) FROM standing WHERE kind_id = ANY(%(resource)s))
"""  # noqa: S608 - a text of our own
# The last word of M-Pesa's on each number, where it has less than our books: a part of the break.
_MISSING = """
    SELECT coalesce(sum(-amount_cents), 0) FROM payments_break
     WHERE kind = 'float_differs' AND state <> 'CLOSED' AND amount_cents < 0
"""


@dataclass(frozen=True, kw_only=True)
class SafeguardingLine:
    """The line at one instant, in cents. `below_zero_cents` is what was floored; it counts nowhere.

    `missing_cents` is what M-Pesa has less than our books say, beyond what is under way.
    """

    requirement_cents: int
    below_zero_cents: int
    customers: int
    books_cents: int
    missing_cents: int

    @property
    def resource_cents(self) -> int:
        """Return what we hold for customers, as far as M-Pesa agrees."""
        return self.books_cents - self.missing_cents

    @property
    def surplus_cents(self) -> int:
        """Return what is held beyond the requirement; below zero it is a shortfall."""
        return self.resource_cents - self.requirement_cents

    @property
    def shortfall_cents(self) -> int:
        """Return what is to be made good today; zero where all is covered."""
        return max(0, -self.surplus_cents)


def now() -> SafeguardingLine:
    """Return the line as the books stand now. Reads a row for each account."""
    return at(None)


def at(instant: datetime | None) -> SafeguardingLine:
    """Return the line as the books stood at an instant not long ago (None: now).

    What M-Pesa has less is by its last word, in any case.
    """
    given = {"at": instant, "currency": KES, "resource": [int(kind) for kind in RESOURCE]}
    with connection.cursor() as cursor:
        cursor.execute(_LINE, given)
        requirement, below, customers, books = cursor.fetchone()
        cursor.execute(_MISSING)
        (missing,) = cursor.fetchone()
    return SafeguardingLine(
        requirement_cents=int(requirement),
        below_zero_cents=int(below),
        customers=int(customers),
        books_cents=int(books),
        missing_cents=int(missing),
    )
