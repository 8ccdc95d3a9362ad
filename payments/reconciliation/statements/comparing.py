"""What is left over when lines and journals are matched, on either side, named as breaks.

A comparison reckons all of them anew, so that one that is over closes by itself: what stood at the
edge of a period is found in the next statement.
"""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from nannychain import alerts
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.selectors import answered
from payments.reconciliation.breaks.services import Found
from payments.reconciliation.statements import matching, postings, tariff, unlisted
from payments.reconciliation.statements.kinds import PAY_INS, Kind
from payments.reconciliation.statements.models import StatementFile, subject_of
from payments.reconciliation.statements.unlisted import page_of, place, rows

_FILE_PAGE, _FLOAT_PAGE = "payments_statementfile_changelist", "wallets_manualjournal_changelist"
_OPEN = f"""
    SELECT l.id, l.kind, l.receipt, l.amount_cents, l.completed_at, l.account, l.occurrence,
           l.reason_type, l.linked, l.number, f.name, booked.amount, booked.label,
           r.owner, original.owner IS NOT NULL, undone.again, w.id
      FROM payments_openitem o
      JOIN payments_statementline l ON l.id = o.line_id
      JOIN payments_statementfile f ON f.id = l.file_id
      LEFT JOIN payments_mpesareceipt r ON r.code = l.receipt
      LEFT JOIN payments_mpesareceipt original ON original.code = l.linked AND l.linked <> ''
      LEFT JOIN payments_payoutattempt t ON t.originator_id = l.reference AND l.reference <> ''
      LEFT JOIN payments_withdrawal w ON w.id = t.withdrawal_id
      LEFT JOIN LATERAL (
          SELECT p.amount, a.label FROM wallets_journal j
            JOIN wallets_posting p ON p.journal_id = j.id
            JOIN wallets_account a ON a.id = p.account_id AND a.kind_id = ANY (%s)
           WHERE j.key = {matching.KEY}
      ) booked ON true
      LEFT JOIN LATERAL (
          SELECT true AS again FROM wallets_journal j
            JOIN payments_statementmatch m ON m.journal_id = j.id
            JOIN payments_statementline other ON other.id = m.line_id
             AND other.amount_cents = l.amount_cents
           WHERE l.kind = 'reversal' AND l.linked <> ''
             AND j.key IN ('mpesa:' || l.linked || ':taken-back',
                           'mpesa:' || l.linked || ':came-back',
                           'mpesa:' || l.linked || ':final')
           LIMIT 1
      ) undone ON true
     WHERE l.shortcode = %s
     ORDER BY l.id
"""  # noqa: S608 - an expression of our own
_UNDONE = """
    SELECT l.id, l.receipt, l.linked, l.amount_cents, l.completed_at, l.account, l.number,
           f.name, j.kind
      FROM payments_statementmatch m
      JOIN payments_statementline l ON l.id = m.line_id
      JOIN payments_statementfile f ON f.id = l.file_id
      JOIN wallets_journal j ON j.id = m.journal_id
     WHERE l.shortcode = %s AND j.kind = ANY (%s)
"""
_UNDONE_TWICE = {
    "cause": "M-Pesa has undone one payment twice",
    "remedy": "have M-Pesa put the second right; until then book it by two people",
}
# The lines are so new that the planner may know nothing of them: OFFSET 0 keeps it from reading all
# payouts of the number for each charge, and leaves the way along the index of receipts.
_CHARGES = """
    SELECT c.id, c.receipt, c.amount_cents, p.amount_cents, c.completed_at, c.account, c.number,
           b.charge
      FROM payments_statementline c
      JOIN LATERAL (
          SELECT l.shortcode, l.kind, l.occurrence, l.amount_cents, l.completed_at
            FROM payments_statementline l
           WHERE l.receipt = coalesce(nullif(c.linked, ''), c.receipt)
          OFFSET 0
      ) p ON p.shortcode = c.shortcode AND p.kind = 'payout' AND p.occurrence = 1
      LEFT JOIN unnest(%s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[],
                       %s::bigint[]) AS b (since, until, above, up_to, charge)
        ON p.completed_at >= b.since AND p.completed_at < b.until
       AND -p.amount_cents > b.above AND -p.amount_cents <= b.up_to
     WHERE c.file_id = %s AND c.kind = 'charge' AND c.direction = -1 AND c.occurrence = 1
       AND b.charge IS DISTINCT FROM -c.amount_cents
"""


def compare(shortcode: str) -> breaks.Tally:
    """Name all that is left over for a number, and close what is no longer there."""
    begun = timezone.now()
    source = f"statement:{shortcode}"
    founds = [*_open_lines(shortcode), *_undone(shortcode), *unlisted.journals(shortcode)]
    tally = breaks.find_all(founds, source=source)
    breaks.over(source, not_seen_since=begun, why="the statement and our books agree on it")
    return tally


def name_missed(shortcode: str) -> None:
    """Name payments that our books don't have before they are booked: their loss is history."""
    moved = (*matching.BOOKED_BY_RAILS,)
    founds = [found for kind, found in _lines(shortcode) if kind in moved]
    breaks.find_all(founds, source=f"statement:{shortcode}")


def charges(file: StatementFile) -> breaks.Tally:
    """Name the charges of a file that Safaricom's tariff does not know."""
    columns = [list(column) for column in zip(*tariff.bands(), strict=True)]
    founds = []
    for pk, receipt, cents, paid, at, account, number, expected in rows(
        _CHARGES, [*columns, str(file.pk)]
    ):
        founds.append(
            Found(
                kind=BreakKind.CHARGE_MISMATCH,
                subject=f"statement:charge:{pk}",
                amount_cents=cents + (expected or 0),
                since=at,
                account=place(file.shortcode, account),
                reference=receipt,
                details={
                    "row": number,
                    "file": file.name,
                    "charged_cents": -cents,
                    "tariff_cents": expected,
                    "payout_cents": -paid,
                },
            )
        )
    return breaks.find_all(founds, source="statement:charges")


# Lines without a journal.


def _open_lines(shortcode: str) -> Iterator[Found]:
    unknown: dict[str, str] = {}
    for kind, found in _lines(shortcode):
        if kind == Kind.UNKNOWN:
            unknown[found.subject] = str(found.details["reason_type"])
        yield found
    _tell_of_unknown(shortcode, unknown)


def _tell_of_unknown(shortcode: str, unknown: dict[str, str]) -> None:
    """Ring for reason types, by subject, until people have seen to all their breaks."""
    seen_to = answered(unknown)
    reasons = {reason for subject, reason in unknown.items() if subject not in seen_to}
    key = f"statement:reasons:{shortcode}"
    if not reasons:
        alerts.resolve(key)
        return
    alerts.raise_alert(
        key=key,
        title="M-Pesa's statement has reason types that we don't know",
        details={"reason types": sorted(reasons)[:20], "shortcode": shortcode},
    )


def _lines(shortcode: str) -> Iterator[tuple[str, Found]]:
    for row in rows(_OPEN, [list(matching.FLOATS), shortcode]):
        pk, kind, receipt, cents, at, account, occurrence, reason, linked, number, name, *rest = row
        booked_cents, label, owner, is_known, is_again, withdrawal_id = rest
        what, amount_cents, words = _left(
            Kind(kind),
            cents=cents,
            occurrence=occurrence,
            booked=(booked_cents, label),
            shortcode=shortcode,
            is_known=is_known,
            is_again=bool(is_again),
        )
        yield (
            kind,
            Found(
                kind=what,
                subject=subject_of(pk),
                amount_cents=amount_cents,
                since=at,
                account=place(shortcode, account),
                reference=receipt,
                details={
                    "row": number,
                    "file": name,
                    "reason_type": reason,
                    "line_cents": cents,
                    **({"booked_cents": booked_cents, "booked_for": owner} if booked_cents else {}),
                    **({"linked": linked} if linked else {}),
                },
                **{**words, **page_of(withdrawal_id)},
            ),
        )


def _left(
    kind: Kind,
    *,
    cents: int,
    occurrence: int,
    booked: tuple[int | None, str | None],
    shortcode: str,
    is_known: bool,
    is_again: bool,
) -> tuple[BreakKind, int, dict[str, Any]]:
    """Return the class, the amount and, where the class does not say it all, cause and remedy."""
    booked_cents, label = booked
    if occurrence > 1:
        return BreakKind.DUPLICATE, cents, {}
    if kind in (*PAY_INS, Kind.PAYOUT) and booked_cents is not None:
        if label != shortcode:
            return BreakKind.WRONG_ACCOUNT, cents, {"page": _FLOAT_PAGE}
        if booked_cents != cents:
            return BreakKind.AMOUNT_DIFFERS, cents - booked_cents, {}
        return BreakKind.DUPLICATE, cents, {}
    if kind is Kind.REVERSAL:
        if is_again:
            return BreakKind.DUPLICATE, cents, _UNDONE_TWICE
        if is_known:
            return BreakKind.AMOUNT_DIFFERS, cents, {"cause": "only a part was taken back"}
        return BreakKind.ORPHAN_REVERSAL, cents, {}
    if kind in (Kind.SWEEP, Kind.CHARGES_SETTLED):
        return BreakKind.AMOUNT_DIFFERS, cents, {"cause": "the two statements tell two amounts"}
    return BreakKind.IN_STATEMENT_NOT_LEDGER, cents, _why_not_booked(kind)


def _why_not_booked(kind: Kind) -> dict[str, str]:
    if kind is Kind.UNKNOWN:
        return {
            "cause": "its reason type is one that we don't know",
            "remedy": "book it by two people, and explain this",
            "page": _FLOAT_PAGE,
        }
    if kind is Kind.CHARGE:
        return {
            "cause": "the charges of its file were booked without it",
            "remedy": "find out what it is for, and book it by two people",
            "page": _FLOAT_PAGE,
        }
    if kind is Kind.INTERNAL:
        return {
            "cause": "it went to another account of this number, whose statement is missing",
            "remedy": "hand in the statement of the other account",
            "page": _FILE_PAGE,
        }
    if kind is Kind.PAYOUT:
        return {
            "cause": "nobody here ordered it, or its result contradicts what was booked",
            "remedy": "find the withdrawal, and settle it by two people; else stop payouts",
            "page": "payments_withdrawal_changelist",
        }
    return {}


def _undone(shortcode: str) -> Iterator[Found]:
    """Yield what stands in suspense because M-Pesa has undone, or done, what we had booked."""
    words: dict[str, tuple[BreakKind, dict[str, Any]]] = {
        postings.TAKEN_BACK.code: (BreakKind.REVERSED_AT_PROVIDER, {}),
        postings.CAME_BACK.code: (
            BreakKind.REVERSED_AT_PROVIDER,
            {
                "cause": "a payout that was made has come back",
                "remedy": "give it back to the member, by two people",
            },
        ),
        "withdrawal.contradicted": (
            BreakKind.IN_STATEMENT_NOT_LEDGER,
            {
                "cause": "M-Pesa has paid what our books had given back",
                "remedy": "ask the member for it, or write it off, by two people",
                "page": _FLOAT_PAGE,
            },
        ),
    }
    for pk, receipt, linked, cents, at, account, number, name, kind in rows(
        _UNDONE, [shortcode, list(words)]
    ):
        what, text = words[kind]
        yield Found(
            kind=what,
            subject=subject_of(pk),
            amount_cents=cents,
            since=at,
            account=place(shortcode, account),
            reference=linked or receipt,
            details={"row": number, "file": name, "receipt": receipt},
            **text,
        )
