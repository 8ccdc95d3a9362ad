"""What a daily report says: a table of sections, each a function of the period.

Money is whole cents, instants are RFC 3339 in UTC. Whatever can't be had as of the cut-off (breaks,
what is stuck) is as of when the report is made, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Sum
from django.db.models.functions import Abs

from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.paybill.selectors import AGES, OLDEST
from payments.paybill.states import State as PaybillState
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks import selectors as breaks
from payments.reconciliation.breaks.models import BreakEvent
from payments.reconciliation.clearing import selectors as clearing
from payments.reconciliation.safeguarding import selectors as safeguarding
from payments.reconciliation.safeguarding.selectors import RESOURCE, STANDINGS
from payments.reconciliation.statements.models import LATEST_FIRST, StatementFile
from payments.reconciliation.statements.states import KEPT
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import UNFINISHED
from wallets.ledger.chart import CHART, KES, Kind
from wallets.ledger.checking.models import BooksCheck
from wallets.stellar.counting import selectors as counting

FORMAT = 1
_NAMES = {int(line.kind): line.name for line in CHART}
_BY_ACCOUNT = f"""{STANDINGS}
    SELECT kind_id, label, balance FROM standing
     WHERE kind_id = ANY(%(kinds)s) AND owner_id IS NULL ORDER BY kind_id, label
"""  # noqa: S608 - a text of our own
_BY_KIND = f"""{STANDINGS}
    SELECT s.kind_id, count(*), sum(s.balance), sum(s.balance * k.side)
      FROM standing s JOIN wallets_accountkind k ON k.code = s.kind_id
     GROUP BY s.kind_id ORDER BY s.kind_id
"""  # noqa: S608 - a text of our own


@dataclass(frozen=True, kw_only=True)
class Period:
    """What a report is about: up to `cut_off`, made `at`. Events count from `since` on."""

    begins: datetime
    cut_off: datetime
    since: datetime
    at: datetime


def accounts(period: Period) -> list[dict[str, Any]]:
    """Return each account outside as our books have it at the cut-off."""
    kinds = [*(int(kind) for kind in RESOURCE), int(Kind.CHARGES_PAYABLE), int(Kind.OWN_BANK)]
    rows = _rows(_BY_ACCOUNT, {"at": period.cut_off, "currency": KES, "kinds": kinds})
    return [
        {"kind": kind, "name": _NAMES[kind], "label": label, "ledger_cents": int(balance)}
        for kind, label, balance in rows
    ]


def provider(period: Period) -> list[dict[str, Any]]:
    """Return M-Pesa's last word on each of our numbers before the report was made."""
    answered = BalanceReading.objects.filter(answered_at__lte=period.at)
    last = answered.order_by("shortcode", "-answered_at").distinct("shortcode")
    return [
        {
            "shortcode": row.shortcode,
            "told_at": instant(row.answered_at),
            "provider_cents": row.told_cents,
            "ledger_cents": row.books_cents,
            "difference_cents": row.difference_cents,
            "timing_cents": row.timing_cents,
            "unexplained_cents": row.unexplained_cents,
            "charges_provider_cents": row.charges_cents,
            "charges_ledger_cents": row.charges_books_cents,
            "accounts": row.told,
        }
        for row in last
    ]


def statements(period: Period) -> list[dict[str, Any]]:
    """Return each account's last statement up to the cut-off, and how its lines were matched."""
    files = StatementFile.objects.filter(state__in=KEPT, period_from__lte=period.cut_off)
    last = files.order_by("shortcode", "account", *LATEST_FIRST).distinct("shortcode", "account")
    return [_statement(file) for file in last.defer("content")]


def _statement(file: StatementFile) -> dict[str, Any]:
    rows = file.rows.aggregate(count=Count("pk"), cents=Sum(Abs("amount_cents")))
    waiting = file.rows.filter(open_item__isnull=False)
    waits = waiting.aggregate(count=Count("pk"), cents=Sum(Abs("amount_cents")))
    return {
        "shortcode": file.shortcode,
        "account": file.account,
        "sha256": file.sha256,
        "from": instant(file.period_from),
        "to": instant(file.span[1]),
        "opening_cents": file.opening_cents,
        "closing_cents": file.closing_cents,
        "lines": rows["count"],
        "lines_cents": rows["cents"] or 0,
        "open_lines": waits["count"],
        "open_cents": waits["cents"] or 0,
    }


def differences(period: Period) -> dict[str, Any]:
    """Return the breaks: what happened since the report before, and what is open now."""
    happened = BreakEvent.objects.filter(at__gte=period.since, at__lt=period.at).order_by()
    counts = dict(happened.values_list("what").annotate(count=Count("pk")))
    return {
        "happened": {what: counts.get(what, 0) for what in BreakEvent.What.values},
        "ages": list(breaks.BUCKETS),
        "open": [
            {
                "kind": each.kind,
                "words": each.words,
                "count": each.count,
                "cents": each.cents,
                "oldest": instant(each.oldest),
                "ages": [{"count": age.count, "cents": age.cents} for age in each.ages],
            }
            for each in breaks.open_by_class_and_age(at=period.at)
        ],
    }


def clearing_accounts(period: Period) -> list[dict[str, Any]]:
    """Return what stands on clearing accounts at the cut-off, and its oldest item."""
    return [
        {
            "kind": each.kind,
            "name": each.name,
            "label": each.label,
            "cents": each.cents,
            "oldest": instant(each.oldest),
            "within_days": each.within_days,
        }
        for each in clearing.standing(period.cut_off)
    ]


def suspense(period: Period) -> dict[str, Any]:
    """Return the payments in suspense now, by age."""
    ages: list[dict[str, Any]] = []
    newer = period.at
    for limit, words in (*AGES, (None, OLDEST)):
        rows = PaybillPayment.objects.filter(state=PaybillState.SUSPENSE, created_at__lt=newer)
        if limit is not None:
            rows = rows.filter(created_at__gte=period.at - limit)
            newer = period.at - limit
        found = rows.aggregate(count=Count("pk"), cents=Sum("amount_cents"))
        ages.append({"age": words, "count": found["count"], "cents": found["cents"] or 0})
    return {
        "ages": ages,
        "count": sum(age["count"] for age in ages),
        "cents": sum(age["cents"] for age in ages),
    }


def under_way(period: Period) -> list[dict[str, Any]]:  # noqa: ARG001 - all sections alike
    """Return what has no outcome yet, by flow and state, with the oldest."""
    payouts = Withdrawal.objects.filter(state__in=UNFINISHED)
    prompts = Deposit.objects.filter(due_at__isnull=False)
    payments = PaybillPayment.objects.filter(due_at__isnull=False)
    found: list[dict[str, Any]] = []
    for flow, rows in (("withdrawal", payouts), ("deposit", prompts), ("paybill", payments)):
        by_state = (
            rows.order_by("state")
            .values_list("state")
            .annotate(count=Count("pk"), cents=Sum("amount_cents"), oldest=Min("created_at"))
        )
        found += [
            {
                "flow": flow,
                "state": state,
                "count": count,
                "cents": cents,
                "oldest": instant(oldest),
            }
            for state, count, cents, oldest in by_state
        ]
    return found


def stellar(period: Period) -> dict[str, Any] | None:
    """Return the last count of our accounts on Stellar; none where there are none."""
    row = counting.last()
    if row is None or row.counted_at > period.at:
        return None
    return {
        "network": row.network,
        "counted_at": instant(row.counted_at),
        "ledger": row.ledger,
        "since_ledger": row.since_ledger,
        "total_stroops": row.total_stroops,
        "came_stroops": row.came_stroops,
        "went_stroops": row.went_stroops,
        "fees_stroops": row.fees_stroops,
        "drift_stroops": row.drift_stroops,
        "unexplained_stroops": row.unexplained_stroops,
    }


def safeguarding_line(period: Period) -> dict[str, Any]:
    """Return the safeguarding line at the cut-off."""
    line = safeguarding.at(period.cut_off)
    return {
        "customers": line.customers,
        "requirement_cents": line.requirement_cents,
        "below_zero_cents": line.below_zero_cents,
        "books_cents": line.books_cents,
        "missing_cents": line.missing_cents,
        "resource_cents": line.resource_cents,
        "surplus_cents": line.surplus_cents,
        "shortfall_cents": line.shortfall_cents,
    }


def ledger(period: Period) -> dict[str, Any]:
    """Return the trial balance at the cut-off, and how the last check of all books ended."""
    rows = _rows(_BY_KIND, {"at": period.cut_off, "currency": KES})
    check = BooksCheck.objects.filter(started_at__lte=period.at).order_by("-pk").first()
    return {
        "kinds": [
            {"kind": kind, "name": _NAMES[kind], "accounts": count, "cents": int(cents)}
            for kind, count, cents, _ in rows
        ],
        "sum_cents": sum(int(signed) for *_, signed in rows),
        "check": None
        if check is None
        else {
            "started_at": instant(check.started_at),
            "journals": check.journals,
            "postings": check.postings,
            "faults": list(check.faults),
            "late": list(check.late),
        },
    }


SECTIONS: tuple[tuple[str, Callable[[Period], Any]], ...] = (
    ("safeguarding", safeguarding_line),
    ("accounts", accounts),
    ("provider", provider),
    ("statements", statements),
    ("breaks", differences),
    ("clearing", clearing_accounts),
    ("suspense", suspense),
    ("under_way", under_way),
    ("stellar", stellar),
    ("ledger", ledger),
)


def of(period: Period) -> dict[str, Any]:
    """Return all sections of the report on a period."""
    sections = {name: section(period) for name, section in SECTIONS}
    return {
        "format": FORMAT,
        "period_from": instant(period.begins),
        "cut_off": instant(period.cut_off),
        "made_at": instant(period.at),
        **sections,
    }


def instant(moment: datetime | None) -> str | None:
    """Return an instant as reports have it, to the second."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
