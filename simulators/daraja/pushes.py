"""Prompts: asked for by the product, shown on a phone, answered with a PIN or not at all."""

import base64
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from simulators.daraja import answers, fates, troubles
from simulators.daraja.bank import NotEnough, Payment
from simulators.daraja.desk import Desk, Refused, Taken, amount_cents, callback, needed, phone_of

PIN = "1234"  # of every wallet
_CENTS_MAX = 250_000_00
_LOCK_WAIT_SECONDS = 4.0  # how long a prompt waits for a USSD session to end
_SAME_AGAIN_SECONDS = 120.0
_CLOCK_SECONDS_MAX = 900
_NAIROBI = timezone(timedelta(hours=3))
_CANCELLED = fates.Fate(1032, "Request cancelled by user", "cancelled")
_NO_ANSWER = fates.Fate(1037, "DS timeout user cannot be reached", "not answered")
_WRONG_PIN = fates.Fate(2001, "The initiator information is invalid.", "wrong PIN")
_BUSY = fates.Fate(1001, "Unable to lock subscriber", "the line is in use")
_TOO_LITTLE = fates.Fate(1, "The balance is insufficient for the transaction.", "too little")
_SAME_AGAIN = fates.Fate(17, "Rule limited.", "the same again")
_DONE = fates.Fate(0, answers.DONE, "paid")
Told = Callable[[Payment, str], None]


class Pushes:
    """All prompts; `is_line_busy` tells whether a phone is in a USSD session."""

    def __init__(self, desk: Desk, *, is_line_busy: Callable[[str], bool], paid: Told) -> None:
        """Begin; what is open already stays open. `paid` hears of each payment and its name."""
        self._desk = desk
        self._is_line_busy = is_line_busy
        self._paid = paid
        self._lock = threading.RLock()

    def take(self, fields: dict[str, Any]) -> Taken:
        """Take the request for a prompt, or refuse it."""
        self._check_password(fields)
        phone, cents = phone_of(fields, "PhoneNumber"), amount_cents(fields)
        phone_of(fields, "PartyA")
        shortcode, reference = needed(fields, "BusinessShortCode", "AccountReference")
        url = callback(fields, "CallBackURL")
        if cents > _CENTS_MAX:
            raise Refused(400, "400.002.02", "Bad Request - Invalid Amount")
        if len(reference) > 12 or len(str(fields.get("TransactionDesc", ""))) > 13:
            raise Refused(400, "400.002.02", "Bad Request - Invalid AccountReference")
        with self._lock:
            if self._desk.bank.run("SELECT 1 FROM prompts WHERE phone = ? AND is_open = 1", phone):
                raise Refused(
                    500,
                    "500.001.1001",
                    "Unable to lock subscriber, a transaction is already in process for the"
                    " current subscriber",
                )
            now = self._desk.bank.clock()
            checkout_id = answers.checkout_id(phone=phone, at=now)
            merchant_id = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(9)}"
            self._desk.bank.run(
                "INSERT INTO prompts (checkout_id, merchant_id, phone, shortcode, cents, reference,"
                " description, callback, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(checkout_id, merchant_id, phone, shortcode, cents, reference),
                *(str(fields.get("TransactionDesc", "")), url, now),
            )
        text = "Success. Request accepted for processing"
        answer = answers.told(
            {
                "MerchantRequestID": merchant_id,
                "CheckoutRequestID": checkout_id,
                "ResponseCode": "0",
                "ResponseDescription": text,
                "CustomerMessage": text,
            }
        )
        return Taken(answer, lambda is_early: self._begin(checkout_id, is_early=is_early))

    def query(self, fields: dict[str, Any]) -> Taken:
        """Tell how a prompt stands; while it is open, in one of their two ways."""
        self._check_password(fields)
        (checkout_id,) = needed(fields, "CheckoutRequestID")
        rows = self._desk.bank.run("SELECT * FROM prompts WHERE checkout_id = ?", checkout_id)
        if not rows:
            raise Refused(500, "500.001.1001", "The transaction does not Exist")
        prompt = rows[0]
        code, text = prompt["code"], prompt["text"]
        if prompt["is_open"]:
            if secrets.randbelow(4) == 0:
                raise Refused(500, "500.001.1001", "The transaction is being processed")
            code, text = "4999", "The transaction is still under processing"
        answer = answers.told(
            {
                "ResponseCode": "0",
                "ResponseDescription": "The service request has been accepted successsfully",
                "MerchantRequestID": prompt["merchant_id"],
                "CheckoutRequestID": checkout_id,
                "ResultCode": code,
                "ResultDesc": text,
            }
        )
        return Taken(answer)

    def on_phone(self, phone: str) -> dict[str, Any] | None:
        """Return the prompt that a phone shows now; None where there is none."""
        rows = self._desk.bank.run(
            "SELECT * FROM prompts WHERE phone = ? AND is_open = 1 LIMIT 1", phone
        )
        if (
            not rows
            or self._is_line_busy(phone)
            or fates.of_push(phone=phone, shillings=rows[0]["cents"] // 100)
        ):
            return None
        prompt = rows[0]
        return {
            "id": prompt["checkout_id"],
            "shillings": prompt["cents"] // 100,
            "shortcode": prompt["shortcode"],
            "reference": prompt["reference"],
        }

    def answer(self, *, phone: str, checkout_id: str, pin: str | None) -> bool:
        """Answer a prompt with a PIN, or cancel it without; return whether it was still open."""
        prompt = self._open(checkout_id)
        if prompt is None or prompt["phone"] != phone:
            return False
        if pin is None:
            return self._close(checkout_id, _CANCELLED)
        return self._close(checkout_id, _DONE if pin == PIN else _WRONG_PIN)

    def look(self) -> None:
        """Answer the prompts that are answered by themselves, and end those that are too old."""
        now = self._desk.bank.clock()
        for prompt in self._desk.bank.run("SELECT * FROM prompts WHERE is_open = 1"):
            age = now - prompt["created_at"]
            fate = fates.of_push(phone=prompt["phone"], shillings=prompt["cents"] // 100)
            if fate is None and self._desk.knobs.answers == "accept":
                fate = fates.PUSHES[1010]
            if self._is_line_busy(prompt["phone"]):
                if age > _LOCK_WAIT_SECONDS:
                    self._close(prompt["checkout_id"], _BUSY)
            elif fate is not None and age >= min(
                fate.delay_seconds, self._desk.knobs.result_seconds
            ):
                self._close(prompt["checkout_id"], fate)
            elif age > self._desk.knobs.prompt_seconds:
                self._close(prompt["checkout_id"], _NO_ANSWER)

    def _begin(self, checkout_id: str, *, is_early: bool) -> None:
        prompt = self._open(checkout_id)
        if prompt is None:
            return
        if is_early:
            fate = fates.of_push(phone=prompt["phone"], shillings=prompt["cents"] // 100)
            self._close(checkout_id, fate or _DONE, is_early=True)
        elif self._desk.strike(troubles.PUSH, "silent", [prompt["phone"]]):
            self._desk.bank.run(
                "UPDATE prompts SET is_open = 0, code = '1037', text = ? WHERE checkout_id = ?",
                *(_NO_ANSWER.text, checkout_id),
            )

    def _open(self, checkout_id: str) -> Any:
        rows = self._desk.bank.run(
            "SELECT * FROM prompts WHERE checkout_id = ? AND is_open = 1", checkout_id
        )
        return rows[0] if rows else None

    def _close(self, checkout_id: str, fate: fates.Fate, *, is_early: bool = False) -> bool:
        """End a prompt: move the money where it was paid, and tell the product."""
        with self._lock:
            prompt = self._open(checkout_id)
            if prompt is None:
                return False
            payment = None
            if fate.code == 0:
                fate, payment = self._pay(prompt)
            self._desk.bank.run(
                "UPDATE prompts SET is_open = 0, code = ?, text = ? WHERE checkout_id = ?",
                *(str(fate.code), fate.text, checkout_id),
            )
        self._desk.tell(
            troubles.PUSH,
            url=prompt["callback"],
            body=self._told(prompt, fate, payment),
            phone=prompt["phone"],
            is_early=is_early,
            delay_seconds=min(0.2, self._desk.knobs.result_seconds),
        )
        if payment is not None:
            self._paid(payment, prompt["reference"])
        return True

    def _pay(self, prompt: Any) -> tuple[fates.Fate, Payment | None]:
        bank = self._desk.bank
        since = bank.clock() - _SAME_AGAIN_SECONDS
        if any(
            (done.phone, done.cents, done.kind) == (prompt["phone"], prompt["cents"], "push")
            for done in bank.payments(prompt["shortcode"], since=since)
        ):
            return _SAME_AGAIN, None
        try:
            return _DONE, bank.take_in(
                kind="push",
                phone=prompt["phone"],
                shortcode=prompt["shortcode"],
                cents=prompt["cents"],
                reference=prompt["reference"],
            )
        except NotEnough:
            return _TOO_LITTLE, None

    def _told(self, prompt: Any, fate: fates.Fate, payment: Payment | None) -> dict[str, Any]:
        content: dict[str, Any] = {
            "MerchantRequestID": prompt["merchant_id"],
            "CheckoutRequestID": prompt["checkout_id"],
            "ResultCode": fate.code,
            "ResultDesc": fate.text,
        }
        if payment is not None:
            number: int | str = int(payment.phone[1:])
            if self._desk.strike(troubles.PUSH, "masked", [payment.phone]):
                number = answers.masked(payment.phone)
            content["CallbackMetadata"] = {
                "Item": [
                    {"Name": "Amount", "Value": answers.shillings(payment.cents)},
                    {"Name": "MpesaReceiptNumber", "Value": payment.receipt},
                    {"Name": "Balance"},
                    {"Name": "TransactionDate", "Value": int(answers.stamp(payment.at))},
                    {"Name": "PhoneNumber", "Value": number},
                ]
            }
        return {"Body": {"stkCallback": content}}

    def _check_password(self, fields: dict[str, Any]) -> None:
        """Refuse a password that is not of this shortcode, passkey and time, and a wrong clock."""
        shortcode, password, stamp = needed(fields, "BusinessShortCode", "Password", "Timestamp")
        settings = self._desk.world.settings
        expected = f"{shortcode}{settings.mpesa_passkey}{stamp}"
        is_right = not settings.mpesa_passkey or password == _base64(expected)
        is_ours = settings.mpesa_shortcode in ("", shortcode)
        if not is_ours:
            raise Refused(500, "500.001.1001", "Merchant does not exist")
        if not is_right or not _is_now(stamp):
            raise Refused(500, "500.001.1001", "Wrong credentials")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _is_now(stamp: str) -> bool:
    try:
        told = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=_NAIROBI).timestamp()
    except ValueError:
        return False
    return abs(told - time.time()) < _CLOCK_SECONDS_MAX
