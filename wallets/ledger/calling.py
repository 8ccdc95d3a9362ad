"""Calling the ledger's functions on the path that every payment takes.

What a connection calls often goes past Django's cursor and the driver's, straight to libpq
(`psycopg.pq`), as a prepared statement. A client that has waited for the server finds its
processor's caches cold, and those layers then cost more than a third of a posting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

from wallets.ledger import errors

_PREPARED_AFTER = 5  # calls by a connection
_KEPT = "ledger_calls"
_STATEMENT_IS_GONE, _STATEMENT_IS_THERE = "26000", "42P05"


class Function:
    """A function of the database that gives an array of whole numbers.

    `types` are those of its arguments, and `query` what is made of the call.
    """

    def __init__(self, name: str, *types: str, query: str = "SELECT {}") -> None:
        self.name = name
        given = ", ".join(f"%s::{each}" for each in types)
        self.statement = query.format(f"{name}({given})")
        numbered = ", ".join(f"${number}::{each}" for number, each in enumerate(types, 1))
        self.prepared = query.format(f"{name}({numbered})").encode()
        # Another release's statement, on a server's session that was handed on, has another name.
        self.prepared_name = f"{name}_{sha256(self.prepared).hexdigest()[:16]}".encode()


@dataclass
class _Kept:
    """What is kept with a connection: how often it called each function, and what it prepared."""

    calls: dict[str, int] = field(default_factory=dict)
    prepared: set[bytes] = field(default_factory=set)


def numbers_of(function: Function, values: Sequence[str | None]) -> list[int | None]:
    """Return what a function gives; raise what the ledger refuses by its name.

    `values` are texts, as PostgreSQL reads them. Takes part in an open transaction as any query
    does. Where somebody listens to queries (tests that count them, the debug log), it goes through
    Django's cursor.
    """
    database = connections[DEFAULT_DB_ALIAS]
    try:
        kept = None if database.queries_logged or database.execute_wrappers else _ready(database)
        if kept is not None and _may_go_straight(database.connection, kept, function):
            with database.wrap_database_errors:
                return _straight(database.connection, kept, function, values)
        with database.cursor() as cursor:
            cursor.execute(function.statement, values)
            return list(cursor.fetchone()[0])
    except DatabaseError as error:
        errors.raise_named(error)
        raise


def _ready(database: BaseDatabaseWrapper) -> _Kept:
    """Do what Django does before it gives a cursor out; return what is kept with the connection."""
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    database.validate_thread_sharing()
    database.validate_no_broken_transaction()
    # On the connection itself, so that both go together.
    kept: _Kept | None = getattr(database.connection, _KEPT, None)
    if kept is None:
        kept = _Kept()
        # The driver would discard all that is prepared, ours too, after a rollback to a savepoint.
        database.connection.prepare_threshold = None
        setattr(database.connection, _KEPT, kept)
    return kept


def _may_go_straight(connection: Any, kept: _Kept, function: Function) -> bool:
    calls = kept.calls[function.name] = kept.calls.get(function.name, 0) + 1
    if calls <= _PREPARED_AFTER:
        return False
    status = connection.pgconn.transaction_status
    if status == pq.TransactionStatus.IDLE:
        # The driver begins a transaction with its first statement, and so has to be asked then.
        return bool(connection.autocommit)
    return bool(status == pq.TransactionStatus.INTRANS)


def _straight(
    connection: Any, kept: _Kept, function: Function, values: Sequence[str | None]
) -> list[int | None]:
    """Run the prepared statement by libpq, which waits without holding up other threads.

    While it waits, signals do too, as long as the server lets it wait (`statement_timeout`).
    """
    texts = [None if value is None else value.encode() for value in values]
    if any(text is not None and b"\0" in text for text in texts):
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    server, name = connection.pgconn, function.prepared_name
    if name not in kept.prepared:
        _checked(server, kept, name, server.prepare(name, function.prepared))
        kept.prepared.add(name)
    result = _checked(server, kept, name, server.exec_prepared(name, texts))
    written = result.get_value(0, 0)
    if written is None:
        raise psycopg.DataError(f"{function.name} gave nothing")
    return [None if each == b"NULL" else int(each) for each in written[1:-1].split(b",")]


def _checked(server: Any, kept: _Kept, name: bytes, result: Any) -> Any:
    """Return the result of a statement, or raise the error that it is, as the driver would."""
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return result
    if server.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(server.get_error_message())
    error = psycopg.errors.error_from_result(result)
    # Somebody has discarded it, or a signal came between, or the session is another one now: so it
    # fails once for each time.
    if error.sqlstate == _STATEMENT_IS_GONE:
        kept.prepared.discard(name)
    elif error.sqlstate == _STATEMENT_IS_THERE:
        kept.prepared.add(name)
    raise error
