"""A journal carries its legs, and a trigger on it posts them (`ledger/sql/v3`)."""

import re
from pathlib import Path

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql"
_FORWARD = (_SQL / "v3" / "posting.sql").read_text(encoding="utf-8")
_BACK = (_SQL / "v3" / "back.sql").read_text(encoding="utf-8")
# What the second form was made of: functions and triggers, by the file that has them.
_SECOND_FORM = (
    ("v1", r"FUNCTION ledger_posted_before\(.*?\$\$;"),
    ("v1", r"FUNCTION ledger_post_batch\(.*?\$\$;"),
    ("v1", r"FUNCTION ledger_leg_is_right\(.*?\$\$;"),
    ("v2", r"FUNCTION ledger_post\(.*?\$\$;"),
    ("v2", r"FUNCTION ledger_leg_moves\(.*?\$\$;"),
    ("v2", r"FUNCTION ledger_postings_made\(.*?\$\$;"),
    ("v2", r"FUNCTION ledger_examine\(.*?\$\$;"),
    ("v1", r"TRIGGER ledger_postings_made .*?;"),
    ("v2", r"TRIGGER ledger_leg_moves .*?;"),
)


def _second_form(version: str, pattern: str) -> str:
    text = (_SQL / version / "posting.sql").read_text(encoding="utf-8")
    # A body holds "$$" only at its two ends.
    found = re.search(rf"^CREATE (?:OR REPLACE )?({pattern})$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return f"CREATE OR REPLACE {found.group(1)}\n"


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0014_fill_legs_of_journals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="journal", name="accounts", field=ArrayField(models.BigIntegerField())
        ),
        migrations.AlterField(
            model_name="journal", name="amounts", field=ArrayField(models.BigIntegerField())
        ),
        migrations.RemoveField(model_name="journal", name="legs_hash"),
        migrations.RunSQL(_FORWARD, _BACK + "".join(_second_form(*each) for each in _SECOND_FORM)),
    ]
