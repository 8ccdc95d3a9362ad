"""A batch posts itself whole, and accounts are found by their index (`ledger/sql/v4`)."""

import re
from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql"
# What the forms before were made of, by the file that has it.
_POSTING_BEFORE = (
    ("v1/accounts.sql", r"FUNCTION ledger_refuse\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_journal_posts\(.*?\$\$;"),
    ("v3/posting.sql", r"CONSTRAINT TRIGGER ledger_journal_posts .*?;"),
    ("v3/posting.sql", r"FUNCTION ledger_batch_posts\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_post\(.*?\$\$;"),
    ("v3/posting.sql", r"FUNCTION ledger_post_batch\(.*?\$\$;"),
)
_ACCOUNTS_BEFORE = (("v1/accounts.sql", r"FUNCTION ledger_open_account\(.*?\$\$;"),)


def _text(file: str) -> str:
    return (_SQL / file).read_text(encoding="utf-8")


def _before(file: str, pattern: str) -> str:
    # A body holds "$$" only at its two ends.
    found = re.search(rf"^CREATE (?:OR REPLACE )?({pattern})$", _text(file), re.S | re.M)
    assert found is not None
    is_trigger = "TRIGGER" in pattern  # a constraint trigger can't be replaced
    return f"CREATE {'' if is_trigger else 'OR REPLACE '}{found.group(1)}\n"


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0017_journals_taken_out"),
    ]

    operations = [
        migrations.RunSQL(
            _text("v4/posting.sql"),
            _text("v4/back.sql") + "".join(_before(*each) for each in _POSTING_BEFORE),
        ),
        migrations.RunSQL(
            _text("v4/accounts.sql"),
            "".join(_before(*each) for each in _ACCOUNTS_BEFORE)
            + _text("v4/accounts_back.sql"),
        ),
    ]
