"""The one question that M-Pesa waits for: may this payment to the paybill be made?

Whether it may is the paybill's to say, which `config/events.py` joins here. Where nobody can tell,
because our database is away, the answer is no: what we can't note we don't take.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import DatabaseError

from payments.mpesa.paybills import PaybillPayment, Refusal

log = structlog.get_logger(__name__)

Decide = Callable[[PaybillPayment], Refusal | None]


@dataclass
class _Hook:
    decide: Decide | None = None


_hook = _Hook()


def validate_with(decide: Decide) -> None:
    """Take who decides: it returns a reason to refuse, or None. Done once, at start."""
    _hook.decide = decide


def decision(payment: PaybillPayment) -> Refusal | None:
    """Return why the payment is refused; None where it may be made."""
    if _hook.decide is None:
        return Refusal.OTHER
    try:
        return _hook.decide(payment)
    except DatabaseError:
        log.exception("mpesa.validation_failed", receipt=payment.receipt)
        return Refusal.OTHER
