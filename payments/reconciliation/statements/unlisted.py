"""Journals, and payouts of unknown result, that no line of a statement tells of."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection

from payments.reconciliation.breaks import postings as settled_by_people
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.services import Found
from payments.reconciliation.statements import matching
from payments.reconciliation.statements.kinds import PAY_INS, Kind, Role, role_of
from payments.reconciliation.statements.models import StatementFile
from payments.reconciliation.statements.states import KEPT
from wallets.ledger.chart import Kind as Account

# Our books hear of a movement a little after M-Pesa has made it.
EDGE = timedelta(minutes=10)
# A payout that was ordered so long before the end of a statement would stand in it.
LISTED_WITHIN = timedelta(hours=1)
# A file that was made in the middle of its period tells nothing of what came after. One that does
# not say when it was made tells of nothing after its last line.
_SPAN = """
    tstzrange(f.period_from, greatest(f.period_from, least(
        f.period_to + interval '1 second', f.received_at, coalesce(f.reported_at,
            (SELECT max(l.completed_at) FROM payments_statementline l WHERE l.file_id = f.id),
            f.period_from))))
"""
_MISSING = f"""
    WITH covered AS (
        SELECT range_agg({_SPAN}) AS spans
          FROM payments_statementfile f
         WHERE f.shortcode = %(shortcode)s AND f.account = ANY (%(names)s)
           AND f.state = ANY (%(kept)s)
    ),
    sure AS (  -- what came just before the first line that we have may be in a file we don't have
        SELECT span, tstzrange(lower(span) + %(edge)s::interval, upper(span)) AS inside
          FROM covered, unnest(spans) AS span
         WHERE upper(span) - lower(span) > %(edge)s::interval
    ),
    differs AS (  -- lines that are named already, for another amount or number than was booked
        SELECT {matching.KEY} AS key
          FROM payments_openitem o
          JOIN payments_statementline l ON l.id = o.line_id
          JOIN payments_mpesareceipt r ON r.code = l.receipt
         WHERE l.occurrence = 1
    )
    SELECT j.id, j.kind, j.cause, j.effective_at, p.amount, a.id,
           j.effective_at > upper(sure.span) - %(edge)s::interval
      FROM wallets_account a
      JOIN wallets_posting p ON p.account_id = a.id
      JOIN wallets_journal j ON j.id = p.journal_id
      JOIN sure ON j.effective_at <@ sure.inside
     WHERE a.kind_id = %(kind)s AND a.label = %(shortcode)s AND j.kind <> ALL (%(besides)s)
       AND j.reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM wallets_journal u WHERE u.reverses_id = j.id)
       AND NOT EXISTS (SELECT FROM payments_statementmatch m WHERE m.journal_id = j.id)
       -- Booked in suspense, and left to a deposit: two journals that undo each other, and the
       -- deposit's own, which has the line where the first had it.
       AND NOT EXISTS (SELECT FROM wallets_journal e
                        WHERE e.key = j.cause || ':final' AND e.kind = 'paybill.echoed')
       AND NOT EXISTS (
            SELECT FROM payments_deposit d
              JOIN wallets_journal b ON b.key = 'mpesa:' || d.receipt
              JOIN payments_statementmatch m ON m.journal_id = b.id
             WHERE d.id = CASE WHEN j.cause ~ '^deposit:[0-9a-f-]{{36}}$'
                               THEN split_part(j.cause, ':', 2)::uuid END)
       AND NOT EXISTS (SELECT FROM differs WHERE differs.key = j.key)
"""  # noqa: S608 - an expression of our own
# Withdrawals that nobody can tell about, ordered well within a period that does not list them.
_UNLISTED = f"""
    WITH covered AS (
        SELECT range_agg({_SPAN}) AS spans
          FROM payments_statementfile f
         WHERE f.shortcode = %(shortcode)s AND f.account = ANY (%(names)s)
           AND f.state = ANY (%(kept)s)
    )
    SELECT w.id, w.amount_cents, t.sent_at
      FROM payments_withdrawal w
      JOIN payments_payoutattempt t ON t.withdrawal_id = w.id
      JOIN covered ON tstzrange(t.sent_at, t.sent_at + %(within)s::interval) <@ spans
     WHERE w.shortcode = %(shortcode)s AND w.state IN ('UNKNOWN', 'NEEDS_REVIEW')
       AND w.receipt IS NULL AND t.state <> 'REJECTED'
       AND NOT EXISTS (SELECT FROM payments_openitem o
                         JOIN payments_statementline l ON l.id = o.line_id
                        WHERE l.reference IN (t.originator_id, nullif(t.conversation_id, '')))
"""  # noqa: S608 - an expression of our own


def journals(shortcode: str) -> Iterator[Found]:
    """Yield what our books have of a number, and no statement of its periods."""
    files = StatementFile.objects.filter(shortcode=shortcode, state__in=KEPT)
    kinds = list(files.values_list("account", "kinds"))
    for account, ours in (
        (Account.PAYBILL_FLOAT, PAY_INS),
        (Account.PAYOUT_FLOAT, (Kind.PAYOUT,)),
    ):
        names = {name for name, counts in kinds if any(str(each) in counts for each in ours)}
        names = names or {name for name, _ in kinds if role_of(name) is Role.MAIN}
        values = {
            "shortcode": shortcode,
            "names": sorted(names),
            "kept": [str(state) for state in KEPT],
            "edge": EDGE,
            "within": LISTED_WITHIN,
            "kind": int(account),
            "besides": [settled_by_people.WRITTEN_OFF.code, settled_by_people.SET_ASIDE.code],
        }
        yield from (_unlisted_journal(row, shortcode) for row in rows(_MISSING, values))
        if account is Account.PAYOUT_FLOAT:
            yield from (_unlisted_payout(row, shortcode) for row in rows(_UNLISTED, values))


def _unlisted_journal(row: tuple[Any, ...], shortcode: str) -> Found:
    pk, kind, cause, at, cents, account_id, is_at_the_edge = row
    edge: dict[str, Any] = {
        "cause": "it was booked at the end of the period: the next statement will list it",
        "remedy": "wait for the next statement",
    }
    owner, _, key = cause.partition(":")
    return Found(
        kind=BreakKind.IN_LEDGER_NOT_STATEMENT,
        subject=f"statement:journal:{pk}",
        amount_cents=-cents,
        since=at,
        account=place(shortcode, ""),
        ledger_account_id=account_id,
        reference=key if owner == "mpesa" else cause,
        details={"journal": pk, "booked_as": kind, "timing": is_at_the_edge},
        **(edge if is_at_the_edge else {}),
        **page_of(key if owner == "withdrawal" else None),
    )


def _unlisted_payout(row: tuple[Any, ...], shortcode: str) -> Found:
    pk, cents, sent_at = row
    return Found(
        kind=BreakKind.IN_LEDGER_NOT_STATEMENT,
        subject=f"statement:withdrawal:{pk}",
        amount_cents=cents,
        since=sent_at,
        account=place(shortcode, ""),
        reference=f"withdrawal:{pk}",
        cause="nobody could tell what became of it, and the statement does not list it",
        remedy="settle it as not paid, by two people, with the statement as evidence",
        **page_of(pk),
    )


def place(shortcode: str, account: str) -> str:
    """Return an account at M-Pesa in words."""
    return f"{shortcode} {account}".strip()


def page_of(withdrawal_id: Any) -> dict[str, Any]:
    """Return the fields of a break that lead to a withdrawal; none without one."""
    if withdrawal_id is None:
        return {}
    return {"page": "payments_withdrawal_change", "page_id": str(withdrawal_id)}


def rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
