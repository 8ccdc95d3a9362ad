"""A report as tables of texts, for the page in the admin, the CSV and the PDF alike.

Reads nothing but the stored content, so that all three say what was signed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nannychain.clock import NAIROBI

Content = dict[str, Any]
_STROOPS = 10_000_000


@dataclass(frozen=True)
class Sheet:
    """A titled table. `amounts` are the columns of figures, counted from 0."""

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    amounts: frozenset[int] = frozenset()
    empty: str = "None."


def sheets(content: Content) -> list[Sheet]:
    """Return the tables of a report, what matters most first."""
    return [sheet for make in _SHEETS for sheet in make(content)]


def cents(amount: int | None) -> str:
    """Return shillings as a report has them: `1,234.50`; a dash for none."""
    if amount is None:
        return "-"
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:02d}"


def when(told: str | None) -> str:
    """Return an instant of a report as Nairobi's clocks have it."""
    if told is None:
        return "-"
    moment = datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return f"{moment.astimezone(NAIROBI):%Y-%m-%d %H:%M}"


def _xlm(stroops: int | None) -> str:
    if stroops is None:
        return "-"
    whole, rest = divmod(abs(stroops), _STROOPS)
    return f"{'-' if stroops < 0 else ''}{whole:,}.{rest:07d}"


def _safeguarding(content: Content) -> Iterator[Sheet]:
    line = content["safeguarding"]
    is_short = line["shortfall_cents"] > 0
    rows = [
        (f"Owed to {line['customers']:,} customers and waiting accounts", "requirement_cents"),
        ("Held at M-Pesa, in trust and between them, by our books", "books_cents"),
        ("Of that, M-Pesa has less", "missing_cents"),
        ("Held, as far as M-Pesa agrees", "resource_cents"),
        ("Shortfall: make it good today" if is_short else "Surplus", "surplus_cents"),
    ]
    yield Sheet(
        "Customers' money: owed and held",
        ("", "KES"),
        [(words, cents(line[name])) for words, name in rows],
        frozenset({1}),
    )


def _accounts(content: Content) -> Iterator[Sheet]:
    yield Sheet(
        "Accounts outside, by our books at the cut-off",
        ("Account", "Number or bank", "KES"),
        [
            (f"{row['kind']} {row['name']}", row["label"], cents(row["ledger_cents"]))
            for row in content["accounts"]
        ],
        frozenset({2}),
        empty="No account was opened yet.",
    )


def _provider(content: Content) -> Iterator[Sheet]:
    names = ("provider", "ledger", "difference", "timing", "unexplained")
    yield Sheet(
        "M-Pesa's own balances against our books, when they were told",
        (
            *("Number", "Told", "M-Pesa", "Our books", "Difference", "Under way", "Unexplained"),
            *("Charges, M-Pesa", "Charges, books"),
        ),
        [
            (
                row["shortcode"],
                when(row["told_at"]),
                *(cents(row[f"{name}_cents"]) for name in names),
                cents(row["charges_provider_cents"]),
                cents(row["charges_ledger_cents"]),
            )
            for row in content["provider"]
        ],
        frozenset(range(2, 9)),
        empty="M-Pesa has told no balance.",
    )


def _statements(content: Content) -> Iterator[Sheet]:
    yield Sheet(
        "M-Pesa's last statements, and how their lines were matched",
        ("Account", "From", "To", "Closing", "Lines", "Matched", "By value", "SHA-256"),
        [
            (
                f"{row['shortcode']} {row['account']}",
                when(row["from"]),
                when(row["to"]),
                cents(row["closing_cents"]),
                f"{row['lines']:,}",
                _share(row["lines"] - row["open_lines"], row["lines"]),
                _share(row["lines_cents"] - row["open_cents"], row["lines_cents"]),
                row["sha256"][:12],
            )
            for row in content["statements"]
        ],
        frozenset({3, 4, 5, 6}),
        empty="No statement was handed in.",
    )


def _share(part: int, whole: int) -> str:
    """Return a share in per cent, rounded down: all is all only where nothing is missing."""
    if not whole:
        return "-"
    tenths = 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10} %"


def _breaks(content: Content) -> Iterator[Sheet]:
    told = content["breaks"]
    yield Sheet(
        "Breaks since the report before",
        ("What", "Count"),
        [(what.replace("_", " "), f"{count:,}") for what, count in told["happened"].items()],
        frozenset({1}),
    )
    yield Sheet(
        "Breaks that are not settled",
        ("Class", "Count", "KES", "Oldest", *told["ages"]),
        [
            (
                each["words"],
                f"{each['count']:,}",
                cents(each["cents"]),
                when(each["oldest"]),
                *(
                    f"{age['count']:,} of {cents(age['cents'])}" if age["count"] else "-"
                    for age in each["ages"]
                ),
            )
            for each in told["open"]
        ],
        frozenset({1, 2}),
        empty="None: all agrees.",
    )


def _clearing(content: Content) -> Iterator[Sheet]:
    yield Sheet(
        "Clearing accounts on which something stands",
        ("Account", "For", "KES", "Oldest item", "May stand"),
        [
            (
                f"{row['kind']} {row['name']}",
                row["label"],
                cents(row["cents"]),
                when(row["oldest"]),
                f"{row['within_days']} d",
            )
            for row in content["clearing"]
        ],
        frozenset({2}),
        empty="None: all are cleared.",
    )


def _suspense(content: Content) -> Iterator[Sheet]:
    told = content["suspense"]
    yield Sheet(
        "Payments in suspense, by age",
        ("Age", "Count", "KES"),
        [(age["age"], f"{age['count']:,}", cents(age["cents"])) for age in told["ages"]],
        frozenset({1, 2}),
    )


def _under_way(content: Content) -> Iterator[Sheet]:
    yield Sheet(
        "Payments without an outcome",
        ("Flow", "State", "Count", "KES", "Oldest"),
        [
            (
                row["flow"],
                row["state"].replace("_", " ").lower(),
                f"{row['count']:,}",
                cents(row["cents"]),
                when(row["oldest"]),
            )
            for row in content["under_way"]
        ],
        frozenset({2, 3}),
    )


def _stellar(content: Content) -> Iterator[Sheet]:
    told = content["stellar"]
    rows = []
    if told is not None:
        names = ("total", "came", "went", "fees", "drift", "unexplained")
        rows = [(name, _xlm(told[f"{name}_stroops"])) for name in names]
        rows.insert(0, (f"ledger of {told['network']}", f"{told['ledger']:,}"))
    yield Sheet(
        "Our accounts on Stellar, in XLM",
        ("", "Figure"),
        rows,
        frozenset({1}),
        empty="They were not counted.",
    )


def _ledger(content: Content) -> Iterator[Sheet]:
    told = content["ledger"]
    yield Sheet(
        "Trial balance at the cut-off, each on its natural side",
        ("Kind of account", "Accounts", "KES"),
        [
            (f"{row['kind']} {row['name']}", f"{row['accounts']:,}", cents(row["cents"]))
            for row in told["kinds"]
        ]
        + [("Debits less credits: must be nothing", "", cents(told["sum_cents"]))],
        frozenset({1, 2}),
    )
    check = told["check"]
    rows = []
    if check is not None:
        rows = [
            ("looked at", when(check["started_at"])),
            ("journals", f"{check['journals']:,}"),
            ("postings", f"{check['postings']:,}"),
            ("faults", f"{len(check['faults'])}"),
            ("late", f"{len(check['late'])}"),
            *(("fault", fault) for fault in check["faults"]),
        ]
    yield Sheet("Check of the books", ("What", "Found"), rows, empty="The books were not checked.")


def _run(content: Content) -> Iterator[Sheet]:
    rows = [(name.replace("_", " "), str(told)) for name, told in content["run"].items()]
    yield Sheet("The run", ("What", "Came to"), rows)


_SHEETS: tuple[Callable[[Content], Iterator[Sheet]], ...] = (
    *(_safeguarding, _accounts, _provider, _statements, _breaks, _clearing),
    *(_suspense, _under_way, _stellar, _ledger, _run),
)
