"""The pages about the ledger, drawn from the chart of accounts and the recipes.

`manage.py flows` writes them to `docs/ledger/`; a check fails when they differ from the code.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from nannychain.money import display
from wallets.ledger.chart import CHART, Kind, Line
from wallets.ledger.recipes import Recipe, journal_kinds, registered

_FOLDER = settings.BASE_DIR / "docs" / "ledger"
_DRAWN = "Drawn from the code by `make flows`. Change the code, not this page.\n"
_NAMES = {line.kind: line.name for line in CHART}


def pages() -> dict[Path, str]:
    """Return each page's text, by its path."""
    return {_FOLDER / "chart.md": _chart(), _FOLDER / "recipes.md": _recipes()}


def _chart() -> str:
    text = f"""# The chart of accounts

{_DRAWN}
Amounts are whole minor units (cents). In the books a debit is above zero and a credit below; a
balance is shown on its natural side, where the account grows. A strict account is locked by each
posting and can't go below its floor, holds counted in. A hot one is not locked: its balance is
rolled up, and exact when read. Money on a clearing account has to leave it in time.

"""
    header = (
        "code",
        "name",
        "type",
        "grows by",
        "kept",
        "floor",
        "clears within",
        "what stands there",
    )
    return text + _table(header, [_line(line) for line in CHART])


def _line(line: Line) -> tuple[str, ...]:
    return (
        str(int(line.kind)),
        line.name + (" †" if line.is_customer_money else ""),
        line.type,
        "debits" if line.side > 0 else "credits",
        "hot" if line.is_deferred else "strict",
        "-" if line.floor is None else display(line.floor),
        "-" if line.clears_within_days is None else f"{line.clears_within_days} d",
        line.what,
    )


def _recipes() -> str:
    sections = [f"# Recipes\n\n{_DRAWN}", _kinds()]
    sections += [section for recipe in registered() for section in _recipe(recipe)]
    return "\n".join(sections)


def _kinds() -> str:
    rows = [
        (f"`{kind.code}`", kind.phrase, _codes(kind.debits), _codes(kind.credits))
        for kind in journal_kinds()
    ]
    intro = "The database refuses a journal that touches another kind of account than these.\n\n"
    return intro + _table(("kind of journal", "what has happened", "debits", "credits"), rows)


def _codes(kinds: Sequence[Kind]) -> str:
    if len(kinds) == len(CHART):
        return "all"
    return ", ".join(str(int(kind)) for kind in kinds) or "the mirror image"


def _recipe(recipe: Recipe) -> Iterator[str]:
    example = recipe.example()
    yield f"## {recipe.kind.code}\n\n{example.story}\n"
    legs = sorted(example.draft.legs, key=lambda leg: -leg.amount)
    rows = [
        (
            f"{int(example.accounts[leg.account_id])} {_NAMES[example.accounts[leg.account_id]]}",
            display(leg.amount) if leg.amount > 0 else "",
            display(-leg.amount) if leg.amount < 0 else "",
        )
        for leg in legs
    ]
    yield _table(("account", "debit", "credit"), rows)
    yield f"Key: `{example.draft.key}`\n"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
