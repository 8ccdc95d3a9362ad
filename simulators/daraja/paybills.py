"""The paybill: people pay to a shortcode with an account number, and the product hears of it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.daraja import answers, troubles
from simulators.daraja.bank import WORKING, NotEnough, Payment, new_receipt
from simulators.daraja.desk import Desk, Refused, Taken, callback, needed, phone_of

_VALIDATION_SECONDS = 8.0
_CENTS_MAX = 250_000_00
_REASONS = {
    "C2B00011": "the number is not accepted",
    "C2B00012": "there is no such account",
    "C2B00013": "the amount is not accepted",
    "C2B00014": "the payer is not accepted",
    "C2B00015": "there is no such paybill",
}


@dataclass(frozen=True)
class Paid:
    """What somebody who wanted to pay is told."""

    is_done: bool
    text: str
    receipt: str = ""


class Paybills:
    """Registered addresses, and payments to them."""

    def __init__(self, desk: Desk, *, paid: Callable[[Payment, str], None]) -> None:
        """Begin. `paid` hears of each payment."""
        self._desk = desk
        self._paid = paid

    def register(self, fields: dict[str, Any]) -> Taken:
        """Take the addresses at which a shortcode is told of payments."""
        shortcode, response_type = needed(fields, "ShortCode", "ResponseType")
        if response_type not in ("Completed", "Cancelled"):
            raise Refused(400, "400.002.02", "Bad Request - Invalid ResponseType")
        validation, confirmation = (
            callback(fields, name) for name in ("ValidationURL", "ConfirmationURL")
        )
        self._desk.bank.run(
            "INSERT OR REPLACE INTO registrations VALUES (?, ?, ?, ?)",
            *(shortcode, validation, confirmation, response_type),
        )
        return Taken(
            answers.told(
                {
                    "OriginatorCoversationID": answers.request_id(),  # their spelling
                    "ResponseCode": "0",
                    "ResponseDescription": "Success",
                }
            )
        )

    def register_pull(self, fields: dict[str, Any]) -> Taken:
        """Take a shortcode whose payments are to be pulled; once more says that it was before."""
        shortcode, request_type = needed(fields, "ShortCode", "RequestType")
        if request_type != "Pull":
            raise Refused(400, "400.002.02", "Bad Request - Invalid RequestType")
        phone_of(fields, "NominatedNumber")
        callback(fields, "CallBackURL")
        known = self._desk.bank.run("SELECT 1 FROM pulls WHERE shortcode = ?", shortcode)
        self._desk.bank.run("INSERT OR IGNORE INTO pulls VALUES (?)", shortcode)
        words = "ShortCode already Registered" if known else "Shortcode Registered Successfully"
        return Taken(
            answers.told(
                {
                    "ResponseRefID": answers.request_id(),
                    "ResponseStatus": "1001" if known else "1000",
                    "ShortCode": shortcode,
                    "ResponseDescription": words,
                }
            )
        )

    def pay(self, *, phone: str, shortcode: str, account: str, cents: int) -> Paid:
        """Pay from a phone's wallet: ask, move the money, tell."""
        if not 100 <= cents <= _CENTS_MAX or cents % 100:
            return Paid(False, "Enter whole shillings, 1 to 250,000.")
        if self._desk.bank.wallet(phone) < cents:
            return Paid(False, "You do not have enough money in your M-PESA account.")
        addresses = self._addresses(shortcode)
        if addresses is None:
            return Paid(False, f"Nobody has the business number {shortcode}.")
        asked = self._strikes("no_validation", phone)
        if not asked and (reason := self._refused(addresses, phone, shortcode, account, cents)):
            return Paid(False, f"Not paid: {reason}.")
        try:
            payment = self._desk.bank.take_in(
                kind="paybill", phone=phone, shortcode=shortcode, cents=cents, reference=account
            )
        except NotEnough:
            return Paid(False, "You do not have enough money in your M-PESA account.")
        self.tell(payment, account=account)
        self._paid(payment, account)
        return Paid(True, f"{payment.receipt} Confirmed.", payment.receipt)

    def tell(self, payment: Payment, *, account: str) -> None:
        """Tell the product of a payment; that of a prompt is told so too."""
        addresses = self._addresses(payment.shortcode)
        if addresses is None or not addresses["confirmation"]:
            return
        balance = f"{self._desk.bank.floats(payment.shortcode)[WORKING] / 100:.2f}"
        self._desk.tell(
            troubles.PAYBILL,
            url=addresses["confirmation"],
            body=self._body(payment, account=account, balance=balance),
            phone=payment.phone,
            delay_seconds=min(0.5, self._desk.knobs.result_seconds),
        )

    def _refused(
        self, addresses: dict[str, str], phone: str, shortcode: str, account: str, cents: int
    ) -> str:
        """Ask the product whether the payment may be made; return why not, or nothing."""
        if not addresses["validation"]:
            return ""
        now = self._desk.bank.clock()
        asked = Payment(new_receipt(now), "paybill", phone, shortcode, cents, account, now)
        answer = self._desk.calling.now(
            target=troubles.PAYBILL,
            url=addresses["validation"],
            body=answers.as_text(self._body(asked, account=account, balance="")),
            timeout_seconds=_VALIDATION_SECONDS,
        )
        try:
            code = str(json.loads(answer.body)["ResultCode"]) if answer else ""
        except (ValueError, KeyError, TypeError):
            code = ""
        if code == "0":
            return ""
        if not code:  # nobody answered: as it was registered
            is_fine = addresses["response_type"] == "Completed"
            return "" if is_fine else "the business does not answer"
        return _REASONS.get(code, "the business does not accept it")

    def _body(self, payment: Payment, *, account: str, balance: str) -> dict[str, Any]:
        first, last = answers.name_of(payment.phone).split(" ")
        return {
            "TransactionType": "Pay Bill",
            "TransID": payment.receipt,
            "TransTime": answers.stamp(payment.at),
            "TransAmount": f"{payment.cents / 100:.2f}",
            "BusinessShortCode": payment.shortcode,
            "BillRefNumber": account[:20],
            "InvoiceNumber": "",
            "OrgAccountBalance": balance,
            "ThirdPartyTransID": "",
            "MSISDN": self._shown(payment.phone),
            "FirstName": first,
            "MiddleName": "",
            "LastName": last,
        }

    def _shown(self, phone: str) -> str:
        if self._strikes("hashed", phone):
            return hashlib.sha256(phone[1:].encode()).hexdigest()
        return phone[1:] if self._strikes("plain", phone) else answers.masked(phone)

    def _strikes(self, kind: str, phone: str) -> bool:
        return self._desk.strike(troubles.PAYBILL, kind, [phone]) is not None

    def _addresses(self, shortcode: str) -> dict[str, str] | None:
        """Return where a shortcode is told of payments: as registered, or as it was set."""
        rows = self._desk.bank.run("SELECT * FROM registrations WHERE shortcode = ?", shortcode)
        if rows:
            return dict(rows[0])
        settings = self._desk.world.settings
        if shortcode != settings.mpesa_shortcode:
            return None
        return {
            "validation": settings.paybill_validation_url,
            "confirmation": settings.paybill_confirmation_url,
            "response_type": "Completed",
        }
