"""Reading deposits."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from payments.deposits.errors import NoSuchDeposit
from payments.deposits.models import Deposit
from payments.deposits.states import OPEN, State

# M-Pesa's "rule limited" (code 17), and how long a prompt may stay on a phone.
SAME_AGAIN = timedelta(minutes=2)
_AT_ONCE = 200


def of_member(member_id: UUID) -> QuerySet[Deposit]:
    """Return a member's deposits, the newest first."""
    return Deposit.objects.filter(member_id=member_id).order_by("-id")


def get(deposit_id: UUID, *, member_id: UUID) -> Deposit:
    """Return a member's deposit; raise NoSuchDeposit."""
    deposit = Deposit.objects.filter(pk=deposit_id, member_id=member_id).first()
    if deposit is None:
        raise NoSuchDeposit
    return deposit


def prompt_on(phone: str, *, at: datetime) -> Deposit | None:
    """Return the deposit whose prompt is, or may be, on that phone (E.164)."""
    is_open = Q(state__in=OPEN)
    may_be_open = Q(state=State.UNKNOWN, sent_at__gt=at - SAME_AGAIN)
    return Deposit.objects.filter(is_open | may_be_open, phone=phone).first()


def was_asked_just_now(
    phone: str, *, amount_cents: int, at: datetime, but: UUID | None = None
) -> bool:
    """Tell whether that phone was asked for the same amount within two minutes before `at`."""
    lately = Deposit.objects.filter(
        phone=phone, amount_cents=amount_cents, sent_at__gt=at - SAME_AGAIN
    )
    return (lately if but is None else lately.exclude(pk=but)).exists()


def due() -> list[str]:
    """Return the ids of deposits that somebody has to look at, the longest due first."""
    rows = Deposit.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return [str(key) for key in rows.values_list("pk", flat=True)[:_AT_ONCE]]


def by_reference(reference: str) -> Deposit | None:
    """Return the deposit with that account reference, as it is stored."""
    return Deposit.objects.filter(reference=reference).first()


def is_paid_without_receipt(deposit_id: UUID) -> bool:
    """Tell whether its money is booked and nobody has told under which receipt."""
    return Deposit.objects.filter(pk=deposit_id, state=State.PAID, receipt__isnull=True).exists()
