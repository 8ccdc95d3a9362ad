"""Reading payments to the paybill."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet, Sum, Window
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.paybill.models import PaybillPayment
from payments.paybill.states import IN_DOUBT, State


@dataclass(frozen=True)
class Payment:
    """One payment that reached a member's wallet; the payer's name as far as M-Pesa tells it."""

    at: datetime
    amount_cents: int
    payer_name: str


@dataclass(frozen=True)
class Received:
    """What a member was paid by paybill: all of it in cents, and the last payments."""

    total_cents: int
    payments: Sequence[Payment]


_CAUSE = "mpesa:"
# Suspense has to be empty within a day; each class of age is one of a reconciliation report.
AGES = (
    (timedelta(days=1), "up to 1 day"),
    (timedelta(days=3), "2 to 3 days"),
    (timedelta(days=7), "4 to 7 days"),
    (timedelta(days=30), "8 to 30 days"),
)
OLDEST = "over 30 days"
# M-Pesa clears up sooner what it clears up at all.
DOUBT_AFTER = timedelta(hours=1)


def in_suspense() -> QuerySet[PaybillPayment]:
    """Return what is with us for we don't know whom."""
    return PaybillPayment.objects.filter(state=State.SUSPENSE.value)


def in_doubt() -> QuerySet[PaybillPayment]:
    """Return those of which M-Pesa has long not said whether they came, or went back."""
    rows = PaybillPayment.objects.filter(state__in=IN_DOUBT)
    return rows.filter(created_at__lt=timezone.now() - DOUBT_AFTER)


def age_in_words(payment: PaybillPayment, *, at: datetime) -> str:
    """Return the class of age of a payment in suspense."""
    age = at - payment.created_at
    return next((words for limit, words in AGES if age <= limit), OLDEST)


def statement_words(member_id: UUID, causes: Iterable[str]) -> Mapping[str, str]:
    """Return what a statement says of each cause that is a payment to the paybill for the member.

    In the language that is spoken now. One query.
    """
    receipts = [cause.removeprefix(_CAUSE) for cause in causes if cause.startswith(_CAUSE)]
    if not receipts:
        return {}
    rows = PaybillPayment.objects.filter(receipt__in=receipts, member_id=member_id)
    return {
        f"{_CAUSE}{row.receipt}": (
            _("Paybill from {name}").format(name=row.payer_name)
            if row.payer_name
            else _("Paybill {receipt}").format(receipt=row.receipt)
        )
        for row in rows
    }


def received(member_id: UUID, *, size: int) -> Received:
    """Return what came by paybill into the member's wallet: all, and the last `size`. One query."""
    rows = PaybillPayment.objects.filter(member_id=member_id, state=State.CREDITED)
    found = list(
        rows.annotate(at=Coalesce("paid_at", "created_at"), total=Window(Sum("amount_cents")))
        .order_by(F("at").desc(), "-id")
        .values_list("at", "amount_cents", "payer_name", "total")[:size]
    )
    total_cents = int(found[0][3]) if found else 0
    return Received(total_cents, [Payment(at, cents, payer) for at, cents, payer, _total in found])
