"""Calling the ledger's functions on the path that every payment takes.

A cursor of the driver is kept with each connection. Making one for each call, as Django does, and
passing through its layers, takes four tenths of Python's part of a posting.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from wallets.ledger import errors

_PREPARED_AFTER = 5  # calls; Django's own cursors never prepare
_KEPT = "ledger_cursor"


def row_of(statement: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the one row that a statement gives; raise what the ledger refuses by its name.

    Takes part in an open transaction as any query does. Where somebody listens to queries (tests
    that count them, the debug log), it goes through Django's own cursor.
    """
    database = connections[DEFAULT_DB_ALIAS]
    try:
        if database.queries_logged or database.execute_wrappers:
            with database.cursor() as cursor:
                cursor.execute(statement, values)
                return tuple(cursor.fetchone())
        cursor = _cursor(database)
        with database.wrap_database_errors:
            cursor.execute(statement, values)
            return tuple(cursor.fetchone())
    except DatabaseError as error:
        errors.raise_named(error)
        raise


def _cursor(database: BaseDatabaseWrapper) -> Any:
    """Return the connection's cursor, after what Django does before it gives one out."""
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    database.validate_thread_sharing()
    database.validate_no_broken_transaction()
    # On the connection itself, so that both go together: a table of cursors would keep each alive.
    cursor = getattr(database.connection, _KEPT, None)
    if cursor is None or cursor.closed:
        # Values go beside the statement, which PostgreSQL then plans once for the connection.
        cursor = psycopg.Cursor(database.connection)
        database.connection.prepare_threshold = _PREPARED_AFTER
        setattr(database.connection, _KEPT, cursor)
    return cursor
