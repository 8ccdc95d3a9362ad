"""What is next for a withdrawal that is due: send it, give a dead worker's up, or ask about it."""

from uuid import UUID

from django.utils import timezone

from payments.withdrawals import asking, sending
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import ASKABLE, SENDABLE, State


def tend(withdrawal_id: UUID | str) -> None:
    """Do what is next for one withdrawal, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    state = (
        Withdrawal.objects.filter(pk=withdrawal_id, due_at__lte=timezone.now())
        .values_list("state", flat=True)
        .first()
    )
    if state in SENDABLE:
        sending.send(withdrawal_id)
    elif state == State.SENDING:
        sending.give_up(withdrawal_id)
    elif state in ASKABLE:
        asking.ask(withdrawal_id)
