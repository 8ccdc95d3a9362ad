"""Reading withdrawals, and what one would cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from nannychain.money import CENTS_PER_SHILLING
from payments.fees import selectors as fees
from payments.operations import Operation
from payments.withdrawals.errors import AmountOutOfRange, NoSuchWithdrawal
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import UNFINISHED, State

# M-Pesa's own limits for one payout, in cents.
AMOUNT_CENTS_MIN = 10 * CENTS_PER_SHILLING
AMOUNT_CENTS_MAX = 250_000 * CENTS_PER_SHILLING
# What has been under way for so long is a matter for staff.
LATE_AFTER = timedelta(minutes=30)
_AT_ONCE = 200


@dataclass(frozen=True)
class Quote:
    """What a withdrawal would do, in cents: paid out, charged, and what stays of the cents."""

    asked_cents: int
    amount_cents: int
    fee_cents: int
    tax_cents: int

    @property
    def charges_cents(self) -> int:
        """Return what she pays for it: fee and tax."""
        return self.fee_cents + self.tax_cents

    @property
    def total_cents(self) -> int:
        """Return what leaves the wallet."""
        return self.amount_cents + self.charges_cents


def quote(amount_cents: int, *, at: datetime | None = None) -> Quote:
    """Return what withdrawing the amount does; shown before the PIN is asked.

    Whole shillings are paid out, the cents stay in the wallet. Raises AmountOutOfRange.
    """
    paid_cents = amount_cents // CENTS_PER_SHILLING * CENTS_PER_SHILLING
    if not AMOUNT_CENTS_MIN <= paid_cents <= AMOUNT_CENTS_MAX:
        raise AmountOutOfRange
    fee = fees.quote(Operation.WITHDRAWAL, paid_cents, at=at or timezone.now())
    return Quote(
        asked_cents=amount_cents,
        amount_cents=paid_cents,
        fee_cents=fee.fee_cents,
        tax_cents=fee.tax_cents,
    )


def of_member(member_id: UUID) -> QuerySet[Withdrawal]:
    """Return a member's withdrawals, the newest first."""
    return Withdrawal.objects.filter(member_id=member_id).order_by("-id")


def get(withdrawal_id: UUID, *, member_id: UUID) -> Withdrawal:
    """Return a member's withdrawal; raise NoSuchWithdrawal."""
    found = Withdrawal.objects.filter(pk=withdrawal_id, member_id=member_id).first()
    if found is None:
        raise NoSuchWithdrawal
    return found


def due() -> list[str]:
    """Return the ids of withdrawals that somebody has to look at, the longest due first."""
    rows = Withdrawal.objects.filter(state__in=UNFINISHED, due_at__lte=timezone.now())
    return [str(key) for key in rows.order_by("due_at").values_list("pk", flat=True)[:_AT_ONCE]]


def late() -> QuerySet[Withdrawal]:
    """Return what has been under way for long, and doesn't wait for a decision of staff."""
    rows = Withdrawal.objects.filter(state__in=UNFINISHED).exclude(state=State.NEEDS_REVIEW)
    return rows.filter(created_at__lt=timezone.now() - LATE_AFTER)


def to_decide() -> QuerySet[Withdrawal]:
    """Return what two of the staff are to decide about."""
    # Both, because the index is of what is unfinished.
    return Withdrawal.objects.filter(state__in=UNFINISHED).filter(state=State.NEEDS_REVIEW)


def last_attempt(withdrawal: Withdrawal) -> PayoutAttempt | None:
    """Return the attempt that was made last, or None before the first."""
    return withdrawal.attempts.order_by("-number").first()
