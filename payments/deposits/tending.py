"""What is next for a deposit that is due: send it, give a dead worker's up, or ask about it."""

from uuid import UUID

from django.utils import timezone

from payments.deposits import asking, sending
from payments.deposits.models import Deposit
from payments.deposits.states import State


def tend(deposit_id: UUID | str) -> None:
    """Do what is next for one deposit, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    state = (
        Deposit.objects.filter(pk=deposit_id, due_at__lte=timezone.now())
        .values_list("state", flat=True)
        .first()
    )
    if state == State.REQUESTED:
        sending.send(deposit_id)
    elif state == State.SENDING:
        sending.give_up(deposit_id)
    elif state is not None:
        asking.ask(deposit_id)
