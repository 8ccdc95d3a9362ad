"""By what the admin's search finds what: one line for each way to read what was typed."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from nannychain import phone, strkey
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Invalid
from nannychain.money import display as money
from nannychain.notifications.models import Sms
from nannychain.staff import finding
from nannychain.staff.finding import Finder, Hit
from payments.deposits import references
from payments.deposits import words as deposit_words
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa import reading as mpesa
from payments.paybill import words as paybill_words
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.breaks import words as break_words
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import State as BreakState
from payments.reconciliation.statements.models import StatementLine
from payments.transfers.models import Transfer
from payments.withdrawals import words as withdrawal_words
from payments.withdrawals.models import ExtraPayout, PayoutAttempt, Withdrawal
from payments.withdrawals.states import State as WithdrawalState
from wallets.ledger.models import KEY_LENGTH_MAX, Journal
from wallets.ledger.words import number
from wallets.stellar.models import Envelope, Submission
from wallets.stellar.watching.models import Movement
from wallets.wallet.models import Wallet
from workers.identity import worker_id
from workers.identity.models import Member

_HASH = re.compile(r"[0-9a-f]{64}")
_ROWS_MAX = 20


def _hit(kind: str, row: Model, name: str, words: str, *, person: Model | None = None) -> Hit:
    page = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    there = reverse(page, args=[row.pk])
    return Hit(kind=kind, name=name, words=words, address=there, person=person)


def _uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


def _hash(term: str) -> str | None:
    text = term.lower().removeprefix("0x")
    return text if _HASH.fullmatch(text) else None


# People


def _members(term: str) -> Iterator[Hit]:
    named: Q | None = None
    for field, parse in (("phone", phone.parse), ("worker_id", worker_id.parse)):
        try:
            named = Q(**{field: parse(term)}) | (named or Q())
        except Invalid:
            continue
    if key := _uuid(term):
        named = Q(pk=key)
    if (address := _address(term)) is not None:
        named = Q(wallet__stellar_public_key=address)
    for member in Member.objects.filter(named) if named else ():
        name = member.name or "no name"
        words = f"{name}, {phone.national(member.phone)}"
        yield _hit("Member", member, member.worker_id, words, person=member)


def _address(term: str) -> str | None:
    """Return a Stellar address, when the text is one."""
    try:
        strkey.public_key_bytes(term.upper())
    except Invalid:
        return None
    return term.upper()


def _wallets(term: str) -> Iterator[Hit]:
    if (address := _address(term)) is not None:
        for wallet in Wallet.objects.filter(stellar_public_key=address):
            yield _hit("Wallet", wallet, f"{address[:6]}…{address[-6:]}", "Stellar account")


def _sms(term: str) -> Iterator[Hit]:
    if key := _uuid(term):
        for sms in Sms.objects.filter(pk=key).defer("sealed_text"):
            yield _hit("SMS", sms, sms.kind, sms.get_state_display())
    try:
        number_ = phone.parse(term)
    except Invalid:
        return
    if Sms.objects.filter(phone=number_).exists():
        there = f"{reverse('admin:nannychain_sms_changelist')}?{urlencode({'phone': number_})}"
        yield Hit(
            kind="SMS", name=phone.national(number_), words="all to this phone", address=there
        )


# Payments


def _of(term: str, *, receipt: str = "receipt", **others: str | None) -> Q | None:
    """Return how a payment is named by this text: by id, receipt, or other fields."""
    named = Q()
    if key := _uuid(term):
        named |= Q(pk=key)
    if code := mpesa.receipt(term.upper()):
        named |= Q(**{receipt: code})
    for field, value in others.items():
        if value:
            named |= Q(**{field: value})
    return named or None


def _rows(rows: QuerySet[Any], named: Q | None) -> QuerySet[Any]:
    return rows.filter(named)[:_ROWS_MAX] if named else rows.none()


def _deposits(term: str) -> Iterator[Hit]:
    checkout = term if term.startswith("ws_CO_") else None
    named = _of(term, reference=references.parse(term), checkout_id=checkout)
    for row in _rows(Deposit.objects.select_related("member"), named):
        state = deposit_words.STATES[DepositState(row.state)]
        words = f"{money(row.amount_cents)} of {row.member}, {state}"
        yield _hit("Deposit", row, row.reference, words)


def _withdrawals(term: str) -> Iterator[Hit]:
    named = _of(term)
    key = _uuid(term)
    if key or "-" in term:  # our own ids at M-Pesa
        attempt = PayoutAttempt.objects.filter(originator_id=term[:40])
        by_attempt = Q(pk__in=attempt.values("withdrawal_id"))
        named = by_attempt | named if named else by_attempt
    for row in _rows(Withdrawal.objects.select_related("member"), named):
        state = withdrawal_words.STATES[WithdrawalState(row.state)]
        words = f"{money(row.amount_cents)} to {row.member}, {state}"
        yield _hit("Withdrawal", row, row.receipt or str(row.pk), words)


def _paybill(term: str) -> Iterator[Hit]:
    for row in _rows(PaybillPayment.objects.select_related("member"), _of(term)):
        state = paybill_words.STATES[PaybillState(row.state)]
        whose = f" for {row.member}" if row.member else ""
        yield _hit("Paybill", row, row.receipt, f"{money(row.amount_cents)}{whose}, {state}")


def _transfers(term: str) -> Iterator[Hit]:
    named = Q(reference=term.upper()[:12])
    if key := _uuid(term):
        named |= Q(pk=key)
    for row in Transfer.objects.filter(named).select_related("sender", "recipient"):
        words = f"{money(row.amount_cents)} from {row.sender} to {row.recipient}"
        yield _hit("Transfer", row, row.reference, words)


def _extras(term: str) -> Iterator[Hit]:
    if code := mpesa.receipt(term.upper()):
        extras = ExtraPayout.objects.filter(receipt=code)
        for row in extras.select_related("withdrawal__member"):
            # It has no page of its own: it stands with the withdrawal that it was paid for.
            words = f"{money(row.amount_cents)} to {row.withdrawal.member}, {row.why}"
            yield _hit("Payment too many", row.withdrawal, row.receipt, words)


def _lines(term: str) -> Iterator[Hit]:
    if code := mpesa.receipt(term.upper()):
        for row in StatementLine.objects.filter(receipt=code).order_by("pk")[:_ROWS_MAX]:
            kind = row.get_kind_display()
            words = f"{money(row.amount_cents)} on {row.shortcode} {row.account}, {kind}"
            yield _hit("Statement line", row, row.receipt, words)


def _breaks(term: str) -> Iterator[Hit]:
    named = Q(subject=term) | Q(reference=term)
    if key := _uuid(term):
        named |= Q(pk=key)
    if code := mpesa.receipt(term.upper()):
        named |= Q(reference=code) | Q(subject__in=_subjects_of_lines(code))
    for row in Break.objects.filter(named).order_by("pk")[:_ROWS_MAX]:
        state = break_words.STATES[BreakState(row.state)]
        yield _hit("Break", row, row.get_kind_display(), f"{row.subject}, {state}")


def _subjects_of_lines(receipt: str) -> list[str]:
    """Return under what breaks about these lines are kept: some name the receipt that is undone."""
    keys = StatementLine.objects.filter(receipt=receipt).values_list("pk", flat=True)
    return [f"statement:line:{pk}" for pk in keys[:_ROWS_MAX]]


# Books and chain


def _journals(term: str) -> Iterator[Hit]:
    named = Q(key=term) if len(term) <= KEY_LENGTH_MAX else Q(pk__in=())
    if (pk := number(term)) is not None:
        named |= Q(pk=pk)
    for row in Journal.objects.filter(named):
        yield _hit("Journal", row, str(row.pk), f"{row.kind}, {row.key}")


def _submissions(term: str) -> Iterator[Hit]:
    if (found := _hash(term)) is None:
        return
    bumped = Envelope.objects.filter(hash=found).values("submission_id")
    for row in Submission.objects.filter(Q(hash=found) | Q(pk__in=bumped)):
        yield _hit("Submission", row, f"{found[:8]}…", row.get_state_display())


def _movements(term: str) -> Iterator[Hit]:
    if (found := _hash(term)) is None:
        return
    for row in Movement.objects.filter(transaction_hash=found).order_by("pk")[:_ROWS_MAX]:
        yield _hit("Movement", row, f"{found[:8]}…", f"{row.type}, {row.direction}")


def _approvals(term: str) -> Iterator[Hit]:
    if key := _uuid(term):
        for row in ApprovalRequest.objects.filter(pk=key):
            yield _hit("Request", row, row.kind, f"asked by {row.asker}")


FINDERS: tuple[Finder, ...] = tuple(
    Finder(permission=permission, find=find)
    for permission, find in (
        ("workers.view_member", _members),
        ("nannychain.view_sms", _sms),
        ("payments.view_deposit", _deposits),
        ("payments.view_withdrawal", _withdrawals),
        ("payments.view_paybillpayment", _paybill),
        ("payments.view_transfer", _transfers),
        ("payments.view_extrapayout", _extras),
        ("payments.view_statementline", _lines),
        ("payments.view_break", _breaks),
        ("wallets.view_wallet", _wallets),
        ("wallets.view_journal", _journals),
        ("wallets.view_submission", _submissions),
        ("wallets.view_movement", _movements),
        ("nannychain.view_approvalrequest", _approvals),
    )
)


def connect() -> None:
    """Have them asked."""
    finding.register(FINDERS)
