"""Quoting and sending: what the sender has seen is what is booked, or nothing is."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from nannychain import ids, locks, notifications
from nannychain.errors import Conflict, Invalid, NotFound
from nannychain.idempotency import KeyReused
from nannychain.ids import new_id
from nannychain.money import display, parse_cents
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments import fees, limits
from payments.fees import Fee
from payments.operations import Operation
from payments.transfers import messages, postings
from payments.transfers.models import Transfer
from wallets.ledger import accounts, errors, posting, reading
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.identity import names
from workers.identity import selectors as members
from workers.identity.models import Member
from workers.identity.standing import services as standing

log = structlog.get_logger(__name__)

_PREFIX, _LENGTH = "TR", 8


class NoSuchPayee(NotFound):
    """Nobody has that phone or Worker ID."""

    code = "transfers.no_such_payee"
    message = _("Nobody with that number has an account here. Check it and try again.")


class NoSuchTransfer(NotFound):
    """There is no such transfer, or it is between others."""

    code = "transfers.not_found"
    message = _("There is no such transfer.")


class ToOneself(Invalid):
    """The sender is the payee."""

    code = "transfers.to_oneself"
    message = _("That is your own number. Enter the number of another person.")


class NotEnoughMoney(Conflict):
    """The wallet holds less than amount and fee."""

    code = "transfers.not_enough"
    message = _("You can use {available}. With the fee you need {needed}.")
    details = {"available_cents": 1_200_00, "needed_cents": 1_507_00}

    def __init__(self, *, available_cents: int, needed_cents: int) -> None:
        self.details = {"available_cents": available_cents, "needed_cents": needed_cents}
        told = {"available": display(available_cents), "needed": display(needed_cents)}
        super().__init__(format_lazy(type(self).message, **told))


class FeeChanged(Conflict):
    """The fee is another than the one that was shown."""

    code = "transfers.fee_changed"
    message = _("The fee has changed since you saw it. Please look at it again.")


@dataclass(frozen=True)
class Quote:
    """What the sender is shown before she confirms. Amounts in cents; `name` is masked."""

    recipient_id: UUID
    name: str
    amount_cents: int
    fee: Fee

    @property
    def total_cents(self) -> int:
        """Return what would leave her wallet."""
        return self.amount_cents + self.fee.total_cents


def quote(sender_id: UUID, *, recipient_text: str, amount_text: str) -> Quote:
    """Return what it would be to send that much to whom the text names; nothing moves.

    The text is a phone or a Worker ID in any spelling. Raises InvalidAmount, NoSuchPayee,
    ToOneself, LimitExceeded, NotEnoughMoney, FlowStopped, NoFeeKnown, Frozen, and MustProveAgain.
    """
    amount_cents = parse_cents(amount_text)
    recipient = find_payee(sender_id, recipient_text=recipient_text)
    return quote_to(sender_id, recipient=recipient, amount_cents=amount_cents)


def find_payee(sender_id: UUID, *, recipient_text: str) -> Member:
    """Return the member whom the text names; raise NoSuchPayee and ToOneself."""
    recipient = members.member_by_address(recipient_text)
    if recipient is None or not recipient.is_active:
        raise NoSuchPayee
    if recipient.pk == sender_id:
        raise ToOneself
    return recipient


def quote_to(sender_id: UUID, *, recipient: Member, amount_cents: int) -> Quote:
    """Return what it would be to send that much to that member. Raises as `quote` does."""
    at = timezone.now()
    operating.ensure_open(Flow.TRANSFERS)
    standing.ensure_may_send(sender_id)
    limits.check_outgoing(
        sender_id,
        operation=Operation.TRANSFER,
        amount_cents=amount_cents,
        at=at,
        payee_id=recipient.pk,
    )
    fee = fees.quote(Operation.TRANSFER, amount_cents, at=at)
    available_cents = wallets.standing_of(sender_id).available
    if available_cents < amount_cents + fee.total_cents:
        raise NotEnoughMoney(
            available_cents=available_cents, needed_cents=amount_cents + fee.total_cents
        )
    name = names.masked(recipient.name, number=recipient.phone)
    return Quote(recipient.pk, name, amount_cents, fee)


def send(
    sender_id: UUID,
    *,
    recipient_id: UUID,
    amount_cents: int,
    shown_fee_cents: int,
    key: str,
    channel: str,
) -> Transfer:
    """Move the money, once for each key of the sender's, and tell both; return the transfer.

    `shown_fee_cents` is the whole fee that the sender has seen. The PIN was asked at the door. May
    be part of the caller's transaction. Raises FeeChanged, KeyReused for another transfer under
    that key, and as `quote` does; then nothing has moved.
    """
    at = timezone.now()
    with transaction.atomic():
        locks.take(locks.Lock.OUTGOING, str(sender_id))
        known = Transfer.objects.filter(sender_id=sender_id, key=key).first()
        if known is not None:
            return _same(known, recipient_id=recipient_id, amount_cents=amount_cents)
        sender, recipient = _both(sender_id, recipient_id)
        operating.ensure_open(Flow.TRANSFERS)
        standing.ensure_may_send(sender_id)
        fee = fees.quote(Operation.TRANSFER, amount_cents, at=at)
        if fee.total_cents != shown_fee_cents:
            raise FeeChanged
        limits.take_outgoing(
            sender_id,
            operation=Operation.TRANSFER,
            amount_cents=amount_cents,
            at=at,
            payee_id=recipient_id,
        )
        return _move(
            Transfer(
                id=new_id(),
                reference=ids.new_code(prefix=_PREFIX, length=_LENGTH),
                sender=sender,
                recipient=recipient,
                amount_cents=amount_cents,
                fee_cents=fee.fee_cents,
                tax_cents=fee.tax_cents,
                key=key,
                channel=channel,
                created_at=at,
            )
        )


def _same(known: Transfer, *, recipient_id: UUID, amount_cents: int) -> Transfer:
    if (known.recipient_id, known.amount_cents) != (recipient_id, amount_cents):
        raise KeyReused
    return known


def _both(sender_id: UUID, recipient_id: UUID) -> tuple[Member, Member]:
    if sender_id == recipient_id:
        raise ToOneself
    found = Member.objects.in_bulk([sender_id, recipient_id])
    recipient = found.get(recipient_id)
    if recipient is None or not recipient.is_active:
        raise NoSuchPayee
    return found[sender_id], recipient


@required
def _move(transfer: Transfer) -> Transfer:
    """Book a transfer, let limits see both wallets, tell both, and store it."""
    sender, recipient = (
        wallets.account_of(member_id) for member_id in (transfer.sender_id, transfer.recipient_id)
    )
    transfer.journal_id = _book(transfer, sender=sender, recipient=recipient)
    cause = f"transfer:{transfer.pk}"
    at = transfer.created_at
    limits.release_excess(transfer.sender_id, account_id=sender, at=at, cause=cause)
    limits.settle_excess(transfer.recipient_id, account_id=recipient, at=at, cause=cause)
    standings = reading.standings([sender, recipient])
    _tell(
        transfer,
        sender_has=standings[sender].available,
        recipient_has=standings[recipient].available,
    )
    transfer.save(force_insert=True)
    log.info("transfer.sent", transfer_id=str(transfer.pk), channel=transfer.channel)
    return transfer


@required
def _book(transfer: Transfer, *, sender: int, recipient: int) -> int:
    charges = {}
    if transfer.fee_cents:
        charges[accounts.open_account(Kind.FEE_INCOME, label="transfers")] = transfer.fee_cents
    if transfer.tax_cents:
        charges[accounts.open_account(Kind.TAX_PAYABLE, label="excise")] = transfer.tax_cents
    draft = postings.sent(
        transfer_id=str(transfer.pk),
        sender=sender,
        recipient=recipient,
        amount_cents=transfer.amount_cents,
        charges=charges,
        effective_at=transfer.created_at,
    )
    try:
        return posting.post(draft).journal_id
    except errors.NotEnough as refused:
        raise NotEnoughMoney(
            available_cents=refused.available, needed_cents=transfer.total_cents
        ) from refused


@required
def _tell(transfer: Transfer, *, sender_has: int, recipient_has: int) -> None:
    """Queue both receipts. Each sees the other's name as far as the screen has shown it."""
    sender, recipient = transfer.sender, transfer.recipient
    transfer.sender_sms = notifications.queue(
        phone=sender.phone,
        kind="receipt",
        language=sender.language,
        text=messages.sent(
            reference=transfer.reference,
            name=names.masked(recipient.name, number=recipient.phone),
            amount_cents=transfer.amount_cents,
            fee_cents=transfer.fee_cents + transfer.tax_cents,
            balance_cents=sender_has,
            at=transfer.created_at,
            language=sender.language,
        ),
    )
    transfer.recipient_sms = notifications.queue(
        phone=recipient.phone,
        kind="receipt",
        language=recipient.language,
        text=messages.received(
            reference=transfer.reference,
            name=names.masked(sender.name, number=sender.phone),
            amount_cents=transfer.amount_cents,
            balance_cents=recipient_has,
            at=transfer.created_at,
            language=recipient.language,
        ),
    )
