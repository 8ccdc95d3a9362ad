"""Whether a payer's number, which M-Pesa hides more or less, can be that of a phone."""

import hashlib
import re

from payments.paybill.models import PaybillPayment

_MASK = re.compile(r"([0-9]*)[^0-9]*[*Xx][^0-9]*([0-9]*)")


def is_of(payment: PaybillPayment, phone: str) -> bool | None:
    """Tell whether the payment was made from that phone (E.164); None where nobody can tell.

    A whole number and a hash (SHA-256 of the digits, as v1 of Safaricom's API has it) decide it. A
    mask can only say no.
    """
    digits = phone.removeprefix("+")
    if payment.payer_phone:
        return payment.payer_phone == phone
    if payment.payer_phone_hash:
        return payment.payer_phone_hash == hashlib.sha256(digits.encode()).hexdigest()
    return None if _may_hide(payment.payer_phone_masked, digits) else False


def _may_hide(masked: str, digits: str) -> bool:
    match = _MASK.fullmatch("".join(masked.split()))
    if match is None:
        return True  # it says nothing
    begins, ends = match[1], match[2]
    if begins.startswith("0"):
        begins = "254" + begins[1:]
    return digits.startswith(begins) and digits.endswith(ends)
