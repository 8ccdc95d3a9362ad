"""The ledger beside pgbench and django-hordak, on one durable server, in interleaved rounds."""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, manage
from benchmarks.stellar import environment
from nannychain import embedded

_PROCESSES = 2
_THREADS = 4
_SCALE = 50
_HOT = """
\\set number :number + 1
\\set wallet random({first}, {last})
SELECT ledger_post_pair('deposit.settled', 'deposit-{run}-' || :client_id || '-' || :number, now(),
                        '', {paybill}, :wallet, 100);
"""
_SETTINGS = [
    "server_version",
    "shared_buffers",
    "max_wal_size",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
]
_PGBENCH = "pgbench tpcb-like, prepared, scale 50, -c 8 -j 2"


@dataclass
class Rounds:
    """What each kind of work reached, a figure for each round."""

    per_second: dict[str, list[float]] = field(default_factory=dict)
    p99_ms: dict[str, list[float]] = field(default_factory=dict)

    def median(self, work: str) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.per_second[work])

    def spread(self, work: str) -> str:
        """Return least and greatest, for reading."""
        values = self.per_second[work]
        return f"{min(values):,.0f} to {max(values):,.0f}"


class Server:
    """A durable server with our books, pgbench's tables and hordak's."""

    def __init__(self, folder: Path) -> None:
        self.servers = embedded.start(folder, durable=True)
        self.environment = environment(self.servers, port=9)
        self.owner = {**self.environment, "DATABASE_URL": self.servers.owner_url}

    def prepare(self, *, wallets: int, long_statement: int) -> None:
        """Make all tables and rows, and the statistics that a living database has."""
        manage(["migrate", "--verbosity", "0"], self.owner)
        with psycopg.connect(self.servers.owner_url, autocommit=True) as owner:
            for name in ("pgbench", "hordak"):
                owner.execute(f"CREATE DATABASE {name}")
        self.pgbench("-i", "-q", "-s", str(_SCALE))
        hordak = self.of_hordak()
        manage(["migrate", "--verbosity", "0"], hordak)
        self._run("benchmarks.hordak_work", "prepare", str(wallets // 10), environment=hordak)
        self._run("benchmarks.ledger_work", "prepare", str(wallets), str(long_statement))
        with psycopg.connect(self.servers.owner_url, autocommit=True) as owner:
            owner.execute("VACUUM (ANALYZE)")

    def of_hordak(self) -> dict[str, str]:
        """Return the environment of hordak's own database, as its owner."""
        address = re.sub(r"/nannychain$", "/hordak", self.servers.owner_url)
        return {
            **self.environment,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "benchmarks.hordak_settings",
        }

    def pgbench(self, *arguments: str) -> str:
        """Run pgbench and return what it prints."""
        address = re.sub(r"/nannychain$", "/pgbench", self.servers.owner_url)
        return self._pgbench(address, *arguments)

    def tpcb(self, *, seconds: int) -> float:
        """Return transactions a second of the yardstick."""
        said = self.pgbench("-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds))
        return _tps(said)

    def hot(self, *, seconds: int) -> float:
        """Return postings a second onto the float, by pgbench as a client, as the yardstick is."""
        with psycopg.connect(self.servers.app_url) as connection:
            rows = connection.execute(
                "SELECT min(id), max(id), (SELECT id FROM wallets_account WHERE kind_id = 1110)"
                " FROM wallets_account WHERE kind_id = 2010 AND label = ''"
            ).fetchall()
        first, last, paybill = rows[0]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(_HOT.format(first=first, last=last, paybill=paybill, run=uuid.uuid4().hex))
            script.flush()
            arguments = ("-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds))
            numbered = ("-D", "number=0", "-f", script.name)
            said = self._pgbench(self.servers.app_url, *arguments, *numbered)
        return _tps(said)

    def clients(
        self, work: str, *, processes: int, seconds: int, threads: int = 1
    ) -> list[dict[str, Any]]:
        """Let clients work at once, so many in each process; return what each has measured."""
        is_hordak = work == "hordak"
        program = "benchmarks.hordak_work" if is_hordak else "benchmarks.ledger_work"
        children = [
            subprocess.Popen(
                [sys.executable, "-m", program, work, str(seconds), str(threads)],
                cwd=ROOT,
                env=self.of_hordak() if is_hordak else self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]
        for child in children:
            assert child.stdout is not None
            if child.stdout.readline() != "ready\n":
                raise RuntimeError(f"a client of {work} has ended")
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return [json.loads(child.communicate()[0]) for child in children]

    def settings(self) -> str:
        """Return what decides how quick and how durable the server is, for reading."""
        with psycopg.connect(self.servers.app_url) as connection:
            rows = connection.execute(
                "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [_SETTINGS]
            ).fetchall()
        return ", ".join(" ".join(row) for row in rows)

    def roll_up(self) -> None:
        """Do what beat does each second in a living installation."""
        with psycopg.connect(self.servers.app_url, autocommit=True) as connection:
            connection.execute("SELECT ledger_roll_up()")

    def bytes_per_journal(self) -> float:
        """Return what the journals of the run take, indexes and all."""
        tables = "wallets_journal", "wallets_posting"
        with psycopg.connect(self.servers.app_url) as connection:
            sizes = [
                connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone()
                for name in tables
            ]
            count = connection.execute("SELECT count(*) FROM wallets_journal").fetchone()
        assert count is not None
        return float(sum(size[0] for size in sizes if size) / count[0])

    def _pgbench(self, address: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.servers.postgres.program("pgbench")), *arguments, address],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def _run(
        self, program: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> None:
        subprocess.run(
            [sys.executable, "-m", program, *arguments],
            cwd=ROOT,
            env=environment or self.environment,
            check=True,
        )


def _tps(said: str) -> float:
    found = re.search(r"tps = ([0-9.]+) ", said)
    assert found is not None
    return float(found.group(1))


def ledger(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001
    """Measure postings, batches, a hot account and statements."""
    rounds, seconds = (1, 5) if is_quick else (5, 20)
    long_statement = 10_000 if is_quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as folder:
        server = Server(Path(folder))
        try:
            print(f"  {server.settings()}")
            server.prepare(wallets=5_000 if is_quick else 100_000, long_statement=long_statement)
            found = _rounds(server, count=rounds, seconds=seconds)
            pages = _pages(server, rounds=3 * rounds)
            size = server.bytes_per_journal()
        finally:
            server.servers.stop()
    for work in found.per_second:
        p99 = f", p99 {max(found.p99_ms[work]):.1f} ms" if work in found.p99_ms else ""
        print(f"  {work}: {found.median(work):,.0f}/s ({found.spread(work)}){p99}")
    return [*_figures(found), *_page_figures(pages, entries=long_statement), _size(size)]


def _rounds(server: Server, *, count: int, seconds: int) -> Rounds:
    rounds = Rounds()
    measured = partial(server.clients, processes=_PROCESSES, seconds=seconds)
    works: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "single": lambda: measured("single", threads=_THREADS),
        "batch": lambda: measured("batch", threads=_THREADS),
        "hot through Django": lambda: measured("hot", threads=_THREADS),
        "hordak": lambda: measured("hordak", threads=_THREADS),
    }
    for _ in range(count):
        rounds.per_second.setdefault("pgbench", []).append(server.tpcb(seconds=seconds))
        rounds.per_second.setdefault("hot", []).append(server.hot(seconds=seconds))
        server.roll_up()
        for work, measure in works.items():
            clients = measure()
            server.roll_up()
            total = sum(client["per_second"] for client in clients)
            rounds.per_second.setdefault(work, []).append(total)
            worst = max(client["p99_ms"] for client in clients)
            rounds.p99_ms.setdefault(work, []).append(worst)
    return rounds


def _figures(found: Rounds) -> list[Figure]:
    def row(name: str, work: str, *, beside: str, yardstick: str, least: float) -> Figure:
        value, other = found.median(work), found.median(beside)
        ratio = value / other
        return Figure(name, value, "1/s", yardstick, other, ratio, f">= {least:g}", ratio >= least)

    hordak = "django-hordak's transfer_to, the same server"
    return [
        row("one posting through Django, 8 clients", "single", beside="pgbench",
            yardstick=_PGBENCH, least=0.8),
        row("postings in batches of 100, 8 clients", "batch", beside="pgbench",
            yardstick=_PGBENCH, least=4),
        row("one posting onto a hot account, by the same client", "hot", beside="pgbench",
            yardstick=_PGBENCH, least=1.0),
        replace(
            row("the same through Django", "hot through Django", beside="pgbench",
                yardstick=_PGBENCH, least=0.0),
            target="-", met=None,
        ),
        row("one posting through Django, beside hordak", "single", beside="hordak",
            yardstick=hordak, least=3.5),
    ]  # fmt: skip


def _pages(server: Server, *, rounds: int) -> dict[str, list[float]]:
    """Return the medians of reading a page, in milliseconds, for the long and the short account.

    Both are read at once, by a client each: what disturbs the machine disturbs both. What they cost
    each other is in both, too, which brings their ratio nearer to 1.
    """
    found: dict[str, list[float]] = {"long": [], "short": []}

    def read(label: str) -> float:
        return float(server.clients(f"page:{label}", processes=1, seconds=2)[0]["p50_ms"])

    with ThreadPoolExecutor(len(found)) as pool:
        for _ in range(rounds):
            for label, median in zip(found, pool.map(read, found), strict=True):
                found[label].append(median)
    return found


def _page_figures(pages: dict[str, list[float]], *, entries: int) -> list[Figure]:
    long, short = statistics.median(pages["long"]), statistics.median(pages["short"])
    ratio = long / short
    return [
        Figure(f"a page of statement, {entries:,} entries", long, "ms", "the same, 1,000 entries",
               short, ratio, "<= 1.2", ratio <= 1.2)
    ]  # fmt: skip


def _size(size: float) -> Figure:
    return Figure(
        "a journal of two postings, with indexes", size, "bytes", "pgledger's own figure",
        743.0, size / 743, "-", None
    )  # fmt: skip


PARTS = {"ledger": ledger}
