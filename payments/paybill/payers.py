"""Whether a payer's number, which M-Pesa hides more or less, can be that of a phone."""

import hashlib
import re

from payments.paybill.models import PaybillPayment

_MASK = re.compile(r"([0-9]*)[^0-9]*[*Xx][^0-9]*([0-9]*)")


def is_of(payment: PaybillPayment, phone: str) -> bool | None:
    """Tell whether the payment was made from that phone (E.164); None where nobody can tell.

    A hash (SHA-256 of the digits, as v1 of Safaricom's API has it) decides it, as does what
    `shows` says for certain.
    """
    if payment.payer_phone_hash and not payment.payer_phone:
        digits = phone.removeprefix("+")
        return payment.payer_phone_hash == hashlib.sha256(digits.encode()).hexdigest()
    return shows(phone, whole=payment.payer_phone, masked=payment.payer_phone_masked)


def shows(phone: str, *, whole: str, masked: str) -> bool | None:
    """Tell whether a number, whole (E.164) or masked, is that phone; None where nobody can tell.

    A whole number decides it. A mask can only say no.
    """
    if whole:
        return whole == phone
    return None if _may_hide(masked, phone.removeprefix("+")) else False


def _may_hide(masked: str, digits: str) -> bool:
    match = _MASK.fullmatch("".join(masked.split()))
    if match is None:
        return True  # it says nothing
    begins, ends = match[1], match[2]
    if begins.startswith("0"):
        begins = "254" + begins[1:]
    return digits.startswith(begins) and digits.endswith(ends)
