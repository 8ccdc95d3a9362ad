"""The money of the simulated M-Pesa: wallets on phones, floats of shortcodes, and what moved.

SQLite: in a file when a state folder is given, else in memory. Each method is one transaction, so
that money is never half moved, whatever kills the program.
"""

import random
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.daraja.schema import SCHEMA, TABLES, VERSION

WORKING, UTILITY, CHARGES = "Working Account", "Utility Account", "Charges Paid Account"
SETTLEMENT = "Organization Settlement Account"
ACCOUNTS = (WORKING, "Float Account", UTILITY, CHARGES, SETTLEMENT)
WALLET_CENTS_MAX = 500_000_00
# What a business pays for a payout: up to this many shillings, this many.
_CHARGES = ((100, 0), (1_500, 5), (5_000, 9), (20_000, 11), (250_000, 13))
_SELECT = "SELECT receipt, kind, phone, shortcode, cents, reference, at, is_reversed FROM payments"
_YEAR_OF_A = 2006  # receipts begin with a letter for the year: U in 2026


class NotEnough(Exception):
    """There is less than was to be taken."""


class TooFull(Exception):
    """The wallet would hold more than it may."""


@dataclass(frozen=True)
class Payment:
    """Money that has moved: push or paybill (in), payout or reversal (out)."""

    receipt: str
    kind: str
    phone: str
    shortcode: str
    cents: int
    reference: str
    at: float
    is_reversed: bool = False


class Bank:
    """One connection behind a lock: many threads and little traffic."""

    def __init__(
        self,
        folder: Path | None,
        *,
        wallet_cents: int,
        float_cents: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or create the state in this folder; without one, keep it in memory."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = ":memory:" if folder is None else str(folder / "daraja.sqlite3")
        self.clock = clock
        self._opening = {"wallet": wallet_cents, "float": float_cents}
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(address, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._make_tables()

    def wallet(self, phone: str) -> int:
        """Return the cents in a phone's wallet; a new phone has what phones begin with."""
        with self.transaction():
            self.run("INSERT OR IGNORE INTO wallets VALUES (?, ?)", phone, self._opening["wallet"])
            return int(self.run("SELECT cents FROM wallets WHERE phone = ?", phone)[0]["cents"])

    def set_wallet(self, phone: str, *, cents: int) -> None:
        """Let a wallet hold this much."""
        self.run("INSERT OR REPLACE INTO wallets VALUES (?, ?)", phone, cents)

    def floats(self, shortcode: str) -> dict[str, int]:
        """Return the cents in each account of a shortcode; payouts leave the utility account."""
        with self.transaction():
            for account in ACCOUNTS:
                opening = self._opening["float"] if account == UTILITY else 0
                self.run(
                    "INSERT OR IGNORE INTO floats VALUES (?, ?, ?)", shortcode, account, opening
                )
            rows = self.run("SELECT account, cents FROM floats WHERE shortcode = ?", shortcode)
        found = {row["account"]: int(row["cents"]) for row in rows}
        return {account: found[account] for account in ACCOUNTS}

    def set_float(self, shortcode: str, account: str, *, cents: int) -> None:
        """Let an account of a shortcode hold this much."""
        with self.transaction():
            change = cents - self.floats(shortcode)[account]
            if change:
                receipt = new_receipt(self.clock())
                self._move(shortcode, account, change, receipt=receipt, kind="top-up")

    def sweep(self, shortcode: str, account: str, *, cents: int) -> str:
        """Move money from an account of a shortcode to its settlement; raise NotEnough."""
        return self._move_between(shortcode, account, SETTLEMENT, cents, kind="sweep")

    def pay_charges(self, shortcode: str, account: str) -> str:
        """Pay all charges that are owed; return the receipt, empty where none are."""
        with self.transaction():
            owed = -self.floats(shortcode)[CHARGES]
            if owed <= 0:
                return ""
            return self._move_between(shortcode, account, CHARGES, owed, kind="charges-paid")

    def _move_between(
        self, shortcode: str, account: str, other: str, cents: int, *, kind: str
    ) -> str:
        with self.transaction():
            if self.floats(shortcode)[account] < cents:
                raise NotEnough
            receipt = new_receipt(self.clock())
            for place, change in ((account, -cents), (other, cents)):
                self._move(shortcode, place, change, receipt=receipt, kind=kind, reference=account)
            return receipt

    def take_in(
        self, *, kind: str, phone: str, shortcode: str, cents: int, reference: str
    ) -> Payment:
        """Move money from a wallet to a shortcode; raise NotEnough."""
        with self.transaction():
            if self.wallet(phone) < cents:
                raise NotEnough
            self._add_to_wallet(phone, -cents)
            payment = self._note(kind, phone, shortcode, cents, reference)
            self._book(payment, WORKING, cents)
            return payment

    def pay_out(self, *, phone: str, shortcode: str, cents: int, reference: str) -> Payment:
        """Move money from a shortcode to a wallet; raise NotEnough or TooFull."""
        with self.transaction():
            if self.floats(shortcode)[UTILITY] < cents:
                raise NotEnough
            if self.wallet(phone) + cents > WALLET_CENTS_MAX:
                raise TooFull
            self._add_to_wallet(phone, cents)
            payment = self._note("payout", phone, shortcode, cents, reference)
            self._book(payment, UTILITY, -cents)
            if charge := charge_cents(cents):
                self._book(payment, CHARGES, -charge, kind="charge")
            return payment

    def give_back(self, payment: Payment) -> Payment:
        """Reverse a payment that came in; raise NotEnough."""
        with self.transaction():
            if self.floats(payment.shortcode)[WORKING] < payment.cents:
                raise NotEnough
            self.wallet(payment.phone)
            self._add_to_wallet(payment.phone, payment.cents)
            self.run("UPDATE payments SET is_reversed = 1 WHERE receipt = ?", payment.receipt)
            back = self._note(
                "reversal", payment.phone, payment.shortcode, payment.cents, payment.receipt
            )
            self._book(back, WORKING, -payment.cents, linked=payment.receipt)
            return back

    def payment(self, receipt: str) -> Payment | None:
        """Return the payment with this receipt."""
        return next(iter(self._payments("receipt = ?", receipt)), None)

    def payments(
        self, shortcode: str = "", *, since: float = 0, until: float = 1e12
    ) -> list[Payment]:
        """Return what moved for a shortcode (for all without one), oldest first."""
        return self._payments(
            "(? = '' OR shortcode = ?) AND at >= ? AND at <= ?", shortcode, shortcode, since, until
        )

    def movements(
        self, shortcode: str, account: str, *, since: float, until: float
    ) -> tuple[int, list[sqlite3.Row]]:
        """Return what an account held at `since`, and what moved from then until `until`."""
        with self.transaction():
            held = self.floats(shortcode)[account]
            rows = self.run(
                "SELECT * FROM movements WHERE shortcode = ? AND account = ? AND at >= ?"
                " ORDER BY number",
                *(shortcode, account, since),
            )
        return held - sum(row["cents"] for row in rows), [row for row in rows if row["at"] <= until]

    def reset(self) -> None:
        """Forget everything."""
        for table in TABLES:
            self.run(f"DELETE FROM {table}")  # noqa: S608 - the names stand in the schema

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing; one within another is part of it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def run(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _payments(self, condition: str, *values: Any) -> list[Payment]:
        rows = self.run(f"{_SELECT} WHERE {condition} ORDER BY number", *values)
        return [Payment(**{**dict(row), "is_reversed": bool(row["is_reversed"])}) for row in rows]

    def _note(self, kind: str, phone: str, shortcode: str, cents: int, reference: str) -> Payment:
        payment = Payment(
            new_receipt(self.clock()), kind, phone, shortcode, cents, reference, self.clock()
        )
        self.run(
            "INSERT INTO payments (receipt, kind, phone, shortcode, cents, reference, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(payment.receipt, kind, phone, shortcode, cents, reference, payment.at),
        )
        return payment

    def _add_to_wallet(self, phone: str, cents: int) -> None:
        self.wallet(phone)
        self.run("UPDATE wallets SET cents = cents + ? WHERE phone = ?", cents, phone)

    def _book(
        self, payment: Payment, account: str, cents: int, *, kind: str = "", linked: str = ""
    ) -> None:
        self._move(
            payment.shortcode,
            account,
            cents,
            receipt=payment.receipt,
            kind=kind or payment.kind,
            phone=payment.phone,
            reference=payment.reference,
            linked=linked,
        )

    def _move(
        self,
        shortcode: str,
        account: str,
        cents: int,
        *,
        receipt: str,
        kind: str,
        phone: str = "",
        reference: str = "",
        linked: str = "",
    ) -> None:
        """Add to an account, with the line that its statement will have."""
        balance = self.floats(shortcode)[account] + cents
        self.run(
            "UPDATE floats SET cents = ? WHERE shortcode = ? AND account = ?",
            *(balance, shortcode, account),
        )
        self.run(
            "INSERT INTO movements (shortcode, account, receipt, kind, cents, balance, phone,"
            " reference, linked, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(shortcode, account, receipt, kind, cents, balance, phone, reference, linked),
            self.clock(),
        )

    def _make_tables(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            for table in TABLES:
                self._connection.execute(f"DROP TABLE IF EXISTS {table}")
            self._connection.execute(f"PRAGMA user_version = {VERSION}")
        self._connection.executescript(SCHEMA)


def charge_cents(cents: int) -> int:
    """Return what M-Pesa charges a business for a payout of this much."""
    return next((fee * 100 for most, fee in _CHARGES if cents <= most * 100), 13_00)


def new_receipt(at: float) -> str:
    """Return a receipt such as `UKL1A2B3C4`: year, month and day, and seven more."""
    now = time.gmtime(at + 3 * 3600)
    year = string.ascii_uppercase[(now.tm_year - _YEAR_OF_A) % 26]
    month = string.ascii_uppercase[now.tm_mon - 1]
    day = (string.digits[1:] + string.ascii_uppercase)[now.tm_mday - 1]
    rest = "".join(random.choices(string.ascii_uppercase + string.digits, k=7))
    return f"{year}{month}{day}{rest}"
