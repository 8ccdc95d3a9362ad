"""Which journal a line is, set by set: a hundred thousand lines are as many rows of one statement.

A receipt belongs to one operation (`mpesa.receipts`), and the operation's name gives the key of the
journal that booked it. So rule one is a join along two unique keys.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from nannychain.audit.services import SYSTEM
from nannychain.transactions import required
from payments.reconciliation.statements.kinds import PAY_INS, Kind
from payments.reconciliation.statements.models import Rule
from wallets.ledger.chart import Kind as Account

FLOATS = (int(Account.PAYBILL_FLOAT), int(Account.PAYOUT_FLOAT))
BOOKED_BY_RAILS = (*(str(kind) for kind in PAY_INS), str(Kind.PAYOUT))
# The journal's key of what owns a receipt: `deposit:<id>`, `paybill:<id>`, `withdrawal:<id>` and,
# for what was paid although it had been given back, or was paid twice, `withdrawal:<id>:again`.
KEY = """
    CASE split_part(r.owner, ':', 1)
        WHEN 'deposit' THEN r.owner || ':settled'
        WHEN 'paybill' THEN 'mpesa:' || r.code
        WHEN 'withdrawal' THEN 'withdrawal:' || split_part(r.owner, ':', 2)
             || CASE split_part(r.owner, ':', 3) WHEN 'again' THEN ':again:' || r.code
                     ELSE ':final' END
    END
"""
_MATCH = f"""
    WITH found AS (
        SELECT DISTINCT ON (j.id) l.id AS line_id, j.id AS journal_id
          FROM payments_openitem o
          JOIN payments_statementline l ON l.id = o.line_id
          JOIN payments_mpesareceipt r ON r.code = l.receipt
          JOIN wallets_journal j ON j.key = {KEY}
          JOIN wallets_posting p ON p.journal_id = j.id
          JOIN wallets_account a ON a.id = p.account_id AND a.kind_id = ANY (%(floats)s)
         WHERE l.shortcode = %(shortcode)s AND l.kind = ANY (%(kinds)s) AND l.occurrence = 1
           AND (%(lines)s::bigint[] IS NULL OR l.id = ANY (%(lines)s))
           AND a.label = l.shortcode AND p.amount = l.amount_cents
           AND NOT EXISTS (SELECT FROM payments_statementmatch m WHERE m.journal_id = j.id)
         ORDER BY j.id, l.id
    ),
    matched AS (
        INSERT INTO payments_statementmatch (line_id, journal_id, rule, by_id, by, at)
        SELECT line_id, journal_id, %(rule)s, %(by_id)s::uuid, %(by)s, %(at)s FROM found
        ON CONFLICT DO NOTHING
        RETURNING line_id
    )
    DELETE FROM payments_openitem o USING matched WHERE o.line_id = matched.line_id
"""  # noqa: S608 - an expression of our own

_PAIR = """
    INSERT INTO payments_statementmatch (line_id, journal_id, rule, by_id, by, at)
    SELECT line, %(journal)s, %(rule)s, %(by_id)s::uuid, %(by)s, %(at)s
      FROM unnest(%(lines)s::bigint[]) AS line
    ON CONFLICT DO NOTHING
"""


@required
def by_receipt(
    shortcode: str,
    *,
    rule: Rule = Rule.RECEIPT,
    lines: Iterable[int] | None = None,
    by_id: UUID | None = None,
    by: str = SYSTEM,
) -> int:
    """Match all open lines (or these) whose receipt, amount, direction and number our books have.

    Returns how many. A journal is one line's: a second line with its receipt stays open.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MATCH,
            {
                "shortcode": shortcode,
                "floats": list(FLOATS),
                "kinds": list(BOOKED_BY_RAILS),
                "lines": None if lines is None else list(lines),
                "rule": str(rule),
                "by_id": by_id,
                "by": by[:80],
                "at": timezone.now(),
            },
        )
        return int(cursor.rowcount)


@required
def pair(
    line_ids: Iterable[int],
    journal_id: int,
    *,
    rule: Rule,
    by_id: UUID | None = None,
    by: str = SYSTEM,
) -> None:
    """Note that these lines are that journal: they are no open items any more."""
    values: dict[str, Any] = {
        "lines": list(line_ids),
        "journal": journal_id,
        "rule": str(rule),
        "by_id": by_id,
        "by": by[:80],
        "at": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAIR, values)
        cursor.execute("DELETE FROM payments_openitem WHERE line_id = ANY (%(lines)s)", values)


# Rule three: what a line may be. It books nothing.
_NUMBER = """replace('+' || ltrim(regexp_replace(l.phone, '[*xX# ]+', '%%', 'g'), '+'), ' ', '')"""
_SUGGEST_DEPOSITS = f"""
    INSERT INTO payments_suggestion (line_id, subject_type, subject_id, made_at)
    SELECT l.id, 'deposit', d.id, %(at)s
      FROM (SELECT line_id FROM payments_openitem
            UNION
            SELECT s.id FROM payments_paybillpayment b
              JOIN payments_statementline s ON s.receipt = b.receipt
             WHERE b.state = 'SUSPENSE') o
      JOIN payments_statementline l ON l.id = o.line_id
      JOIN payments_deposit d ON d.shortcode = l.shortcode AND d.amount_cents = l.amount_cents
       AND d.receipt IS NULL AND d.phone LIKE {_NUMBER}
       AND coalesce(d.sent_at, d.created_at) BETWEEN l.completed_at - interval '10 minutes'
                                                 AND l.completed_at + interval '10 minutes'
     WHERE l.shortcode = %(shortcode)s AND l.kind = ANY (%(kinds)s) AND l.phone <> ''
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - an expression of our own
_SUGGEST_PAYOUTS = f"""
    INSERT INTO payments_suggestion (line_id, subject_type, subject_id, made_at)
    SELECT DISTINCT l.id, 'withdrawal', w.id, %(at)s::timestamptz
      FROM payments_openitem o
      JOIN payments_statementline l ON l.id = o.line_id
      JOIN payments_withdrawal w ON w.shortcode = l.shortcode AND w.amount_cents = -l.amount_cents
       AND w.receipt IS NULL AND w.phone LIKE {_NUMBER}
      JOIN payments_payoutattempt t ON t.withdrawal_id = w.id
       AND t.sent_at BETWEEN l.completed_at - interval '10 minutes'
                         AND l.completed_at + interval '10 minutes'
     WHERE l.shortcode = %(shortcode)s AND l.kind = 'payout' AND l.phone <> ''
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - an expression of our own


def suggest(shortcode: str) -> None:
    """Keep what open lines may be, by number, amount and time. People decide about it."""
    values: dict[str, Any] = {
        "shortcode": shortcode,
        "kinds": [str(kind) for kind in PAY_INS],
        "at": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUGGEST_DEPOSITS, values)
        cursor.execute(_SUGGEST_PAYOUTS, values)
