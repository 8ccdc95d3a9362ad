"""Wages: what others have paid in for her at the paybill, newest first, after the PIN.

Whoever pays her at our paybill with her Worker ID needs no account here. Where nobody has yet, the
screen says how it is done.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from payments.paybill import selectors as paybill
from payments.paybill.selectors import Payment, Received
from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Example, Pin, Show, flow
from ussd.screens import my_work

PAYMENTS = 8


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the PIN."""
    return _("Enter your PIN to see what was paid to you.")


def look(visit: Visit) -> Received:
    """Return the last payments, and what all of them come to."""
    return paybill.received(visit.caller.member_id, size=PAYMENTS)


def shown(visit: Visit) -> str:
    """Tell what has come in all, and the last payments, one line each."""
    received = visit.frozen
    if not received.payments:
        how = my_work.how_to_pay(visit) if settings.MPESA_SHORTCODE else ""
        return "\n".join(filter(None, [_("Nobody has paid you by paybill yet."), how]))
    total = text.fill(_("Paid to you in all: {amount}"), amount=text.amount(received.total_cents))
    return "\n".join([total, *(_line(payment) for payment in received.payments)])


def _line(payment: Payment) -> str:
    day, amount = text.short_date(payment.at), text.amount(payment.amount_cents)
    return f"{day} {amount} {text.name(payment.payer_name)}".rstrip()


def _example() -> Received:
    at = datetime(2026, 11, 27, 9, tzinfo=UTC)
    paid = [Payment(at - timedelta(days=30 * back), 1446200, "John Otieno") for back in range(3)]
    return Received(total_cents=3 * 1446200, payments=paid)


FLOW = flow(
    "wages",
    Pin(prompt=ask_pin),
    shown=Show(prompt=shown, look=look, example=Example(frozen=_example())),
)
