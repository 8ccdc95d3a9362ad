"""A payment that is a prompt's own and does not say so: its account number is not the prompt's.

It is taken for the prompt's by itself only where one deposit alone is near it by number, amount and
time, and its payer's number, which must be told whole or hashed, is that of the prompted phone.
Then it counts for the right person, even if she paid by hand: should the prompt be paid too, that
has another receipt, and comes to her by it. All others are suggested to staff; two decide.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from nannychain.clock import NAIROBI
from nannychain.transactions import required
from payments.mpesa.receipts import services as receipts
from payments.paybill import payers, postings, prompts
from payments.paybill.models import PaybillPayment
from payments.paybill.prompts import Near
from payments.paybill.states import PAYBILL, State
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind

_CLOCKS_DIFFER = timedelta(minutes=1)


def near(payment: PaybillPayment) -> list[tuple[Near, bool | None]]:
    """Return the deposits whose payment it may be, and whether the payer's number says so."""
    found = prompts.near(
        shortcode=payment.shortcode,
        amount_cents=payment.amount_cents,
        at=payment.paid_at or payment.created_at,
    )
    compared = [(each, payers.is_of(payment, each.phone)) for each in found]
    return [(each, is_hers) for each, is_hers in compared if is_hers is not False]


def certain(payment: PaybillPayment, *, named: UUID | None) -> UUID | None:
    """Return the one deposit whose payment it certainly is; None where there is a doubt.

    `named` is the member that the account number names: it is no other's deposit then.
    """
    found = near(payment)
    if len(found) != 1 or payment.paid_at is None:
        return None
    deposit, is_hers = found[0]
    is_after = payment.paid_at >= deposit.sent_at - _CLOCKS_DIFFER
    if is_hers and is_after and deposit.may_be_paid and named in (None, deposit.member_id):
        return deposit.deposit_id
    return None


def suggestions(payment: PaybillPayment) -> Iterator[str]:
    """Yield a sentence for each deposit whose payment it may be."""
    for deposit, is_hers in near(payment):
        number = "the payer's number is hers" if is_hers else "the payer's number is hidden"
        at = deposit.sent_at.astimezone(NAIROBI)
        yield (
            f"It may be that of deposit {deposit.reference} of {deposit.member}: the prompt went "
            f"out at {at:%H:%M:%S}, it stands as {deposit.state}, no receipt was told, {number}."
        )


@required
def give_up(
    receipt: str, *, deposit_id: UUID, amount_cents: int, reference: str
) -> PaybillPayment | None:
    """Return the payment with that receipt, after leaving it to the deposit whose it proved to be.

    What is booked in suspense is taken back; the deposit books it. Where it is no longer there, or
    is another amount, it stays as it is. None where there is none.
    """
    rows = PaybillPayment.objects.select_for_update(no_key=True).select_related(None)
    payment = rows.filter(receipt=receipt).first()
    if payment is None or payment.state != State.SUSPENSE or payment.amount_cents != amount_cents:
        return payment
    posting.post(
        postings.echoed(
            receipt=receipt,
            suspense=accounts.open_account(Kind.SUSPENSE_RECEIPTS, label=payment.shortcode),
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=payment.shortcode),
            amount_cents=payment.amount_cents,
            effective_at=timezone.now(),
        )
    )
    giver, taker = f"paybill:{payment.pk}", f"deposit:{deposit_id}"
    if not receipts.pass_on(receipt, giver=giver, taker=taker):
        raise RuntimeError(f"{receipt} was in suspense, and not ours")
    PAYBILL.move(
        payment,
        to=State.ECHO,
        why=f"it is that of deposit {reference}",
        deposit_id=deposit_id,
        ended_at=timezone.now(),
        due_at=None,
    )
    return payment
