"""Where a deposit meets the payment to the paybill that M-Pesa tells of it: its echo.

Deposits are blind to the paybill, and it to them; `config/echoes.py` joins the two. The echo names
the deposit by its account reference. Where that got lost, a payment is near a deposit by number,
amount and time; whether it is the deposit's, the paybill says, or two members of staff.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from nannychain.transactions import required
from payments.deposits import outcomes, references, selectors
from payments.deposits.errors import NoSuchDeposit
from payments.deposits.models import Deposit
from payments.deposits.states import AWAITED, State

ANOTHER_PAYMENT = "another payment"
NEAR = timedelta(minutes=10)
_AT_MOST = 20
# It may have been paid at this moment, or was: other ends are ends only as far as we know.
_MAY_BE_PAID = (State.SENDING, *AWAITED, State.PAID)


@dataclass(frozen=True)
class Match:
    """The deposit that a payment to the paybill names by its account reference.

    `is_echo` tells whether the payment may be that of the prompt itself. Where it can't be, it is
    another payment, by hand, to the same reference: it belongs into the same member's wallet.
    """

    deposit_id: UUID
    member_id: UUID
    is_echo: bool


@dataclass(frozen=True)
class Near:
    """A deposit that nobody has told a receipt of, and that a payment is near to.

    `may_be_paid` is false where M-Pesa has said that it was not, or has not said anything in time.
    """

    deposit_id: UUID
    member_id: UUID
    member: str
    reference: str
    phone: str = field(repr=False)
    sent_at: datetime
    state: str
    may_be_paid: bool


def match_reference(
    account: str, *, receipt: str, amount_cents: int, shortcode: str
) -> Match | None:
    """Return the deposit that an account number of the paybill names; None where it names none."""
    reference = references.parse(account)
    deposit = selectors.by_reference(reference) if reference is not None else None
    if deposit is None:
        return None
    is_free = deposit.receipt in (None, receipt)
    is_same = (deposit.amount_cents, deposit.shortcode) == (amount_cents, shortcode)
    is_echo = is_free and is_same and deposit.sent_at is not None
    return Match(deposit.pk, deposit.member_id, is_echo)


def near(*, shortcode: str, amount_cents: int, at: datetime) -> list[Near]:
    """Return the deposits of that amount to that number whose prompts went out within ten minutes
    of `at` and whose receipt nobody has told, the oldest first.
    """
    rows = Deposit.objects.select_related("member").filter(
        receipt__isnull=True,
        amount_cents=amount_cents,
        sent_at__range=(at - NEAR, at + NEAR),
        shortcode=shortcode,
    )
    found = []
    for row in rows.order_by("sent_at")[:_AT_MOST]:
        assert row.sent_at is not None
        found.append(
            Near(
                deposit_id=row.pk,
                member_id=row.member_id,
                member=str(row.member),
                reference=row.reference,
                phone=row.phone,
                sent_at=row.sent_at,
                state=row.state,
                may_be_paid=row.state in _MAY_BE_PAID,
            )
        )
    return found


@required
def hold(account: str) -> None:
    """Lock the deposit that an account number names, if it names one.

    For who is about to lock the payment: whoever locks both locks the deposit first.
    """
    reference = references.parse(account)
    if reference is not None:
        outcomes.locked_by_reference(reference)


def record_receipt(
    deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None = None
) -> str:
    """Take the paybill's word that the prompt was paid; return what it came to.

    Books the deposit where nobody else has, or attaches the receipt. May come twice, and in any
    order with the prompt's own callback. "another payment", and that the receipt belongs to
    another, mean that nothing was booked.
    """
    with transaction.atomic():
        deposit = outcomes.locked(deposit_id)
        if deposit is None:
            raise NoSuchDeposit
        is_free = deposit.receipt in (None, receipt)
        if not is_free or deposit.amount_cents != amount_cents:
            return ANOTHER_PAYMENT
        return outcomes.paid(deposit, told_by="echo", receipt=receipt, at=at)
