"""A posting with fewer statements, and floors kept by its triggers alone (`ledger/sql/v2`)."""

import re
from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).resolve().parent.parent / "ledger" / "sql"
_FORWARD = (_SQL / "v2" / "posting.sql").read_text(encoding="utf-8")
_BACK = (_SQL / "v2" / "back.sql").read_text(encoding="utf-8")
_FIRST = (_SQL / "v1" / "posting.sql").read_text(encoding="utf-8")
_CHANGED = ("ledger_post", "ledger_postings_made", "ledger_examine")


def _first_form(name: str) -> str:
    """Return the statement that gives a function its first form again."""
    found = re.search(rf"^CREATE (FUNCTION {name}\(.*?^END \$\$;)", _FIRST, re.DOTALL | re.MULTILINE)
    assert found is not None
    return f"CREATE OR REPLACE {found.group(1)}\n"


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0011_manual_journals"),
    ]

    operations = [
        migrations.RunSQL(_FORWARD, _BACK + "".join(_first_form(name) for name in _CHANGED)),
        migrations.RemoveConstraint(model_name="balance", name="balance_above_floor"),
    ]
