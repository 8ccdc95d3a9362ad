"""What people do with withdrawals. What M-Pesa tells stands in `results` and `outcomes`."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import audit, locks, queues
from nannychain.actors import Actor
from nannychain.ids import new_id
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments import limits
from payments.operations import Operation
from payments.withdrawals import books, outcomes, selectors
from payments.withdrawals.errors import FeeChanged, NotEnoughMoney
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.selectors import Quote
from payments.withdrawals.states import ASKABLE, WITHDRAWAL, State
from wallets.ledger.errors import NotEnough
from workers.identity.models import Member
from workers.identity.standing import services as standing


def request(
    member_id: UUID, *, amount_cents: int, channel: str, seen: Quote | None = None
) -> Withdrawal:
    """Take the money out of the wallet; a worker has it paid out to the member's own phone.

    Whole shillings are paid out, the cents stay. Whoever calls has checked the PIN; `seen` is the
    quote that she agreed to: where it is no longer true, nothing happens. Raises AmountOutOfRange,
    NotEnoughMoney, FeeChanged, FlowStopped, what `standing` raises for a member who may not send,
    and LimitExceeded and OutflowReached of `limits`.
    """
    operating.ensure_open(Flow.WITHDRAWALS)
    instant = timezone.now()
    quote = selectors.quote(amount_cents, at=instant)
    if seen is not None and seen != quote:
        raise FeeChanged
    with transaction.atomic():
        # The same lock first as in every other flow out of a wallet.
        locks.take(locks.Lock.OUTGOING, str(member_id))
        standing.ensure_may_send(member_id)
        limits.take_outgoing(
            member_id,
            operation=Operation.WITHDRAWAL,
            amount_cents=quote.amount_cents,
            at=instant,
        )
        withdrawal = _store(member_id, quote, channel=channel, at=instant)
        _reserve(withdrawal)
        queues.enqueue_after_commit("payments.withdrawals.tend", withdrawal_id=str(withdrawal.pk))
        return withdrawal


@required
def _store(member_id: UUID, quote: Quote, *, channel: str, at: datetime) -> Withdrawal:
    member = Member.objects.get(pk=member_id)
    withdrawal = Withdrawal.objects.create(
        id=new_id(),
        member=member,
        phone=member.phone,
        shortcode=settings.MPESA_B2C_SHORTCODE,
        asked_cents=quote.asked_cents,
        amount_cents=quote.amount_cents,
        fee_cents=quote.fee_cents,
        tax_cents=quote.tax_cents,
        channel=channel,
        created_at=at,
        due_at=at,
    )
    WITHDRAWAL.record(withdrawal, source="", target=State.RESERVED)
    audit.record(
        "withdrawal.requested",
        subject=withdrawal,
        actor_id=member.pk,
        actor=member.worker_id,
        after={"amount_cents": quote.amount_cents, "charges_cents": quote.charges_cents},
        channel=channel,
    )
    return withdrawal


@required
def _reserve(withdrawal: Withdrawal) -> None:
    try:
        books.reserve(withdrawal)
    except NotEnough:
        raise NotEnoughMoney from None


def ask_now(withdrawal_id: UUID, *, by: Actor) -> bool:
    """Have M-Pesa asked now, on the word of staff; return whether it can be asked."""
    with transaction.atomic():
        withdrawal = outcomes.locked(withdrawal_id)
        if withdrawal is None or withdrawal.state not in ASKABLE:
            return False
        withdrawal.due_at = timezone.now()
        withdrawal.save(update_fields=["due_at"])
        audit.record(
            "withdrawal.asked_about",
            subject=withdrawal,
            actor_id=by.id,
            actor=by.name,
            channel="admin",
        )
        queues.enqueue_after_commit("payments.withdrawals.tend", withdrawal_id=str(withdrawal.pk))
        return True
