"""Opening and closing accounts."""

from uuid import UUID

from django.db import connection

from wallets.ledger.chart import KES, Kind
from wallets.ledger.errors import named


def open_account(
    kind: Kind, *, owner_id: UUID | None = None, label: str = "", currency: str = KES
) -> int:
    """Return the id of the account of that kind, owner, label and currency, opened if need be.

    Without an owner it is one of our own. Safe to call at once and again. Raises
    AccountUnavailable for a currency that isn't in the chart.
    """
    with named(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_open_account(%s::smallint, %s, %s, %s)",
            [int(kind), owner_id, label, currency],
        )
        return int(cursor.fetchone()[0])


def close_account(account_id: int) -> None:
    """Close an empty account for good; raise AccountUnavailable where it isn't empty."""
    with named(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_close_account(%s)", [account_id])
