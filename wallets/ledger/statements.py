"""Statements: an account's entries from the newest back, each with the balance after it.

A strict account's entries are numbered without gaps, so that a page stays what it is while others
post. A hot account's are in the order of their journals; what commits late slips in between, and
the balances are reckoned back from the present one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nannychain import csv_lines
from nannychain.clock import NAIROBI
from nannychain.errors import Invalid
from wallets.ledger.models import Account, Balance, Currency

PAGE_MAX = 200
_COLUMNS = "p.journal_id, j.kind, j.cause, j.effective_at, j.recorded_at, b.sign * p.amount"
_STRICT = f"""
    SELECT p.version, {_COLUMNS}, b.sign * p.balance_after
      FROM wallets_posting p
      JOIN wallets_journal j ON j.id = p.journal_id
      JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.account_id = %(account)s AND p.version < %(before)s
     ORDER BY p.version DESC LIMIT %(size)s
"""  # noqa: S608 - columns of our own
_HOT = f"""
    SELECT p.journal_id, {_COLUMNS},
           coalesce(%(running)s, b.sign * (b.balance + coalesce((
               SELECT sum(u.amount) FROM wallets_unrolled u WHERE u.account_id = b.account_id), 0)))
           - coalesce(sum(b.sign * p.amount) OVER (ORDER BY p.journal_id DESC
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
      FROM (SELECT * FROM wallets_posting
             WHERE account_id = %(account)s AND version IS NULL AND journal_id < %(before)s
             ORDER BY journal_id DESC LIMIT %(size)s) p
      JOIN wallets_journal j ON j.id = p.journal_id
      JOIN wallets_balance b ON b.account_id = p.account_id
     ORDER BY p.journal_id DESC
"""  # noqa: S608 - columns of our own
_NEWEST = 2**63 - 1
_STRICT_CURSOR = re.compile(r"([0-9]{1,19})")
_HOT_CURSOR = re.compile(r"([0-9]{1,19})\.(-?[0-9]{1,19})")  # and the balance to go on from


class InvalidCursor(Invalid):
    """A cursor that no statement has given."""

    code = "ledger.invalid_cursor"
    message = "That page doesn't exist."


@dataclass(frozen=True)
class Entry:
    """One line of a statement, in minor units on the account's natural side.

    `number` counts a strict account's entries from 1; of a hot one it is the journal's.
    """

    number: int
    journal_id: int
    kind: str
    cause: str
    effective_at: datetime
    recorded_at: datetime
    amount: int
    balance: int


@dataclass(frozen=True)
class Page:
    """Entries from the newest back, and the cursor of the page with older ones, if there are."""

    entries: list[Entry]
    cursor: str | None


def page(account_id: int, *, cursor: str | None = None, size: int = 20) -> Page:
    """Return a page of the account's statement; `cursor` is that of the page before.

    Raises Balance.DoesNotExist and InvalidCursor.
    """
    is_hot = Balance.objects.values_list("is_deferred", flat=True).get(account_id=account_id)
    before, running = _read(cursor, is_hot=is_hot)
    size = max(1, min(size, PAGE_MAX))
    with connection.cursor() as database:
        database.execute(
            _HOT if is_hot else _STRICT,
            {"account": account_id, "before": before, "running": running, "size": size + 1},
        )
        found = [_entry(row) for row in database.fetchall()]
    entries = found[:size]
    if len(found) <= size:
        return Page(entries, None)
    last = entries[-1]
    return Page(
        entries, f"{last.number}.{last.balance - last.amount}" if is_hot else f"{last.number}"
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    number, journal_id, kind, cause, effective_at, recorded_at, amount, balance = row
    return Entry(number, journal_id, kind, cause, effective_at, recorded_at, amount, int(balance))


def _read(cursor: str | None, *, is_hot: bool) -> tuple[int, int | None]:
    if cursor is None:
        return _NEWEST, None
    found = (_HOT_CURSOR if is_hot else _STRICT_CURSOR).fullmatch(cursor)
    if found is None:
        raise InvalidCursor
    before, running = int(found[1]), int(found[2]) if is_hot else None
    if before >= _NEWEST or abs(running or 0) > _NEWEST:
        raise InvalidCursor
    return before, running


def everything(account_id: int) -> Iterator[Entry]:
    """Yield all entries from the newest back, a page at a time."""
    cursor = None
    while True:
        found = page(account_id, cursor=cursor, size=PAGE_MAX)
        yield from found.entries
        cursor = found.cursor
        if cursor is None:
            return


def as_csv(account_id: int) -> Iterator[str]:
    """Yield the whole statement as lines of CSV (RFC 4180), amounts in the currency's major unit.

    Times are those of Nairobi, with their offset. Memory stays flat. Raises Account.DoesNotExist.
    """
    account = Account.objects.get(pk=account_id)
    scale = Currency.objects.get(pk=account.currency_id).scale
    header = ("number", "journal", "kind", "cause", "effective", "recorded", "amount", "balance")
    rows = (
        (
            entry.number,
            entry.journal_id,
            entry.kind,
            entry.cause,
            entry.effective_at.astimezone(NAIROBI).isoformat(timespec="seconds"),
            entry.recorded_at.astimezone(NAIROBI).isoformat(timespec="seconds"),
            decimal_text(entry.amount, scale=scale),
            decimal_text(entry.balance, scale=scale),
            account.currency_id,
        )
        for entry in everything(account_id)
    )
    yield from csv_lines.lines((*header, "currency"), rows)


def decimal_text(minor: int, *, scale: int) -> str:
    """Return minor units as a plain decimal number: 123456 with scale 2 is `1234.56`."""
    if scale == 0:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**scale)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{scale}d}"
