"""Calling the ledger's functions on the path that every payment takes.

What a connection calls often goes past Django's cursor and the driver's, straight to libpq
(`psycopg.pq`), as a prepared statement. A client that has waited for the server finds its
processor's caches cold, and those layers then cost more than a third of a posting. For the same
reason little is done here for each call.
"""

import threading
from asyncio.events import _get_running_loop
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

from wallets.ledger import errors

_PREPARED_AFTER = 5  # calls by a connection
_KEPT = "ledger_calls"
_STATEMENT_IS_GONE, _STATEMENT_IS_THERE = "26000", "42P05"
_IDLE, _IN_TRANSACTION = int(pq.TransactionStatus.IDLE), int(pq.TransactionStatus.INTRANS)
_GAVE_ROWS, _WAS_DONE = int(pq.ExecStatus.TUPLES_OK), int(pq.ExecStatus.COMMAND_OK)
_AS_TEXT, _BINARY = int(pq.Format.TEXT), int(pq.Format.BINARY)

# An instant in binary: microseconds since 2000, in eight bytes.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EIGHT_BYTES = Struct(">q")

Encoder = Callable[[Any], bytes]


def _instant(value: datetime) -> bytes:
    return _EIGHT_BYTES.pack((value - _EPOCH) // _MICROSECOND)


# How an argument is sent. A text is the same bytes either way; sent as text it would end at a NUL.
_SENT: dict[str, tuple[int, Encoder]] = {
    "text": (_BINARY, str.encode),
    "timestamptz": (_BINARY, _instant),
}
_OTHERS: tuple[int, Encoder] = (_AS_TEXT, str.encode)


class Function:
    """A function of the database that gives an array of whole numbers.

    `types` are those of its arguments, and `query` what is made of the call. Texts and instants are
    given as such, all else as PostgreSQL writes it.
    """

    def __init__(self, name: str, *types: str, query: str = "SELECT {}") -> None:
        self.name = name
        given = ", ".join(f"%s::{each}" for each in types)
        self.statement = query.format(f"{name}({given})")
        numbered = ", ".join(f"${number}::{each}" for number, each in enumerate(types, 1))
        self.prepared = query.format(f"{name}({numbered})").encode()
        # Another release's statement, on a server's session that was handed on, has another name.
        self.prepared_name = f"{name}_{sha256(self.prepared).hexdigest()[:16]}".encode()
        self.formats, self.encoders = zip(
            *(_SENT.get(each, _OTHERS) for each in types), strict=True
        )


@dataclass
class _Kept:
    """What is kept with a connection: how often it called each function, and what it prepared."""

    calls: dict[str, int] = field(default_factory=dict)
    prepared: set[bytes] = field(default_factory=set)


class _Here(threading.local):
    """The thread's own: to look it up, Django raises and catches two errors each time."""

    database: BaseDatabaseWrapper | None = None


_here = _Here()


def numbers_of(function: Function, values: Sequence[str | datetime | None]) -> list[int | None]:
    """Return what a function gives; raise what the ledger refuses by its name.

    Takes part in an open transaction as any query does. Where somebody listens to queries (tests
    that count them, the debug log), it goes through Django's cursor.
    """
    database = _here.database
    if database is None or _get_running_loop() is not None:
        database = _found()
    try:
        kept = _kept_for(database, function)
        if kept is not None:
            try:
                return _straight(database.connection.pgconn, kept, function, values)
            except psycopg.Error:
                with database.wrap_database_errors:
                    raise
        with database.cursor() as cursor:
            cursor.execute(function.statement, values)
            return list(cursor.fetchone()[0])
    except DatabaseError as error:
        errors.raise_named(error)
        raise


def _found() -> BaseDatabaseWrapper:
    database = connections[DEFAULT_DB_ALIAS]
    database.validate_thread_sharing()
    if _get_running_loop() is None:  # where a loop runs, each of its tasks has one of its own
        _here.database = database
    return database


def _kept_for(database: BaseDatabaseWrapper, function: Function) -> _Kept | None:
    """Return what is kept with the connection, or None where Django's cursor is to be taken.

    Does what Django does before it gives a cursor out, but for what holds for as long as a thread.
    """
    if database.queries_logged or database.execute_wrappers:
        return None
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    if database.needs_rollback:
        database.validate_no_broken_transaction()
    connection = database.connection
    # On the connection itself, so that both go together.
    kept: _Kept | None = getattr(connection, _KEPT, None)
    if kept is None:
        kept = _Kept()
        # The driver would discard all that is prepared, ours too, after a rollback to a savepoint.
        connection.prepare_threshold = None
        setattr(connection, _KEPT, kept)
    calls = kept.calls.get(function.name, 0)
    if calls < _PREPARED_AFTER:
        kept.calls[function.name] = calls + 1
        return None
    status = connection.pgconn.transaction_status
    # The driver begins a transaction with its first statement, and so has to be asked then.
    if status == _IN_TRANSACTION or (status == _IDLE and connection.autocommit):
        return kept
    return None


def _straight(
    server: Any, kept: _Kept, function: Function, values: Sequence[Any]
) -> list[int | None]:
    """Run the prepared statement by libpq, which waits without holding up other threads.

    While it waits, signals do too, as long as the server lets it wait (`statement_timeout`).
    """
    name = function.prepared_name
    if name not in kept.prepared:
        _check(server, kept, name, server.prepare(name, function.prepared))
        kept.prepared.add(name)
    sent = [
        None if value is None else encode(value)
        for encode, value in zip(function.encoders, values, strict=True)
    ]
    result = server.exec_prepared(name, sent, function.formats)
    if result.status != _GAVE_ROWS:
        _check(server, kept, name, result)
    written = result.get_value(0, 0)
    if written is None:
        raise psycopg.DataError(f"{function.name} gave nothing")
    numbers = written[1:-1].split(b",")
    if b"NULL" in numbers:
        return [None if each == b"NULL" else int(each) for each in numbers]
    return list(map(int, numbers))


def _check(server: Any, kept: _Kept, name: bytes, result: Any) -> None:
    """Raise the error that the result of a statement is, if it is one, as the driver would."""
    if result.status in (_GAVE_ROWS, _WAS_DONE):
        return
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
