"""Payouts (B2C): carried out at once, told soon; the same id is never carried out twice."""

import threading
from collections.abc import Callable
from typing import Any

from simulators.daraja import answers, fates, troubles
from simulators.daraja.bank import UTILITY, WORKING, NotEnough, Payment, TooFull
from simulators.daraja.certificate import Opener
from simulators.daraja.desk import Desk, Refused, Taken, amount_cents, callback, needed, phone_of

_CENTS_MIN, _CENTS_MAX = 10_00, 250_000_00
_TOO_LITTLE, _TOO_FULL = fates.PAYOUTS[1001], fates.PAYOUTS[1002]
_BAD_INITIATOR = fates.PAYOUTS[1005]
_BELOW = fates.Fate(2, "Declined due to limit rule: less than the minimum.", "too small")
_ABOVE = fates.Fate(3, "Declined due to limit rule: greater than the maximum.", "too big")
_DONE = fates.Fate(0, answers.DONE, "paid")
_MISREPORTED = fates.Fate(17, "System internal error.", "told wrongly")
_COMMANDS = ("BusinessPayment", "SalaryPayment", "PromotionPayment")
Paid = Callable[[Payment, str], None]


class Payouts:
    """All payouts that were ever handed in."""

    def __init__(self, desk: Desk, opener: Opener, *, paid: Paid) -> None:
        """Begin. `paid` hears of each payment."""
        self._desk = desk
        self._opener = opener
        self._paid = paid
        self._lock = threading.RLock()

    def take(self, fields: dict[str, Any]) -> Taken:
        """Take a payout and carry it out, unless its id was taken before."""
        originator_id, shortcode, *_ = needed(
            fields, "OriginatorConversationID", "PartyA", "InitiatorName", "SecurityCredential"
        )
        phone, cents = phone_of(fields, "PartyB"), amount_cents(fields)
        result_url, timeout_url = (
            callback(fields, name) for name in ("ResultURL", "QueueTimeOutURL")
        )
        needed(fields, "Remarks")
        if fields.get("CommandID") not in _COMMANDS:
            raise Refused(400, "400.002.02", "Bad Request - Invalid CommandID")
        queue = self._desk.strike(troubles.PAYOUT, "queue_timeout", [phone])
        is_done = queue is None or bool(queue.parameters["carried_out"])
        with self._lock:
            if self.of(originator_id) is not None:
                raise Refused(500, "500.002.1001", "Duplicate OriginatorConversationID.")
            fate, payment = (
                self._carry_out(fields, phone=phone, cents=cents, shortcode=shortcode)
                if is_done
                else (fates.Fate("", "", "waits in vain"), None)
            )
            now = self._desk.bank.clock()
            conversation_id = answers.conversation_id(now)
            self._desk.bank.run(
                "INSERT INTO payouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(originator_id, conversation_id, phone, shortcode, cents, str(fate.code)),
                *(fate.text, payment.receipt if payment else "", now),
            )
        told = fate, payment
        if payment is not None and self._desk.strike(troubles.PAYOUT, "misreported", [phone]):
            told = _MISREPORTED, None
        url, body = result_url, self._told(originator_id, conversation_id, *told)
        if queue is not None:
            url, body = timeout_url, dict(fields)
        answer = answers.accepted(originator_id=originator_id, conversation_id=conversation_id)
        return Taken(
            answer,
            lambda is_early: self._tell(url, body, phone, payment=payment, is_early=is_early),
        )

    def of(self, originator_id: str) -> Any:
        """Return the payout with this id of the caller's; None where there is none."""
        rows = self._desk.bank.run("SELECT * FROM payouts WHERE originator_id = ?", originator_id)
        return rows[0] if rows else None

    def all(self) -> list[dict[str, Any]]:
        """Return all payouts, oldest first."""
        return [dict(row) for row in self._desk.bank.run("SELECT * FROM payouts ORDER BY at")]

    def is_initiator(self, fields: dict[str, Any]) -> bool:
        """Tell whether the request shows the initiator's name and password."""
        settings = self._desk.world.settings
        name = str(fields.get("InitiatorName") or fields.get("Initiator") or "")
        password = self._opener.open(str(fields.get("SecurityCredential", "")))
        is_name = settings.mpesa_initiator_name in ("", name)
        is_password = password == (settings.mpesa_initiator_password or password)
        return is_name and is_password and bool(password)

    def _carry_out(
        self, fields: dict[str, Any], *, phone: str, cents: int, shortcode: str
    ) -> tuple[fates.Fate, Payment | None]:
        if not self.is_initiator(fields):
            return _BAD_INITIATOR, None
        if not _CENTS_MIN <= cents <= _CENTS_MAX:
            return (_BELOW if cents < _CENTS_MIN else _ABOVE), None
        fate = fates.of_payout(phone=phone, shillings=cents // 100)
        if fate is not None:
            return fate, None
        try:
            return _DONE, self._desk.bank.pay_out(
                phone=phone,
                shortcode=shortcode,
                cents=cents,
                reference=str(fields["OriginatorConversationID"]),
            )
        except NotEnough:
            return _TOO_LITTLE, None
        except TooFull:
            return _TOO_FULL, None

    def _tell(
        self,
        url: str,
        body: dict[str, Any],
        phone: str,
        *,
        payment: Payment | None,
        is_early: bool,
    ) -> None:
        self._desk.tell(troubles.PAYOUT, url=url, body=body, phone=phone, is_early=is_early)
        if payment is not None:
            self._paid(payment, "")

    def _told(
        self, originator_id: str, conversation_id: str, fate: fates.Fate, payment: Payment | None
    ) -> dict[str, Any]:
        parameters: list[tuple[str, Any]] = []
        if payment is not None:
            floats = self._desk.bank.floats(payment.shortcode)
            at = answers.nairobi(payment.at)
            parameters = [
                ("TransactionAmount", payment.cents // 100),
                ("TransactionReceipt", payment.receipt),
                (
                    "ReceiverPartyPublicName",
                    f"{payment.phone[1:]} - {answers.name_of(payment.phone)}",
                ),
                (
                    "TransactionCompletedDateTime",
                    f"{at.tm_mday:02}.{at.tm_mon:02}.{at.tm_year} "
                    f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}",
                ),
                ("B2CUtilityAccountAvailableFunds", answers.shillings(floats[UTILITY])),
                ("B2CWorkingAccountAvailableFunds", answers.shillings(floats[WORKING])),
                ("B2CRecipientIsRegisteredCustomer", "Y"),
                (
                    "B2CChargesPaidAccountAvailableFunds",
                    answers.shillings(floats["Charges Paid Account"]),
                ),
            ]
        return answers.result(
            code=fate.code,
            text=fate.text,
            originator_id=originator_id,
            conversation_id=conversation_id,
            # Failures have an id too, which is no receipt.
            receipt=payment.receipt if payment else "UAK0000000",
            parameters=parameters,
        )
