"""What a member's export says of the payments to our paybill that reached her."""

from collections.abc import Iterator
from typing import Any

from payments.paybill.models import PaybillPayment
from workers.identity.me.export import Section, rows
from workers.identity.models import Member


def _payments(member: Member) -> Iterator[dict[str, Any]]:
    """Yield what came for her. Name and number of who paid are the payer's own data."""
    columns = ("receipt", "state", "amount_cents", "account", "paid_at", "ended_at")
    return rows(PaybillPayment.objects.filter(member=member), *columns)


SECTIONS = (Section("paybill_payments", frozenset({"payments.PaybillPayment"}), _payments),)
