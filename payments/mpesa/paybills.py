"""A payment to our paybill as M-Pesa tells it: asked about before it is made, and told after.

Total, as `messages` is. Safaricom hides the payer's number: it comes plain, masked, or hashed.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from payments.mpesa import messages, reading
from payments.mpesa.reading import Unreadable, item, text

_HASH = re.compile(r"[0-9a-fA-F]{64}")


class Refusal(StrEnum):
    """Why a payment to the paybill is refused, in M-Pesa's codes."""

    PHONE = "C2B00011"
    ACCOUNT = "C2B00012"
    AMOUNT = "C2B00013"
    PERSON = "C2B00014"
    SHORTCODE = "C2B00015"
    OTHER = "C2B00016"


@dataclass(frozen=True, kw_only=True)
class PaybillPayment:
    """One payment. At most one of `phone` (E.164), `phone_masked` and `phone_hash` (SHA-256 hex of
    the number without its plus) is there.
    """

    receipt: str
    amount_cents: int
    shortcode: str
    account: str = field(repr=False)  # as the payer typed it
    paid_at: datetime | None = None
    kind: str = ""
    invoice: str = ""
    our_reference: str = ""  # what we answered to the validation
    phone: str = field(default="", repr=False)
    phone_masked: str = field(default="", repr=False)
    phone_hash: str = field(default="", repr=False)
    payer_name: str = field(default="", repr=False)
    balance_cents: int | None = None


def payment(body: Any) -> PaybillPayment:
    """Read a validation or a confirmation; raise Unreadable without receipt, amount or number."""
    receipt = reading.receipt(item(body, "TransID"))
    amount_cents = reading.paid_cents(item(body, "TransAmount"))
    shortcode = text(item(body, "BusinessShortCode"))
    missing = [
        name
        for name, value in (
            ("receipt", receipt),
            ("amount", amount_cents),
            ("shortcode", shortcode),
        )
        if not value
    ]
    if missing or amount_cents is None:
        raise Unreadable(f"no {missing[0]}")
    number = text(item(body, "MSISDN"))
    plain = messages.e164(number)
    is_hash = _HASH.fullmatch(number) is not None
    names = (text(item(body, name)) for name in ("FirstName", "MiddleName", "LastName"))
    return PaybillPayment(
        receipt=receipt,
        amount_cents=amount_cents,
        shortcode=shortcode,
        account=text(item(body, "BillRefNumber")),
        paid_at=reading.instant(item(body, "TransTime")),
        kind=text(item(body, "TransactionType")),
        invoice=text(item(body, "InvoiceNumber")),
        our_reference=text(item(body, "ThirdPartyTransID")),
        phone=plain,
        phone_hash=number.lower() if is_hash else "",
        phone_masked="" if plain or is_hash else number,
        payer_name=" ".join(name for name in names if name),
        balance_cents=reading.cents(item(body, "OrgAccountBalance")),
    )
