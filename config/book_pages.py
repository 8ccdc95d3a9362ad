"""The pages about the ledger, drawn from the chart of accounts, the recipes and the first figures.

`manage.py flows` writes them to `docs/ledger/`; a check fails when they differ from the code.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from nannychain.clock import NAIROBI
from nannychain.money import display
from nannychain.operating.figures import CAPS
from payments.fees.figures import TARIFFS
from payments.fees.figures import WORDS as FEE_WORDS
from payments.limits.figures import LEVELS, NEW_PAYEE_HOURS, NEW_PAYEE_MAX_CENTS, OPERATIONS
from wallets.ledger.chart import CHART, Kind, Line
from wallets.ledger.recipes import Recipe, journal_kinds, registered
from workers.kyc.levels import WORDS as LEVEL_WORDS
from workers.kyc.levels import Level

_FOLDER = settings.BASE_DIR / "docs" / "ledger"
_DRAWN = "Drawn from the code by `make flows`. Change the code, not this page.\n"
_NAMES = {line.kind: line.name for line in CHART}


def pages() -> dict[Path, str]:
    """Return each page's text, by its path."""
    return {
        _FOLDER / "chart.md": _chart(),
        _FOLDER / "recipes.md": _recipes(),
        _FOLDER / "fees.md": _fees(),
    }


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


def _fees() -> str:
    since = f"{TARIFFS[0]['effective_from'].astimezone(NAIROBI):%-d %B %Y}"
    text = f"""# Fees, limits and caps

{_DRAWN}
These are the figures that the tables begin with, in force from {since}. What is in force now, what
is to come and what was stands in the admin; the past is never changed. Prices contain the excise
duty: of a price p at the rate r, p * r / (1 + r) is the duty, to the nearest cent, and is booked to
2820; the rest is booked to 4010.

"""
    sections = [text, *(_tariff(tariff) for tariff in TARIFFS), _limits(), _caps()]
    return "\n".join(sections)


def _tariff(tariff: Mapping[str, Any]) -> str:
    pairs = zip(tariff["up_to_cents"], tariff["price_cents"], strict=True)
    rows = [(display(up_to), display(price)) for up_to, price in pairs]
    rate = tariff["tax_basis_points"] / 100
    reason = tariff["reason"][:1].upper() + tariff["reason"][1:]
    title = f"## {FEE_WORDS[tariff['operation']]}\n\n{reason}. "
    return f"{title}Duty within: {rate:g} %.\n\n" + _table(("up to", "paid"), rows)


def _limits() -> str:
    levels = [
        (
            LEVEL_WORDS[Level(row["level"])],
            display(row["wallet_max_cents"]),
            display(row["transaction_max_cents"]),
            display(row["day_max_cents"]),
        )
        for row in LEVELS
    ]
    bounds = [
        (row["operation"], display(row["min_cents"]), display(row["max_cents"]))
        for row in OPERATIONS
    ]
    new = f"A payee whom a member has never paid gets {display(NEW_PAYEE_MAX_CENTS)} at most in the"
    return (
        f"## Limits\n\n{new} first {NEW_PAYEE_HOURS} hours.\n\n"
        + _table(("a member", "in the wallet", "out at once", "out on a day"), levels)
        + "\n"
        + _table(("operation", "at least", "at most"), bounds)
    )


def _caps() -> str:
    rows = [
        (
            row["mode"],
            "any" if row["members_max"] is None else f"{row['members_max']:,}",
            *(
                "any" if row[name] is None else display(row[name])
                for name in ("liability_max_cents", "outflow_day_max_cents")
            ),
        )
        for row in CAPS
    ]
    header = ("mode", "members", "money held for them", "paid out on a day")
    return "## Caps of the operating modes\n\n" + _table(header, rows)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
