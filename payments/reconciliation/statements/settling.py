"""What a statement proves and our books don't have yet: booked through the rails' own services.

Each item is a transaction of its own, under the receipt's key, so that a message that comes late
finds it booked, and whatever dies in the middle is gone on with. What needs a person is left open.
"""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from nannychain.transactions import required
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.paybills import PaybillPayment
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill import payers, returning
from payments.paybill import services as paybill
from payments.reconciliation.statements import matching, postings, references
from payments.reconciliation.statements.kinds import PAY_INS, Kind, Role, role_of
from payments.reconciliation.statements.models import (
    OpenItem,
    Rule,
    StatementFile,
    StatementLine,
    StatementMatch,
)
from payments.withdrawals import results
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind as Account
from wallets.ledger.errors import KeyReused
from wallets.ledger.recipes import Draft

log = structlog.get_logger(__name__)
Tell = Callable[[int, int], None]

# A deposit that was paid, as a status query said, without a receipt: this may be its line. To book
# it once more would double the money, so that a person looks, unless another phone has paid.
_MAY_BE_BOOKED = """
    SELECT DISTINCT d.phone FROM payments_deposit d
     WHERE d.state = 'PAID' AND d.receipt IS NULL AND d.shortcode = %s
       AND d.amount_cents = %s AND d.reference <> %s
       AND d.created_at BETWEEN %s::timestamptz - interval '1 day'
                            AND %s::timestamptz + interval '10 minutes'
"""
_PAYOUTS = """
    SELECT l.id, a.id
      FROM payments_openitem o
      JOIN payments_statementline l ON l.id = o.line_id
      JOIN payments_payoutattempt a ON a.originator_id = l.reference
      JOIN payments_withdrawal w ON w.id = a.withdrawal_id AND w.shortcode = l.shortcode
     WHERE l.shortcode = %s AND l.kind = 'payout' AND l.reference <> '' AND l.occurrence = 1
       AND NOT EXISTS (SELECT FROM payments_mpesareceipt r WHERE r.code = l.receipt)
    UNION
    SELECT l.id, a.id
      FROM payments_openitem o
      JOIN payments_statementline l ON l.id = o.line_id
      JOIN payments_payoutattempt a ON a.conversation_id = l.reference
      JOIN payments_withdrawal w ON w.id = a.withdrawal_id AND w.shortcode = l.shortcode
     WHERE l.shortcode = %s AND l.kind = 'payout' AND l.reference <> '' AND l.occurrence = 1
       AND NOT EXISTS (SELECT FROM payments_mpesareceipt r WHERE r.code = l.receipt)
     ORDER BY 1
"""


def pay_ins(shortcode: str, *, tell: Tell) -> int:
    """Book payments that nobody has told us of; return how many lines it has matched."""
    if shortcode != settings.MPESA_SHORTCODE:
        return 0
    rows = _open(shortcode, PAY_INS)
    known = MpesaReceipt.objects.filter(code__in=[row.line.receipt for row in rows])
    told = set(known.values_list("code", flat=True))
    missed = [row for row in rows if row.line.receipt not in told]
    returned = _taken_back(shortcode)
    matched = 0
    for place, row in enumerate(missed, start=1):
        matched += _pay_in(row, was_taken_back=row.line.receipt in returned)
        tell(place, len(missed))
    return matched


def _pay_in(row: OpenItem, *, was_taken_back: bool) -> int:
    line = row.line
    whole, masked = references.number(line.phone)
    if _may_be_booked(line, whole=whole, masked=masked):
        return 0
    payment = PaybillPayment(
        receipt=line.receipt,
        amount_cents=line.amount_cents,
        shortcode=line.shortcode,
        account=line.account_number,
        paid_at=line.completed_at,
        phone=whole,
        phone_masked=masked,
        payer_name=row.name,
    )
    with transaction.atomic():
        outcome = paybill.stated(payment, was_taken_back=was_taken_back)
        rule = Rule.REFERENCE if outcome == "echo" else Rule.BOOKED
        matched = matching.by_receipt(line.shortcode, rule=rule, lines=[line.pk])
    log.info("statement.pay_in", receipt=line.receipt, outcome=outcome, matched=matched)
    return matched


def _taken_back(shortcode: str) -> set[str]:
    lines = StatementLine.objects.filter(
        shortcode=shortcode, kind=Kind.REVERSAL, direction=-1, open_item__isnull=False
    )
    return set(lines.exclude(linked="").values_list("linked", flat=True))


def _may_be_booked(line: StatementLine, *, whole: str, masked: str) -> bool:
    at = line.completed_at
    values: list[Any] = [line.shortcode, line.amount_cents, line.reference, at, at]
    with connection.cursor() as cursor:
        cursor.execute(_MAY_BE_BOOKED, values)
        phones = [phone for (phone,) in cursor.fetchall()]
    return any(payers.shows(each, whole=whole, masked=masked) is not False for each in phones)


def payouts(shortcode: str, *, tell: Tell) -> int:
    """Settle withdrawals whose attempt a line names by its id; return how many were matched.

    Where M-Pesa contradicts itself, two members of staff decide, as after any other message.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAYOUTS, [shortcode, shortcode])
        found = cursor.fetchall()
    lines = StatementLine.objects.in_bulk([line_id for line_id, _ in found])
    matched = 0
    for place, (line_id, attempt_id) in enumerate(found, start=1):
        matched += _payout(lines[line_id], attempt_id)
        tell(place, len(found))
    return matched


def _payout(line: StatementLine, attempt_id: Any) -> int:
    try:
        with transaction.atomic():
            outcome = results.stated(
                attempt_id, receipt=line.receipt, amount_cents=-line.amount_cents
            )
            matched = matching.by_receipt(line.shortcode, rule=Rule.REFERENCE, lines=[line.pk])
    except NotOurs as error:
        log.warning("statement.payout_differs", receipt=line.receipt, what=str(error))
        return 0
    log.info("statement.payout", receipt=line.receipt, outcome=outcome, matched=matched)
    return matched


# What only a statement tells.
_BOTH_ENDS = """
    DELETE FROM payments_openitem o
     USING payments_statementline l
      JOIN payments_statementline other ON other.shortcode = l.shortcode
       AND other.receipt = l.receipt AND other.account <> l.account
       AND other.kind = l.kind AND other.amount_cents = -l.amount_cents
     WHERE o.line_id = l.id AND l.shortcode = %s AND l.kind = 'internal'
"""


def internals(shortcode: str) -> None:
    """Close moves between two accounts of one number that both statements tell alike.

    Our books see the two as one account: there is no journal.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BOTH_ENDS, [shortcode])


def charges(file: StatementFile) -> None:
    """Book all charges of a file as one journal, and what it gives back as another."""
    for direction, recipe in ((-1, postings.charged), (1, postings.charges_back)):
        try:
            with transaction.atomic():
                _charges(file, direction=direction, recipe=recipe)
        except KeyReused:
            # They were booked before a worker died; what was named a charge since is for people.
            log.warning("statement.charges_differ", file=str(file.pk))


@required
def _charges(file: StatementFile, *, direction: int, recipe: Callable[..., Draft]) -> None:
    rows = _open(file.shortcode, (Kind.CHARGE,)).filter(line__file=file, line__direction=direction)
    lines = list(rows.values_list("line_id", "line__amount_cents"))
    if not lines:
        return
    assert file.period_to is not None
    posted = posting.post(
        recipe(
            file_id=str(file.pk),
            expense=accounts.open_account(Account.MPESA_CHARGES, label=file.shortcode),
            charged_to=_charged_to(file),
            amount_cents=abs(sum(cents for _, cents in lines)),
            effective_at=file.period_to,
        )
    )
    matching.pair((pk for pk, _ in lines), posted.journal_id, rule=Rule.MANY)


def _charged_to(file: StatementFile) -> int:
    if role_of(file.account) is Role.CHARGES:
        return accounts.open_account(Account.CHARGES_PAYABLE, label=file.shortcode)
    return float_of(file.shortcode)


def moves(shortcode: str) -> None:
    """Book sweeps and settled charges, each once, whichever account's statement says so first."""
    for row in _open(shortcode, (Kind.SWEEP, Kind.CHARGES_SETTLED)):
        _move(row.line)


def _move(line: StatementLine) -> None:
    """Book one; where the other account's statement says another amount, it stays open."""
    cents, at = abs(line.amount_cents), line.completed_at
    try:
        with transaction.atomic():
            if line.kind == Kind.CHARGES_SETTLED:
                draft = postings.charges_settled(
                    receipt=line.receipt,
                    payable=accounts.open_account(Account.CHARGES_PAYABLE, label=line.shortcode),
                    out_of=float_of(line.shortcode),
                    amount_cents=cents,
                    effective_at=at,
                )
            else:
                to, out_of = _ends(line)
                draft = postings.swept(
                    receipt=line.receipt,
                    to=to,
                    out_of=out_of,
                    amount_cents=cents,
                    effective_at=at,
                )
            matching.pair([line.pk], posting.post(draft).journal_id, rule=Rule.BOOKED)
    except KeyReused:
        log.warning("statement.move_differs", receipt=line.receipt)


def _ends(line: StatementLine) -> tuple[int, int]:
    """Return where swept money went, and out of what: the line's own account, and the next one.

    Between a float and the bank lies the account of settlement, where M-Pesa has one.
    """
    name = line.reason_type.casefold()
    transit = accounts.open_account(Account.SETTLEMENT_IN_TRANSIT, label=line.shortcode)
    bank = accounts.open_account(Account.BANK_IN_TRANSIT, label=line.shortcode)
    if role_of(line.account) is Role.SETTLEMENT:
        own, other = transit, bank if "bank" in name else float_of(line.shortcode)
    else:
        own, other = float_of(line.shortcode), transit if "settlement" in name else bank
    return (own, other) if line.direction > 0 else (other, own)


def reversals(shortcode: str) -> None:
    """Book what M-Pesa has taken back, or what has come back to us, where its original is known."""
    for row in _open(shortcode, (Kind.REVERSAL,)):
        if row.line.linked and role_of(row.line.account) is Role.MAIN:
            with transaction.atomic():
                _reversal(row.line)


@required
def _reversal(line: StatementLine) -> None:
    original = _booked(line)
    if original is None:
        return
    owner, journal_cents = original
    if journal_cents != -line.amount_cents:
        return
    draft = _undone(line, owner=owner)
    if draft is None:
        return
    _undoes(line, posting.post(draft).journal_id, rule=Rule.BOOKED)


@required
def _undoes(line: StatementLine, journal_id: int, *, rule: Rule) -> None:
    """Note which journal a reversal is; where another line is that one, M-Pesa did it twice."""
    if not StatementMatch.objects.filter(journal_id=journal_id).exists():
        matching.pair([line.pk], journal_id, rule=rule)


def _undone(line: StatementLine, *, owner: str) -> Any:
    """Return the journal of a reversal; that of suspense is the paybill's own."""
    suspense = accounts.open_account(Account.SUSPENSE_PAYOUTS, label=line.shortcode)
    own, cents, at = float_of(line.shortcode), abs(line.amount_cents), line.completed_at
    if owner.startswith("withdrawal:"):
        return postings.came_back(
            receipt=line.linked, into=own, suspense=suspense, amount_cents=cents, effective_at=at
        )
    if owner.startswith("paybill:") and returning.stated(line.linked, amount_cents=cents):
        _undoes(line, _journal_of(f"mpesa:{line.linked}:final"), rule=Rule.RECEIPT)
        return None
    return postings.taken_back(
        receipt=line.linked, suspense=suspense, out_of=own, amount_cents=cents, effective_at=at
    )


_ORIGINAL = f"""
    SELECT r.owner, p.amount
      FROM payments_mpesareceipt r
      JOIN wallets_journal j ON j.key = {matching.KEY}
      JOIN wallets_posting p ON p.journal_id = j.id
      JOIN wallets_account a ON a.id = p.account_id AND a.kind_id = ANY (%s)
     WHERE r.code = %s AND a.label = %s
"""  # noqa: S608 - an expression of our own


def _booked(line: StatementLine) -> tuple[str, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(_ORIGINAL, [list(matching.FLOATS), line.linked, line.shortcode])
        found = cursor.fetchone()
    return (str(found[0]), int(found[1])) if found else None


def _journal_of(key: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM wallets_journal WHERE key = %s", [key])
        return int(cursor.fetchone()[0])


def float_of(shortcode: str) -> int:
    """Return our account that mirrors what lies at M-Pesa under a number."""
    is_payouts = shortcode == settings.MPESA_B2C_SHORTCODE != settings.MPESA_SHORTCODE
    kind = Account.PAYOUT_FLOAT if is_payouts else Account.PAYBILL_FLOAT
    return accounts.open_account(kind, label=shortcode)


def _open(shortcode: str, kinds: Iterable[Kind]) -> Any:
    return (
        OpenItem.objects.filter(
            line__shortcode=shortcode, line__kind__in=[str(kind) for kind in kinds]
        )
        .filter(line__occurrence=1)
        .select_related("line")
        .order_by("line_id")
    )
