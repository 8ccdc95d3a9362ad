"""Moves of our own money: one member of the staff proposes, another one approves and so books."""

import re
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain import audit
from nannychain.actors import Actor
from nannychain.approvals import Kind as ApprovalKind
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Conflict, Invalid
from nannychain.transactions import required
from payments.mpesa import reading
from payments.reconciliation.floats.models import NAME_LENGTH_MAX, FloatMove
from payments.reconciliation.floats.moves import MOVES, RECIPES, Line, Place
from payments.reconciliation.safeguarding import selectors as safeguarding
from payments.reconciliation.statements import postings as statements
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.ledger.models import AMOUNT_MAX
from wallets.ledger.recipes import Draft

_BANK = re.compile(r"[a-z0-9][a-z0-9 .&-]{1,39}")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{2,59}")
_UNIQUE_VIOLATION = "23505"


class MalformedMove(Invalid):
    """A move without a bank, a reference or an amount, or one that lies ahead."""

    code = "floats.malformed_move"
    message = "That is no move of money."


class BookedBefore(Conflict):
    """The same reference was booked for the same kind of move."""

    code = "floats.booked_before"
    message = "A move with this reference was booked before."


class WouldBeShort(Conflict):
    """Customers' money would no longer be covered."""

    code = "floats.would_be_short"
    message = "Customers' money would not be covered any more."


def propose(
    kind: str,
    *,
    amount_cents: int,
    bank: str,
    reference: str,
    happened_at: datetime,
    reason: str,
    by: Actor,
) -> tuple[FloatMove, ApprovalRequest]:
    """Propose a move; nothing is booked until another person approves the request.

    Raises MalformedMove, BookedBefore and InvalidReason.
    """
    line = _line(kind)
    name = _name_of_bank(bank) if line.needs_bank else ""
    told = reference.strip()
    if not _REFERENCE.fullmatch(told):
        raise MalformedMove("Give the bank's or M-Pesa's reference, as it stands on the slip.")
    if not 0 < amount_cents <= AMOUNT_MAX:
        raise MalformedMove("An amount is above zero.")
    if happened_at > timezone.now():
        raise MalformedMove("A move says what has happened: its time can't lie ahead.")
    if FloatMove.objects.filter(kind=kind, reference=told, journal__isnull=False).exists():
        raise BookedBefore
    with transaction.atomic():
        move = FloatMove.objects.create(
            kind=kind,
            amount_cents=amount_cents,
            bank=name,
            reference=told,
            happened_at=happened_at,
            proposed_by=by.id,
            proposer=by.name[:NAME_LENGTH_MAX],
        )
        request = approvals.ask(
            BOOK.code,
            subject_type=move._meta.label_lower,
            subject_id=move.pk,
            by=by,
            reason=reason,
        )
    return move, request


def book(request: ApprovalRequest) -> None:
    """Book the move that the request is about."""
    moves = FloatMove.objects.select_for_update(no_key=True)
    move = moves.get(pk=request.subject_id)
    if move.journal_id is not None:
        raise BookedBefore
    if move.kind == "own_out_of_pool" and safeguarding.now().surplus_cents < move.amount_cents:
        raise WouldBeShort
    posted = posting.post(_draft(move))
    move.journal_id, move.booked_at = posted.journal_id, timezone.now()
    _save(move)
    audit.record(
        "float.booked",
        subject=move,
        actor_id=request.decided_by,
        actor=request.decider,
        after={"journal": posted.journal_id, "amount_cents": move.amount_cents, "kind": move.kind},
        reason=request.reason,
        channel="admin",
    )


BOOK = ApprovalKind(
    code="float.book",
    words="book the move of float",
    permission="payments.settle_floatmove",
    asking="payments.add_floatmove",
    carry_out=book,
)
KINDS = (BOOK,)


def _line(kind: str) -> Line:
    try:
        return MOVES[kind]
    except KeyError:
        raise MalformedMove("There is no such move.") from None


def _name_of_bank(text: str) -> str:
    """Return the name of a bank as accounts are labelled: small letters, single spaces."""
    name = " ".join(text.lower().split())
    if not _BANK.fullmatch(name):
        raise MalformedMove("Name the bank, in letters and digits.")
    return name


@required
def _draft(move: FloatMove) -> Draft:
    """Return the journal; under M-Pesa's receipt it is that of its statement's line, whichever
    comes first.
    """
    line = _line(move.kind)
    debited = _account(line, line.debits, bank=move.bank)
    credited = _account(line, line.credits, bank=move.bank)
    receipt = reading.receipt(move.reference)
    if receipt and line.is_swept:
        return statements.swept(
            receipt=receipt,
            to=debited,
            out_of=credited,
            amount_cents=move.amount_cents,
            effective_at=move.happened_at,
        )
    return RECIPES[move.kind](
        move_id=str(move.pk),
        debited=debited,
        credited=credited,
        amount_cents=move.amount_cents,
        effective_at=move.happened_at,
    )


@required
def _account(line: Line, kind: Kind, *, bank: str) -> int:
    labels = {
        Place.PAYBILL: settings.MPESA_SHORTCODE,
        Place.PAYOUT: settings.MPESA_B2C_SHORTCODE,
        Place.BANK: bank,
        Place.NONE: "",
    }
    place = line.place(kind)
    label = labels[place]
    if place is not Place.NONE and not label:
        raise MalformedMove("M-Pesa is not set up: its number is not known.")
    return accounts.open_account(kind, label=label)


@required
def _save(move: FloatMove) -> None:
    try:
        with transaction.atomic():
            move.save(update_fields=["journal", "booked_at"])
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) == _UNIQUE_VIOLATION:
            raise BookedBefore from error
        raise
