"""What two members of staff decide about a break: one asks, another one approves.

Writing off books a loss of ours (or keeps a surplus in suspense); settling books nothing. Each is
refused when the break has become another amount since it was asked for.
"""

from django.utils import timezone

from nannychain import audit
from nannychain.actors import Actor
from nannychain.approvals import Kind as ApprovalKind
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Conflict, Invalid
from nannychain.transactions import required
from payments.reconciliation.breaks import postings, services
from payments.reconciliation.breaks.kinds import about
from payments.reconciliation.breaks.models import Break, BreakEvent
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind

_ASKING, _DECIDING = "payments.change_break", "payments.settle_break"


class HasChanged(Conflict):
    """The break is another amount than the request was about."""

    code = "breaks.has_changed"
    message = "This break has changed since it was asked for. Refuse it, and ask anew."


class NothingToBook(Invalid):
    """The break has no amount or account in our books, or one that no loss may be taken from."""

    code = "breaks.nothing_to_book"
    message = "Nothing can be booked for this break. Settle what is behind it."


class StillThere(Conflict):
    """A state of things can't be settled away: it is found again as long as it lasts."""

    code = "breaks.still_there"
    message = "This break closes by itself when it is over. Explain it meanwhile."


def can_be_written_off(item: Break) -> bool:
    """Tell whether a loss, or money of nobody's, can be booked for it."""
    if item.ledger_account is None or not item.amount_cents:
        return False
    allowed = postings.LOSSES_FROM if item.amount_cents < 0 else postings.FLOATS
    return item.ledger_account.kind_id in allowed


def can_be_settled(item: Break) -> bool:
    """Tell whether two people may close it without a booking: only what is about a single line."""
    return not about(item.kind).recurs


def write_off(request: ApprovalRequest) -> None:
    """Book what is missing as a loss of ours, or what is too much into suspense, and close it."""
    item = _as_asked(request)
    if not can_be_written_off(item):
        raise NothingToBook
    cents, account = item.amount_cents or 0, item.ledger_account_id or 0
    if cents < 0:
        draft = postings.written_off(
            request_id=str(request.pk),
            break_id=str(item.pk),
            account=account,
            losses=accounts.open_account(Kind.RECONCILIATION_LOSSES),
            amount_cents=-cents,
            effective_at=timezone.now(),
        )
        why = "written off as a loss"
    else:
        draft = postings.set_aside(
            request_id=str(request.pk),
            break_id=str(item.pk),
            account=account,
            suspense=accounts.open_account(Kind.SUSPENSE_DIFFERENCES),
            amount_cents=cents,
            effective_at=timezone.now(),
        )
        why = "kept in suspense"
    journal = posting.post(draft)
    _settle(item, request, what=BreakEvent.What.WRITTEN_OFF, why=why, journal_id=journal.journal_id)


def settle(request: ApprovalRequest) -> None:
    """Close a break for good without a booking."""
    item = _as_asked(request)
    if not can_be_settled(item):
        raise StillThere
    _settle(item, request, what=BreakEvent.What.SETTLED, why="settled")


WRITE_OFF = ApprovalKind(
    code="break.write_off",
    words="write off the break",
    permission=_DECIDING,
    asking=_ASKING,
    carry_out=write_off,
    payload=frozenset({"amount_cents"}),
)
SETTLE = ApprovalKind(
    code="break.settle",
    words="settle the break without booking anything",
    permission=_DECIDING,
    asking=_ASKING,
    carry_out=settle,
    payload=frozenset({"amount_cents"}),
)
KINDS = (WRITE_OFF, SETTLE)


@required
def _as_asked(request: ApprovalRequest) -> Break:
    """Return the break, locked, if it still is what the request was about."""
    item = services.locked(request.subject_id)
    if request.payload.get("amount_cents") != (item.amount_cents or 0):
        raise HasChanged
    if item.changed_at > request.asked_at:
        raise HasChanged
    return item


@required
def _settle(
    item: Break,
    request: ApprovalRequest,
    *,
    what: BreakEvent.What,
    why: str,
    journal_id: int | None = None,
) -> None:
    if request.decided_by is None:
        raise ValueError("a request is carried out when somebody has decided")
    words = f"{why} by {request.asker} and {request.decider}: {request.reason}"
    by = Actor(id=request.decided_by, name=request.decider)
    services.settled(item, what=what, why=words, by=by)
    audit.record(
        f"break.{what}",
        subject=item,
        actor_id=by.id,
        actor=by.name,
        after={"request": str(request.pk), "journal": journal_id, **request.payload},
        reason=request.reason,
        channel="admin",
    )
