"""What is brought up to the code after each migration, as the tables' owner: the chart of accounts,
the kinds of journal, and who may write the ledger's tables.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from wallets.ledger import recipes
from wallets.ledger.chart import CHART, CURRENCIES
from wallets.ledger.models import Account, AccountKind, Currency, JournalKind


class KindInUse(RuntimeError):
    """The chart gives a kind that has accounts another side, mode or floor."""


RIGHTS = Path(__file__).parent / "sql" / "v1" / "rights.sql"
_FIXED = ("type", "side", "is_deferred", "floor")


def after_migrate(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Bring the tables up to the code, once the migrations have made them."""
    tables = _tables(using)
    if "wallets_manualposting" in tables:  # made with the last column that they need
        sync(using=using)
    if "wallets_holdcapture" in tables:
        with connections[using].cursor() as cursor:
            cursor.execute(RIGHTS.read_text(encoding="utf-8"))


def sync(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write what the chart and the recipes say, where it differs; raise KindInUse."""
    _write(Currency, [vars(money) for money in CURRENCIES], using=using)
    kinds = [
        {
            "code": int(line.kind),
            "name": line.name,
            "type": line.type,
            "side": line.side,
            "is_deferred": line.is_deferred,
            "floor": line.floor,
            "is_customer_money": line.is_customer_money,
            "clears_within_days": line.clears_within_days,
        }
        for line in CHART
    ]
    _refuse_changes(kinds, using=using)
    _write(AccountKind, kinds, using=using)
    _write(
        JournalKind,
        [
            {
                "code": kind.code,
                "phrase": kind.phrase,
                "debits": [int(code) for code in kind.debits],
                "credits": [int(code) for code in kind.credits],
                "sides": _sides(kind),
            }
            for kind in recipes.journal_kinds()
        ],
        using=using,
    )


def _sides(kind: recipes.JournalKind) -> list[int]:
    """Return what the posting reads of a kind: its hot side, then what it debits and credits."""
    hot = {line.kind for line in CHART if line.is_deferred}
    side = 1 if hot.issuperset(kind.debits) else -1 if hot.issuperset(kind.credits) else 0
    return [side, *map(int, kind.debits), *(-code for code in kind.credits)]


def _tables(using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        return connections[using].introspection.table_names(cursor)


def _refuse_changes(kinds: Sequence[Mapping[str, Any]], *, using: str) -> None:
    used = set(Account.objects.using(using).values_list("kind_id", flat=True).distinct())
    stored = AccountKind.objects.using(using).in_bulk(list(used))
    by_code = {kind["code"]: kind for kind in kinds}
    for code, old in stored.items():
        if code not in by_code or any(getattr(old, name) != by_code[code][name] for name in _FIXED):
            raise KindInUse(f"kind {code} has accounts: change it by a migration that moves them")


def _write(model: type[models.Model], rows: list[dict[str, Any]], *, using: str) -> None:
    stored = {row["code"]: row for row in model._default_manager.using(using).values()}
    changed = [row for row in rows if stored.get(row["code"]) != row]
    model._default_manager.using(using).bulk_create(
        [model(**row) for row in changed],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[name for name in rows[0] if name != "code"],
    )
