"""What the simulated world remembers: messages, opt-outs and posts that are still to be made.

SQLite: in a file when a state folder is given, so that inboxes survive a restart, else in memory.
Not here: faults and the record of requests, which are forgotten with the program.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, phone TEXT NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL,
    status TEXT NOT NULL, received_at REAL NOT NULL, is_read INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone, number);
CREATE TABLE IF NOT EXISTS optouts (
    phone TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (phone, sender)
);
CREATE TABLE IF NOT EXISTS sims (phone TEXT PRIMARY KEY, swapped_on TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    setting TEXT NOT NULL, body TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL
);
"""
_TABLES = ("messages", "optouts", "sims", "posts")
_VERSION = 2  # state of another version is forgotten: it is a simulated world
_INBOX_MAX = 200
_ARRIVED = "Success"


@dataclass(frozen=True)
class Post:
    """A form that is to be posted to the address in `setting`, at `due_at` (epoch seconds)."""

    number: int
    setting: str
    body: str
    due_at: float
    tries: int


class Store:
    """One connection behind a lock: the simulators are many threads and little traffic."""

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        """Open or create the state in this folder; without one, keep it in memory."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = ":memory:" if folder is None else str(folder / "simulators.sqlite3")
        self._clock = clock
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(address, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._make_tables()

    def add_message(self, *, id: str, phone: str, sender: str, text: str, status: str) -> None:
        """Keep an accepted message with its final status; it is in the inbox if it arrived."""
        self._run(
            "INSERT INTO messages (id, phone, sender, text, status, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (id, phone, sender, text, status, self._clock()),
        )

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """Return all that was accepted for the phone, newest first; the last 200."""
        rows = self._run(
            "SELECT id, sender, text, status, received_at, is_read FROM messages WHERE phone = ?"
            " ORDER BY number DESC LIMIT ?",
            (phone, _INBOX_MAX),
        )
        return [{**dict(row), "is_read": bool(row["is_read"])} for row in rows]

    def inbox(self, phone: str) -> list[dict[str, Any]]:
        """Return what arrived at the phone, newest first."""
        return [message for message in self.messages(phone) if message["status"] == _ARRIVED]

    def mark_read(self, *, phone: str, id: str) -> None:
        """Note that this message was opened on its phone."""
        self._run("UPDATE messages SET is_read = 1 WHERE phone = ? AND id = ?", (phone, id))

    def opt_out(self, *, phone: str, sender: str) -> None:
        """Let no further message from this sender reach the phone."""
        self._run("INSERT OR IGNORE INTO optouts (phone, sender) VALUES (?, ?)", (phone, sender))

    def opt_in(self, phone: str) -> None:
        """Lift every opt-out of the phone."""
        self._run("DELETE FROM optouts WHERE phone = ?", (phone,))

    def is_opted_out(self, *, phone: str, sender: str) -> bool:
        """Return whether the phone has stopped messages from this sender."""
        found = self._run("SELECT 1 FROM optouts WHERE phone = ? AND sender = ?", (phone, sender))
        return bool(found)

    def swap_sim(self, *, phone: str, day: str) -> None:
        """Let the phone's SIM have been changed last on this day (ISO 8601)."""
        self._run(
            "INSERT OR REPLACE INTO sims (phone, swapped_on) VALUES (?, ?)",
            (phone, day),
        )

    def sim_swapped_on(self, phone: str) -> str:
        """Return the day on which the phone's SIM was changed last; empty if it never was."""
        rows = self._run("SELECT swapped_on FROM sims WHERE phone = ?", (phone,))
        return str(rows[0]["swapped_on"]) if rows else ""

    def schedule(self, *, setting: str, body: str, delay_seconds: float) -> None:
        """Keep a form to be posted after this time."""
        self._run(
            "INSERT INTO posts (setting, body, due_at, tries) VALUES (?, ?, ?, 0)",
            (setting, body, self._clock() + delay_seconds),
        )

    def next_due(self) -> Post | None:
        """Return the post whose time has come first; None when none is due yet."""
        rows = self._run(
            "SELECT number, setting, body, due_at, tries FROM posts WHERE due_at <= ?"
            " ORDER BY due_at, number LIMIT 1",
            (self._clock(),),
        )
        return Post(**dict(rows[0])) if rows else None

    def posted(self, post: Post) -> None:
        """Forget a post that was accepted, or given up."""
        self._run("DELETE FROM posts WHERE number = ?", (post.number,))

    def put_off(self, post: Post, *, delay_seconds: float) -> None:
        """Try this post again after this time."""
        self._run(
            "UPDATE posts SET due_at = ?, tries = tries + 1 WHERE number = ?",
            (self._clock() + delay_seconds, post.number),
        )

    def reset(self) -> None:
        """Forget everything."""
        for table in _TABLES:
            self._run(f"DELETE FROM {table}", ())  # noqa: S608 - the names stand above

    def _make_tables(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            for table in _TABLES:
                self._connection.execute(f"DROP TABLE IF EXISTS {table}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        self._connection.executescript(_SCHEMA)

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
