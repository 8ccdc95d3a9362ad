"""What happened in closed ledgers, as records ready to be shown; survives the end of the program.

Every closed ledger that held something is written in one transaction together with the state after
it, so that whatever Horizon has shown is there again after a crash.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from simulators.horizon import records
from simulators.horizon.ledger.types import Ledger, Operation, Transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledgers (token INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS transactions (
    token INTEGER PRIMARY KEY, hash TEXT NOT NULL, inner_hash TEXT NOT NULL,
    is_successful INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_hash ON transactions (hash);
CREATE INDEX IF NOT EXISTS by_inner_hash ON transactions (inner_hash);
CREATE TABLE IF NOT EXISTS operations (
    token INTEGER PRIMARY KEY, is_payment INTEGER NOT NULL, is_successful INTEGER NOT NULL,
    record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effects (
    token INTEGER NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (token, number));
CREATE INDEX IF NOT EXISTS effects_by_account ON effects (account, token);
CREATE TABLE IF NOT EXISTS parties (
    kind TEXT NOT NULL, account TEXT NOT NULL, token INTEGER NOT NULL,
    PRIMARY KEY (kind, account, token)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states (id INTEGER PRIMARY KEY CHECK (id = 1), dump BLOB NOT NULL);
"""
_TABLES = ("ledgers", "transactions", "operations", "effects", "parties", "states")
_VERSION = 1
LEDGERS_MAX = 20_000
# Who is named in these has a part in the operation, also when it failed and left no effects.
_PARTY_FIELDS = ("from", "to", "funder", "account", "into", "sponsored_id")
PAYMENT_TYPES = frozenset({0, 1, 2, 13, 8})


class History:
    """Closed ledgers and their records, in a file of the folder, or in memory without one."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = ":memory:" if folder is None else str(folder / "horizon.sqlite3")
        self.is_kept = folder is not None
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(address, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            for table in _TABLES:
                self._connection.execute(f"DROP TABLE IF EXISTS {table}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        self._connection.executescript(_SCHEMA)

    def add(self, ledger: Ledger, *, state: bytes | None) -> None:
        """Write a closed ledger, and the state after it where one is given, all or nothing."""
        with self._writing() as run:
            self._write(ledger)
            if state is not None:
                run("INSERT OR REPLACE INTO states VALUES (1, ?)", (state,))

    def state(self) -> bytes | None:
        """Return the state that was written last."""
        rows = self._rows("SELECT dump FROM states")
        return bytes(rows[0][0]) if rows else None

    def ledger(self, sequence: int) -> dict[str, Any] | None:
        """Return a ledger's record."""
        rows = self._rows("SELECT record FROM ledgers WHERE token = ?", records.toid(sequence))
        return json.loads(rows[0][0]) if rows else None

    def transaction(self, hash: str) -> dict[str, Any] | None:
        """Return a transaction's record, by its hash, or by that of a fee bump's inner one.

        `id` and `hash` of the record are those that were asked for.
        """
        rows = self._rows(
            "SELECT record FROM transactions WHERE hash = ? OR inner_hash = ?", hash, hash
        )
        return {**json.loads(rows[0][0]), "id": hash, "hash": hash} if rows else None

    def operation(self, token: int) -> dict[str, Any] | None:
        """Return an operation's record."""
        rows = self._rows("SELECT record FROM operations WHERE token = ?", token)
        return json.loads(rows[0][0]) if rows else None

    def knows(self, address: str) -> bool:
        """Tell whether an account has had a part in anything."""
        rows = self._rows(
            "SELECT 1 FROM parties WHERE kind IN ('operations', 'transactions') AND account = ?"
            " LIMIT 1",
            address,
        )
        return bool(rows)

    def newest_token(self) -> int:
        """Return the newest ledger's token, 0 when there is none."""
        rows = self._rows("SELECT max(token) FROM ledgers")
        return int(rows[0][0] or 0)

    def oldest_token(self) -> int:
        """Return the token of the oldest ledger that is kept, 0 when there is none."""
        rows = self._rows("SELECT min(token) FROM ledgers")
        return int(rows[0][0] or 0)

    def page(
        self,
        kind: str,
        *,
        after: tuple[int, int] | None,
        limit: int,
        is_descending: bool = False,
        account: str = "",
        within: tuple[int, int] | None = None,
        until: int | None = None,
        include_failed: bool = False,
    ) -> list[dict[str, Any]]:
        """Return some records of ledgers, transactions, operations, payments or effects, in order.

        `after` is a token and, for effects, a number within it. `within` and `until` (the last
        ledger that is shown) limit the tokens.
        """
        table = "operations" if kind == "payments" else kind
        where, values = ["1 = 1"], list[Any]()
        if account and kind == "effects":
            where.append("account = ?")
            values.append(account)
        elif account:
            where.append("token IN (SELECT token FROM parties WHERE kind = ? AND account = ?)")
            values += [table, account]
        if kind == "payments":
            where.append("is_payment = 1")
        if kind not in ("ledgers", "effects") and not include_failed:
            where.append("is_successful = 1")
        if after is not None:
            sign = "<" if is_descending else ">"
            is_pair = kind == "effects"
            where.append(f"(token, number) {sign} (?, ?)" if is_pair else f"token {sign} ?")
            values += after if is_pair else after[:1]
        if within is not None:
            where.append("token BETWEEN ? AND ?")
            values += within
        if until is not None:
            where.append("token < ?")
            values.append(records.toid(until + 1))
        order = "DESC" if is_descending else "ASC"
        by = f"token {order}, number {order}" if kind == "effects" else f"token {order}"
        conditions = " AND ".join(where)
        # Every part of the statement stands in this file; what comes from outside is a value.
        statement = f"SELECT record FROM {table} WHERE {conditions} ORDER BY {by} LIMIT ?"  # noqa: S608
        return [json.loads(row[0]) for row in self._rows(statement, *values, limit)]

    def reset(self) -> None:
        """Forget everything, all or nothing."""
        with self._writing() as run:
            for table in _TABLES:
                run(f"DELETE FROM {table}")  # noqa: S608 - the names stand above

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Callable[..., Any]]:
        with self._lock:
            run = self._connection.execute
            run("BEGIN IMMEDIATE")
            try:
                yield run
                run("COMMIT")
            except BaseException:
                run("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _write(self, ledger: Ledger) -> None:
        run = self._connection.execute
        token = records.toid(ledger.sequence)
        record = json.dumps(records.ledger(ledger))
        run("INSERT OR REPLACE INTO ledgers VALUES (?, ?)", (token, record))
        run("DELETE FROM ledgers WHERE token < ?", (records.toid(ledger.sequence - LEDGERS_MAX),))
        for transaction in ledger.transactions:
            self._write_transaction(transaction)

    def _write_transaction(self, transaction: Transaction) -> None:
        token = records.toid(transaction.ledger, transaction.order)
        record = json.dumps(records.transaction(transaction))
        row = (token, transaction.hash, transaction.inner_hash, transaction.is_successful, record)
        self._connection.execute("INSERT INTO transactions VALUES (?, ?, ?, ?, ?)", row)
        parties = {transaction.source_account, transaction.fee_account}
        for operation in transaction.operations:
            parties |= self._write_operation(transaction, operation)
        self._write_parties("transactions", token, parties)

    def _write_operation(self, transaction: Transaction, operation: Operation) -> set[str]:
        token = records.toid(transaction.ledger, transaction.order, operation.order)
        is_payment = operation.type_i in PAYMENT_TYPES
        record = records.operation(transaction, operation)
        row = (token, is_payment, transaction.is_successful, json.dumps(record))
        self._connection.execute("INSERT INTO operations VALUES (?, ?, ?, ?)", row)
        named = (record.get(name) for name in _PARTY_FIELDS)
        parties = {
            operation.source_account,
            *(each.account for each in operation.effects),
            *(name for name in named if isinstance(name, str)),
        }
        self._write_parties("operations", token, parties)
        if transaction.is_successful:
            self._connection.executemany(
                "INSERT INTO effects VALUES (?, ?, ?, ?)",
                [
                    (token, number, effect.account, json.dumps(each))
                    for number, (effect, each) in enumerate(
                        zip(
                            operation.effects,
                            records.effects(transaction, operation),
                            strict=True,
                        ),
                        start=1,
                    )
                ],
            )
        return parties

    def _write_parties(self, kind: str, token: int, accounts: set[str]) -> None:
        rows = [(kind, account, token) for account in accounts]
        self._connection.executemany("INSERT OR IGNORE INTO parties VALUES (?, ?, ?)", rows)
