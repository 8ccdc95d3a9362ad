"""A backup of millions of postings, taken back and verified: how long it takes, and what takes it.

The books are filled by set-based statements of the tables' owner, with triggers off, since the
ledger's own functions would take an hour; that every row is as they would have written it is what
the verification at the end shows.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, manage
from benchmarks.stellar import environment
from nannychain import embedded

SECONDS_MAX = 900
_POSTINGS = 10_000_000
_POSTINGS_QUICK = 100_000
_WALLETS = 5_000
_PHONE = "0712345678"
_YARDSTICK = "what an operator may wait for ten million postings"
_TABLES = ("wallets_journal", "wallets_posting", "wallets_balance")
# Half are deposits onto a hot float, half transfers of 1 to 100 shillings between two wallets, each
# of which begins with a million: whatever chance picks, none goes below zero.
_FILL = (
    """
    CREATE TEMP TABLE wallet AS
    SELECT row_number() OVER (ORDER BY account_id) AS place, account_id AS id
      FROM wallets_balance WHERE kind_id = 2010 AND sign * balance >= 100000000
    """,
    "ALTER TABLE wallet ADD PRIMARY KEY (place)",
    """
    CREATE TEMP TABLE made AS
    SELECT n, CASE WHEN n % 2 = 0 THEN (SELECT id FROM wallets_account WHERE kind_id = 1110) END
               AS paybill,
           1 + (random() * 1e9)::bigint % w.count AS debited,
           1 + (random() * 1e9)::bigint % (w.count - 1) AS step,
           100 * (1 + (random() * 99)::bigint) AS cents
      FROM generate_series(1, {journals}) n, (SELECT count(*) FROM wallet) w
    """,
    """
    CREATE TEMP TABLE moved AS
    SELECT f.first + m.n AS journal_id, m.paybill IS NULL AS is_transfer, m.n,
           coalesce(m.paybill, d.id) AS debit, c.id AS credit, m.cents
      FROM made m
      JOIN wallet d ON d.place = m.debited
      JOIN wallet c ON c.place = 1 + (m.debited - 1 + m.step) % {wallets},
           (SELECT max(id) AS first FROM wallets_journal) f
    """,
    """
    INSERT INTO wallets_journal (id, kind, key, accounts, amounts, effective_at, recorded_at, cause)
    SELECT journal_id, kind, kind || ':bench:' || n,
           CASE WHEN debit < credit THEN ARRAY[debit, credit] ELSE ARRAY[credit, debit] END,
           CASE WHEN debit < credit THEN ARRAY[cents, -cents] ELSE ARRAY[-cents, cents] END,
           at, at, kind || ':bench:' || n
      FROM (SELECT *, CASE WHEN is_transfer THEN 'transfer.sent' ELSE 'deposit.settled' END AS kind,
                   now() - make_interval(secs => ({journals} - n) * 5.0) AS at
              FROM moved) m ORDER BY journal_id
    """,
    """
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    SELECT leg.journal_id, leg.account_id, leg.amount,
           CASE WHEN NOT b.is_deferred THEN b.balance + sum(leg.amount) OVER running END,
           CASE WHEN NOT b.is_deferred THEN b.version + row_number() OVER running END
      FROM (SELECT journal_id, debit AS account_id, cents AS amount FROM moved
            UNION ALL SELECT journal_id, credit, -cents FROM moved) leg
      JOIN wallets_balance b ON b.account_id = leg.account_id
    WINDOW running AS (PARTITION BY leg.account_id ORDER BY leg.journal_id)
    """,
    """
    UPDATE wallets_balance b SET balance = b.balance + p.total, version = b.version + p.count
      FROM (SELECT account_id, sum(amount) AS total, count(*)
              FROM (SELECT debit AS account_id, cents AS amount FROM moved
                    UNION ALL SELECT credit, -cents FROM moved) leg GROUP BY account_id) p
     WHERE p.account_id = b.account_id
    """,
    "SELECT setval(pg_get_serial_sequence('wallets_journal', 'id'), max(id)) FROM wallets_journal",
)


@dataclass
class Times:
    """Seconds that each step took, by name."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def done(self, step: str) -> None:
        """Note that this step has ended, and say so."""
        now = time.monotonic()
        self.seconds[step], self._since = now - self._since, now
        print(f"  {step}: {self.seconds[step]:,.0f} s", flush=True)


def restored(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001 - as every part
    """Fill books, back them up, take them back into an empty database, and verify them there."""
    postings = int(os.environ.get("RESTORE_POSTINGS") or _POSTINGS)
    if is_quick:
        postings = _POSTINGS_QUICK
    times = Times()
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as name:
        servers = embedded.start(Path(name), durable=True)
        try:
            size_bytes, archive_bytes = _measure(servers, Path(name), postings, times)
        finally:
            servers.stop()
    taken, made = times.seconds["restored and verified"], times.seconds["backed up"]
    return [
        Figure(
            f"a backup of {postings:,} postings taken back and verified",
            *(taken, "s", _YARDSTICK, SECONDS_MAX, taken / SECONDS_MAX, "<= 1.0"),
            taken <= SECONDS_MAX,
        ),
        Figure(
            "the backup made",
            *(made, "s", "taking it back", taken, made / taken, "shown beside", None),
        ),
        Figure(
            "a journal of two postings in the archive",
            2 * archive_bytes / postings,
            "bytes",
            "in the database, indexes and all",
            2 * size_bytes / postings,
            archive_bytes / size_bytes,
            "shown beside",
            None,
        ),
    ]


def _measure(
    servers: embedded.Servers, folder: Path, postings: int, times: Times
) -> tuple[int, int]:
    """Return how many bytes the ledger's tables and the archive have."""
    owner = {**environment(servers, port=9), "DATABASE_URL": servers.owner_url}
    manage(["migrate", "--verbosity", "0"], owner)
    manage(["create_account", _PHONE], owner)  # whose key is the one to be opened
    wallets = min(_WALLETS, postings // 10)
    _run("benchmarks.ledger_work", "prepare", str(wallets), "1000", environment=owner)
    times.done("prepared")
    size_bytes = _fill(servers.owner_url, journals=postings // 2)
    times.done("filled")
    _run("manage", "backup", str(folder / "backup"), environment=owner)
    times.done("backed up")
    with psycopg.connect(servers.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
    there = {**owner, "DATABASE_URL": re.sub(r"/nannychain$", "/restored", servers.owner_url)}
    _run("manage", "restore", str(folder / "backup"), environment=there)  # fails at a fault
    times.done("restored and verified")
    return size_bytes, sum(path.stat().st_size for path in (folder / "backup").iterdir())


def _fill(owner_url: str, *, journals: int) -> int:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SET work_mem = '512MB'")
        for table in _TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute("SELECT ledger_roll_up()")
        counted = connection.execute(
            "SELECT count(*) FROM wallets_balance"
            " WHERE kind_id = 2010 AND sign * balance >= 100000000"
        ).fetchone()
        assert counted is not None
        with connection.transaction():
            for statement in _FILL:
                connection.execute(statement.format(journals=journals, wallets=counted[0]))
        for table in _TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        connection.execute("VACUUM (ANALYZE)")
        sizes = [
            connection.execute("SELECT pg_total_relation_size(%s)", [table]).fetchone()
            for table in ("wallets_journal", "wallets_posting")
        ]
    return sum(int(size[0]) for size in sizes if size is not None)


def _run(*words: str, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


PARTS = {"restore": restored}
