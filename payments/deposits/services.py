"""What people and agreements do with deposits. What M-Pesa tells stands in `outcomes`."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import audit, locks, queues
from nannychain.actors import Actor
from nannychain.ids import new_id
from nannychain.money import CENTS_PER_SHILLING
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments import limits
from payments.deposits import outcomes, references, selectors
from payments.deposits.errors import (
    AmountOutOfRange,
    CannotCancel,
    DepositsStopped,
    NoSuchDeposit,
    PromptOpen,
    SameAgain,
)
from payments.deposits.models import Deposit
from payments.deposits.states import ASKABLE, CANCELLABLE, DEPOSIT, State
from payments.mpesa import account
from payments.operations import Operation
from workers.identity.models import Member

# M-Pesa's own limits for one prompt, in cents.
AMOUNT_CENTS_MIN = 1 * CENTS_PER_SHILLING
AMOUNT_CENTS_MAX = 250_000 * CENTS_PER_SHILLING
# A request that could not be sent for so long surprises whoever asked for it.
SEND_WITHIN = timedelta(minutes=10)


def request(member_id: UUID, *, amount_cents: int, channel: str, purpose: str = "") -> Deposit:
    """Ask for money from the member's own M-Pesa; the prompt follows by a worker.

    What is asked of her is rounded up to whole shillings, and all of it goes to her wallet.
    `purpose` names what an agreement wants it for (`wage:<id>`), which hears `deposit.settled` or
    `deposit.failed`. Raises AmountOutOfRange, PromptOpen, SameAgain, FlowStopped, ModeFull and
    DepositsStopped.
    """
    asked_cents = rounded_up(amount_cents)
    if not AMOUNT_CENTS_MIN <= asked_cents <= AMOUNT_CENTS_MAX:
        raise AmountOutOfRange
    operating.ensure_open(Flow.DEPOSITS)
    limits.ensure_room_for_money(asked_cents, at=timezone.now())
    if not account.can_take():
        raise DepositsStopped
    bounds = limits.operation_limits(Operation.DEPOSIT, at=timezone.now())
    with transaction.atomic():
        member = Member.objects.get(pk=member_id)
        locks.take(locks.Lock.MPESA_PROMPT, member.phone)
        _refuse_second_prompt(member.phone, asked_cents)
        deposit = _store(
            member,
            wanted_cents=amount_cents,
            amount_cents=asked_cents,
            channel=channel,
            purpose=purpose,
            needs_word=asked_cents > bounds.confirmed_above_cents,
        )
        queues.enqueue_after_commit("payments.deposits.tend", deposit_id=str(deposit.pk))
        return deposit


def rounded_up(amount_cents: int) -> int:
    """Return the amount in whole shillings, up: M-Pesa moves no cents."""
    return -(-amount_cents // CENTS_PER_SHILLING) * CENTS_PER_SHILLING


@required
def _refuse_second_prompt(phone: str, amount_cents: int) -> None:
    instant = timezone.now()
    if selectors.prompt_on(phone, at=instant) is not None:
        raise PromptOpen
    if selectors.was_asked_just_now(phone, amount_cents=amount_cents, at=instant):
        raise SameAgain


@required
def _store(
    member: Member,
    *,
    wanted_cents: int,
    amount_cents: int,
    channel: str,
    purpose: str,
    needs_word: bool,
) -> Deposit:
    instant = timezone.now()
    deposit = Deposit.objects.create(
        id=new_id(),
        member=member,
        phone=member.phone,
        shortcode=settings.MPESA_SHORTCODE,
        wanted_cents=wanted_cents,
        amount_cents=amount_cents,
        reference=references.new(),
        purpose=purpose,
        needs_word=needs_word,
        channel=channel,
        created_at=instant,
        due_at=instant,
        expires_at=instant + SEND_WITHIN,
    )
    DEPOSIT.record(deposit, source="", target=State.REQUESTED)
    audit.record(
        "deposit.requested",
        subject=deposit,
        actor_id=member.pk,
        actor=member.worker_id,
        after={"amount_cents": amount_cents, "reference": deposit.reference},
        channel=channel,
    )
    return deposit


def cancel(deposit_id: UUID, *, member_id: UUID, channel: str) -> Deposit:
    """Stop waiting for a deposit. A prompt that is on the phone stays there; if it is answered
    with the PIN all the same, the money is hers. Cancelling twice is the same.

    Raises NoSuchDeposit and CannotCancel.
    """
    with transaction.atomic():
        rows = Deposit.objects.select_for_update(no_key=True).select_related(None)
        deposit = rows.filter(pk=deposit_id, member_id=member_id).first()
        if deposit is None:
            raise NoSuchDeposit
        if deposit.state == State.CANCELLED:
            return deposit
        if deposit.state not in CANCELLABLE:
            raise CannotCancel
        # There may be a prompt that is answered all the same.
        ask_at = None if deposit.checkout_id is None else timezone.now() + selectors.SAME_AGAIN
        outcomes.ended(deposit, to=State.CANCELLED, reason="the member cancelled it", ask_at=ask_at)
        audit.record(
            "deposit.cancelled",
            subject=deposit,
            actor_id=member_id,
            actor=str(deposit.member),
            channel=channel,
        )
        return deposit


def ask_now(deposit_id: UUID, *, by: Actor) -> bool:
    """Have M-Pesa asked now, on the word of staff; return whether it can be asked."""
    with transaction.atomic():
        deposit = outcomes.locked(deposit_id)
        if deposit is None or deposit.state not in ASKABLE or deposit.checkout_id is None:
            return False
        deposit.due_at = timezone.now()
        deposit.save(update_fields=["due_at"])
        audit.record(
            "deposit.asked_about", subject=deposit, actor_id=by.id, actor=by.name, channel="admin"
        )
        queues.enqueue_after_commit("payments.deposits.tend", deposit_id=str(deposit.pk))
        return True
