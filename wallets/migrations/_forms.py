"""Reading the ledger's SQL, and what a form of it was made of before: for going back."""

import re
from pathlib import Path

_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql"


def text(file: str) -> str:
    """Return a file of `ledger/sql`."""
    return (_SQL / file).read_text(encoding="utf-8")


def before(file: str, pattern: str) -> str:
    """Return the statement of a file that makes what the pattern finds, made again in its place."""
    # A body holds "$$" only at its two ends.
    found = re.search(rf"^CREATE (?:OR REPLACE )?({pattern})$", text(file), re.S | re.M)
    assert found is not None, pattern
    # A constraint trigger and a view's can't be replaced.
    is_trigger = "TRIGGER" in pattern
    return f"CREATE {'' if is_trigger else 'OR REPLACE '}{found.group(1)}\n"
