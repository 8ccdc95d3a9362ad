"""A day of M-Pesa as our books have it and as the statement tells it, with differences planted.

Thirteen kinds of difference, each so many times. The statement agrees with itself, as M-Pesa's do.
"""

import csv
import io
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from openpyxl import Workbook

from nannychain.clock import NAIROBI
from nannychain.ids import new_id
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill import postings as paybill
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as Paybill
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.statements.layout import COLUMNS
from payments.withdrawals import postings as payouts
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import Attempt, State
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft
from wallets.wallet import selectors as wallets
from workers.identity.models import Member
from workers.identity.services import create_account

PAID_IN, PAID_OUT, CHARGED = 1_000_00, 500_00, 5_00
_MEMBERS = 20
_BATCH = 400
_ACCOUNT = "Utility Account"
_OTHER_NUMBER = "999999"
_PAY_INS = ("missed", "missed, for nobody", "amount", "double", "unlisted", "taken back", "number")
_PAYOUTS = ("unknown", "unlisted payout", "charge")
_EXTRAS = ("orphan", "reason", "unordered")
# Which class of break tells of it.
CLASSES = {
    "missed": "in_statement_not_ledger",
    "missed, for nobody": "in_statement_not_ledger",
    "amount": "amount_differs",
    "double": "duplicate",
    "unlisted": "in_ledger_not_statement",
    "taken back": "reversed_at_provider",
    "number": "wrong_account",
    "unknown": "in_statement_not_ledger",
    "unlisted payout": "in_ledger_not_statement",
    "charge": "charge_mismatch",
    "orphan": "orphan_reversal",
    "reason": "in_statement_not_ledger",
    "unordered": "in_statement_not_ledger",
}


@dataclass
class World:
    """What was made: the statement's rows, and what was planted, by what a break names."""

    rows: list[list[str]] = field(default_factory=list)
    planted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def unnamed(self) -> dict[str, set[str]]:
        """Return what was planted and no break of the right class names."""
        named: dict[str, set[str]] = defaultdict(set)
        for kind, reference in Break.objects.values_list("kind", "reference"):
            named[kind].add(reference)
        left = {what: told - named[CLASSES[what]] for what, told in self.planted.items()}
        return {what: references for what, references in left.items() if references}

    def csv(self) -> bytes:
        """Return the statement as separated values."""
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows(self.rows)
        return out.getvalue().encode("utf-8-sig")

    def xlsx(self) -> bytes:
        """Return the statement as a workbook."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Statement")
        for row in self.rows:
            sheet.append(row)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


@dataclass
class _Moved:
    cents: int
    receipt: str
    reason: str
    party: str = ""
    details: str = ""
    linked: str = ""
    account: str = ""


class _Books:
    """Our side: rows and journals, by the batch."""

    def __init__(self, shortcode: str, at: Callable[[], datetime]) -> None:
        self.shortcode = shortcode
        self.at = at
        self.members = [_member(number) for number in range(_MEMBERS)]
        self.wallets = {member.pk: wallets.account_of(member.pk) for member in self.members}
        self.clearing = accounts.open_account(Kind.PAYOUT_CLEARING, label=shortcode)
        self.payout_float = accounts.open_account(Kind.PAYOUT_FLOAT, label=shortcode)
        self._rows: dict[type, list[Any]] = defaultdict(list)
        self._drafts: list[Draft] = []

    def paid_in(self, receipt: str, member: Member, *, shortcode: str) -> None:
        """Book a payment to the paybill."""
        at = self.at()
        row = PaybillPayment(
            id=new_id(),
            receipt=receipt,
            state=Paybill.CREDITED,
            amount_cents=PAID_IN,
            shortcode=shortcode,
            account=member.worker_id,
            member=member,
            told_by="confirmation",
            paid_at=at,
            ended_at=at,
        )
        self._keep(row, MpesaReceipt(code=receipt, owner=f"paybill:{row.pk}"))
        draft = paybill.received(
            receipt=receipt,
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=shortcode),
            to=self.wallets[member.pk],
            amount_cents=PAID_IN,
            effective_at=at,
        )
        self._post(draft)

    def paid_out(self, receipt: str, member: Member, *, is_known: bool) -> tuple[Withdrawal, str]:
        """Book a payout, or its order alone; return it, and its id at M-Pesa."""
        at = self.at()
        row = Withdrawal(
            id=new_id(),
            member=member,
            phone=member.phone,
            shortcode=self.shortcode,
            asked_cents=PAID_OUT,
            amount_cents=PAID_OUT,
            fee_cents=0,
            tax_cents=0,
            channel="bench",
            state=State.PAID if is_known else State.UNKNOWN,
            receipt=receipt if is_known else None,
            attempts_made=1,
            due_at=None,
            created_at=at,
            ended_at=at if is_known else None,
        )
        attempt = PayoutAttempt(
            withdrawal=row,
            number=1,
            originator_id=str(new_id()),
            state=Attempt.PAID if is_known else Attempt.UNKNOWN,
            sent_at=at,
        )
        self._keep(row, attempt)
        where: dict[str, Any] = {
            "withdrawal_id": str(row.pk),
            "clearing": self.clearing,
            "effective_at": at,
        }
        wallet = self.wallets[member.pk]
        self._post(payouts.reserved(wallet=wallet, amount_cents=PAID_OUT, **where))
        if is_known:
            self._keep(MpesaReceipt(code=receipt, owner=f"withdrawal:{row.pk}"))
            self._post(payouts.paid(parts={self.payout_float: PAID_OUT}, **where))
        return row, attempt.originator_id

    def flush(self) -> None:
        """Write what waits."""
        for model in (PaybillPayment, Withdrawal, PayoutAttempt, MpesaReceipt):
            model.objects.bulk_create(self._rows.pop(model, []))
        posting.post_batch(self._drafts)
        self._drafts = []

    def _keep(self, *rows: Any) -> None:
        for row in rows:
            self._rows[type(row)].append(row)

    def _post(self, draft: Draft) -> None:
        self._drafts.append(draft)
        if len(self._drafts) >= _BATCH:
            self.flush()


def build(*, lines: int, each: int, shortcode: str) -> World:
    """Make the day: so many lines, and so many of each kind of difference."""
    world = World()
    until = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    since = until - timedelta(hours=20)
    ticks = itertools.count()
    step = timedelta(hours=18) / (3 * lines)
    books = _Books(shortcode, lambda: since + timedelta(hours=1) + next(ticks) * step)
    moved = list(_paid_in(world, books, count=lines // 2, each=each))
    moved += _paid_out(world, books, count=lines // 4, each=each)
    moved += _extras(world, each=each)
    books.flush()
    world.rows = list(_rows(moved, shortcode, since, until))
    return world


def _paid_in(world: World, books: _Books, *, count: int, each: int) -> Iterator[_Moved]:
    for number in range(count):
        what = _PAY_INS[number // each] if number < each * len(_PAY_INS) else ""
        member, receipt = books.members[number % _MEMBERS], f"UAP{number:07d}"
        if what:
            world.planted[what].add(receipt)
        if not what.startswith("missed"):
            number_of = _OTHER_NUMBER if what == "number" else books.shortcode
            books.paid_in(receipt, member, shortcode=number_of)
        account = "school fees" if what == "missed, for nobody" else member.worker_id
        line = _Moved(
            PAID_IN - (100_00 if what == "amount" else 0),
            receipt,
            "Pay Bill Online" if number % 5 else "Pay Utility with OD via STK",
            party=f"{_shown(member)} - JANE {number} DOE",
            details=f"Pay Bill from {_shown(member)} - JANE {number} DOE Acc. {account}",
            account=account,
        )
        if what != "unlisted":
            yield line
        if what == "double":
            yield line
        if what == "taken back":
            yield _Moved(-PAID_IN, f"UAR{number:07d}", "Pay Bill Online Reversal", linked=receipt)


def _paid_out(world: World, books: _Books, *, count: int, each: int) -> Iterator[_Moved]:
    for number in range(count):
        what = _PAYOUTS[number // each] if number < each * len(_PAYOUTS) else ""
        # Whom the first ones without a difference have paid.
        member = books.members[(number + each * len(_PAY_INS)) % _MEMBERS]
        receipt = f"UAW{number:07d}"
        row, our_id = books.paid_out(receipt, member, is_known=what != "unknown")
        if what:
            is_ours = what == "unlisted payout"
            world.planted[what].add(f"withdrawal:{row.pk}" if is_ours else receipt)
        if what == "unlisted payout":
            continue
        details = f"Business Payment via API. Original conversation ID is {our_id}."
        reason = "Business Payment to Customer"
        party = f"{_shown(member)} - JANE DOE"
        yield _Moved(-PAID_OUT, receipt, f"{reason} via API", party=party, details=details)
        charged = 9_00 if what == "charge" else CHARGED
        yield _Moved(-charged, receipt, f"{reason} Charge", party=party)


def _extras(world: World, *, each: int) -> Iterator[_Moved]:
    for what, reason in zip(
        _EXTRAS, ("Pay Bill Reversal", "Something New", "Business Payment"), strict=True
    ):
        for number in range(each):
            receipt = f"U{what[:2].upper()}{number:07d}"
            linked = f"UNO{number:07d}" if what == "orphan" else ""
            world.planted[what].add(receipt)
            yield _Moved(-10_00, receipt, reason, linked=linked)


def _rows(
    moved: list[_Moved], shortcode: str, since: datetime, until: datetime
) -> Iterator[list[str]]:
    paid_in = sum(each.cents for each in moved if each.cents > 0)
    withdrawn = sum(each.cents for each in moved if each.cents < 0)
    yield ["Account Holder:", "NannyChain"]
    yield ["Short Code:", shortcode]
    yield ["Account:", _ACCOUNT]
    yield ["Time Period:", "", "From", _clock(since), "To", _clock(until)]
    yield ["Operator:", "BENCH", "Date of Report:", _clock(until)]
    opening = 1_000_000_00
    closing = opening + paid_in + withdrawn
    yield [
        *("Opening Balance:", _amount(opening), "Closing Balance:", _amount(closing)),
        *("Available Balance:", _amount(closing)),
        *("Total Paid In:", _amount(paid_in), "Total Withdrawn:", _amount(withdrawn)),
    ]
    yield list(COLUMNS)
    step = timedelta(hours=18) / max(1, len(moved))
    lines, balance = [], opening
    for place, each in enumerate(moved):
        balance += each.cents
        at = _clock(since + timedelta(hours=1) + place * step)
        amounts = ["", _amount(each.cents)] if each.cents < 0 else [_amount(each.cents), ""]
        lines.append(
            [
                *(each.receipt, at, at, each.details, "Completed", *amounts, _amount(balance)),
                *("true", each.reason, each.party, each.linked, each.account),
            ]
        )
    yield from reversed(lines)


def _member(number: int) -> Member:
    phone = f"+25472200{number:04d}"
    return create_account(phone, channel="bench", phone_proved=True, send_sms=False).member


def _shown(member: Member) -> str:
    return f"{member.phone[1:6]}****{member.phone[-3:]}"


def _clock(at: datetime) -> str:
    return at.astimezone(NAIROBI).strftime("%d-%m-%Y %H:%M:%S")


def _amount(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02d}"
