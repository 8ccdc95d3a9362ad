"""Taking receipts."""

from django.db import connection
from django.utils import timezone

from nannychain.transactions import required
from payments.mpesa.receipts.models import MpesaReceipt

# A second caller waits here until the first commits or rolls back: the key is the lock.
_CLAIM = """
    INSERT INTO payments_mpesareceipt (code, owner, claimed_at) VALUES (%s, %s, %s)
    ON CONFLICT (code) DO NOTHING
"""


@required
def claim(code: str, *, owner: str) -> bool:
    """Take the receipt for `owner`; tell whether it is the owner's now.

    Taking it twice is fine. Must be called in the transaction that books the money, so that two
    rails that hear of the same payment can't both book it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [code, owner, timezone.now()])
        if cursor.rowcount == 1:
            return True
    return MpesaReceipt.objects.filter(code=code, owner=owner).exists()


def owner(code: str) -> str:
    """Return the operation that the receipt belongs to, `deposit:<id>`; empty for nobody's."""
    return MpesaReceipt.objects.filter(code=code).values_list("owner", flat=True).first() or ""


@required
def pass_on(code: str, *, giver: str, taker: str) -> bool:
    """Let the receipt belong to `taker`, where it belongs to `giver`; tell whether it did.

    For a payment that was booked before it was known of which operation it is; whoever calls takes
    that booking back in the same transaction.
    """
    return bool(MpesaReceipt.objects.filter(code=code, owner=giver).update(owner=taker))
