"""What M-Pesa tells of a prompt by itself. Meaning is worked out here, in a task, never in a view.

A body counts for the deposit whose address it came to. One that names another prompt or amount is
not believed: it is kept, staff are told, and M-Pesa is asked.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain.transactions import required
from payments.deposits import asking, outcomes
from payments.deposits.models import Deposit
from payments.deposits.sending import SOURCE
from payments.deposits.states import ASKABLE
from payments.mpesa import callbacks, trouble
from payments.mpesa.callbacks import NotOurs
from payments.mpesa.codes import Outcome
from payments.mpesa.messages import PushResult

_DIGITS = 12  # of a number in Kenya, 254712345678


@required
def settle(*, subject_id: str, message: PushResult, received_at: datetime) -> str:
    """Let a push's result change its deposit; return what it came to, in a word or two.

    May come twice, in any order, and before our request has returned. Raises NotOurs for one that
    does not fit.
    """
    deposit = outcomes.locked(subject_id)
    if deposit is None:
        return "nobody's"
    _look_at_ids(deposit, message)
    trouble.tell(message.meaning, about=str(deposit))
    if message.meaning.outcome is Outcome.PAID:
        if message.amount_cents != deposit.amount_cents:
            raise NotOurs("amount")
        if not message.receipt:
            raise NotOurs("receipt")
        at = message.paid_at or received_at
        if deposit.needs_word and outcomes.waits_for_word(deposit, message.receipt):
            return "to be confirmed"
        came_to = outcomes.paid(deposit, told_by="callback", receipt=message.receipt, at=at)
        if came_to != outcomes.OTHERS_RECEIPT:
            _take_ids(deposit, message)
        return came_to
    if message.meaning.outcome is Outcome.FAILED:
        return asking.failed(deposit, message.meaning)
    ask(subject_id=subject_id, why="the callback decides nothing")
    return "not decided"


def ask(*, subject_id: str, why: str) -> None:  # noqa: ARG001 - the inbox notes why
    """Have M-Pesa asked by the next sweep, where it can be asked at all."""
    with transaction.atomic():
        deposit = outcomes.locked(UUID(subject_id))
        if deposit is not None and deposit.state in ASKABLE and deposit.checkout_id is not None:
            deposit.due_at = timezone.now()
            deposit.save(update_fields=["due_at"])


def ask_about(checkout_id: str) -> bool:
    """Have the deposit asked about whose prompt has that id at M-Pesa; tell whether there is one.

    What came to the older address says no more: anybody can post there.
    """
    found = Deposit.objects.filter(checkout_id=checkout_id).values_list("pk", flat=True).first()
    if found is not None:
        ask(subject_id=str(found), why="the older address")
    return found is not None


PROMPTS = callbacks.pushes(SOURCE, settle=settle, ask=ask)
OLDER = callbacks.older_pushes(ask=ask_about)


@required
def _look_at_ids(deposit: Deposit, message: PushResult) -> None:
    """Raise NotOurs where the ids are not those of our prompt, as far as that is known."""
    told = message.checkout_request_id
    if not told:
        raise NotOurs("no id")
    if deposit.checkout_id not in (None, told):
        raise NotOurs("another prompt")
    if deposit.checkout_id is None:
        phone = message.phone  # of a payment; masked or hashed ones tell nothing
        is_whole = phone.isdecimal() and len(phone) == _DIGITS
        if is_whole and phone != deposit.phone.lstrip("+"):
            raise NotOurs("another phone")
        if Deposit.objects.filter(checkout_id=told).exists():
            raise NotOurs("the prompt of another")


@required
def _take_ids(deposit: Deposit, message: PushResult) -> None:
    """Take the ids of a payment that is booked, where our answer got lost.

    Of nothing else: M-Pesa would be asked about them, and its answer names no amount. If they are
    another prompt's, its payment would be booked for this one.
    """
    if deposit.checkout_id is None:
        deposit.checkout_id = message.checkout_request_id[:80]
        deposit.merchant_id = message.merchant_request_id[:80]
        deposit.save(update_fields=["checkout_id", "merchant_id"])
