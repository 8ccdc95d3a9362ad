"""Whether the application may do no more to the ledger than its functions allow."""

from django.db import connection


def may_only_read() -> bool:
    """Tell whether the role that we run as reads the ledger's tables and can't write them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('wallets_posting', 'INSERT, UPDATE, DELETE, TRUNCATE')"
        )
        return not cursor.fetchone()[0]
