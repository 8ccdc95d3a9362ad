"""What is next for a payment: asking about it, giving it back. And what nobody has told us of."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from nannychain import alerts
from nannychain.queues import enqueue
from payments.mpesa import account, client, trouble
from payments.mpesa.meanings import Meaning, Outcome
from payments.mpesa.paybills import PaybillPayment as PaybillTold
from payments.paybill import asking, returning, services
from payments.paybill.models import PaybillPayment
from payments.paybill.states import ASKABLE, State

log = structlog.get_logger(__name__)

BATCH_MAX = 200
# M-Pesa's list goes 48 hours back. Each pull looks at more than has passed since the last.
PULLS_BACK = timedelta(hours=3)
PULLS_FAR_BACK = timedelta(hours=47)
_PAGES_MAX = 50


@dataclass(frozen=True)
class Pulled:
    """How many payments of M-Pesa's list were looked at, and what its last answer came to.

    There is no meaning where M-Pesa isn't set up, and so wasn't asked.
    """

    seen: int
    meaning: Meaning | None

    @property
    def failure(self) -> str:
        """Return why the list could not be read to its end, in our words; nothing where it was."""
        if self.meaning is None or self.meaning.outcome is Outcome.ACCEPTED:
            return ""
        return self.meaning.note


def tend(payment_id: UUID | str) -> None:
    """Do what is next for one payment, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    due = PaybillPayment.objects.filter(pk=payment_id, due_at__lte=timezone.now())
    state = due.values_list("state", flat=True).first()
    if state in ASKABLE:
        asking.ask(payment_id)
    elif state == State.RETURNING:
        returning.give_back(payment_id)


def sweep() -> None:
    """Ring for every payment that is due. Safe to run twice, and at once."""
    due = PaybillPayment.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    for payment_id in due.values_list("pk", flat=True)[:BATCH_MAX]:
        enqueue("payments.paybill.tend", payment_id=str(payment_id))


def pull(*, back: timedelta = PULLS_BACK) -> Pulled:
    """Take what M-Pesa's own list has and nobody told us; return what came of it.

    It finds what a lost confirmation has left out, and confirms what is in doubt. Safe to run
    twice: a receipt counts once. Must not be called within a transaction.
    """
    if not account.can_take():
        return Pulled(0, None)
    until, offset, seen = timezone.now(), 0, 0
    meaning = None
    for _ in range(_PAGES_MAX):
        page = client.pull(since=until - back, until=until, offset=offset)
        meaning = page.meaning
        trouble.tell(meaning, about="pull of payments")
        for payment in page.payments:
            _take(payment)
        seen, offset = seen + len(page.payments), offset + page.rows
        if page.rows == 0:
            break
    pulled = Pulled(seen, meaning)
    if pulled.failure:
        log.warning("paybill.list_failed", seen=seen, why=pulled.failure)
    return pulled


def _take(payment: PaybillTold) -> None:
    """Take one payment of the list; one that can't be booked doesn't keep the others waiting."""
    try:
        outcome = services.pulled(payment)
    except Exception:
        log.exception("paybill.pull_failed", receipt=payment.receipt)
        alerts.raise_alert(
            key=f"paybill:pull:{payment.receipt}",
            title="A payment in M-Pesa's list can't be booked",
            details={"receipt": payment.receipt},
        )
        return
    if outcome != "known":
        log.info("paybill.pulled", receipt=payment.receipt, outcome=outcome)
