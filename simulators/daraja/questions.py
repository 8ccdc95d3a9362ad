"""What is asked and answered later: how a transaction stands, what accounts hold; and reversals."""

import secrets
from typing import Any

from simulators.daraja import answers, troubles
from simulators.daraja.bank import NotEnough, Payment
from simulators.daraja.desk import Desk, Refused, Taken, callback, needed
from simulators.daraja.payouts import Payouts

_BAD_INITIATOR = (2001, "The initiator information is invalid.")
# Safaricom's documentation names no code for this; it is in no list of the product either.
_NO_SUCH = (2032, "The transaction does not exist.")
_WORDS = {"push": "Pay Bill", "paybill": "Pay Bill", "payout": "Business Payment to Customer"}
Parameters = list[tuple[str, Any]]


class Questions:
    """Answers all questions out of the bank."""

    def __init__(self, desk: Desk, payouts: Payouts) -> None:
        """Begin."""
        self._desk = desk
        self._payouts = payouts

    def status(self, fields: dict[str, Any]) -> Taken:
        """Tell how a transaction stands, by its receipt or by the id of its payout."""
        self._check(fields, "TransactionStatusQuery")
        receipt = str(fields.get("TransactionID") or "")
        originator_id = str(fields.get("OriginalConversationID") or "")
        if not (receipt or originator_id):
            raise Refused(400, "400.002.02", "Bad Request - Invalid TransactionID")
        row = self._payouts.of(originator_id) if originator_id else None
        if row is not None and not row["receipt"]:
            # Done and failed, or still in their queue.
            word = "Declined" if row["code"] else "Pending"
            return self._later(fields, 0, answers.DONE, self._standing(None, word, row))
        payment = self._desk.bank.payment(receipt or (row["receipt"] if row else ""))
        if payment is None:
            return self._later(fields, *_NO_SUCH, [])
        return self._later(fields, 0, answers.DONE, self._standing(payment, "Completed", row))

    def balance(self, fields: dict[str, Any]) -> Taken:
        """Tell what all accounts of a shortcode hold."""
        self._check(fields, "AccountBalance")
        (shortcode,) = needed(fields, "PartyA")
        floats = self._desk.bank.floats(shortcode)
        told = "&".join(
            f"{name}|KES|{cents / 100:.2f}|{cents / 100:.2f}|0.00|0.00"
            for name, cents in floats.items()
        )
        stamp = answers.stamp(self._desk.bank.clock())
        parameters: Parameters = [("AccountBalance", told), ("BOCompletedTime", stamp)]
        return self._later(fields, "0", answers.DONE, parameters)

    def reverse(self, fields: dict[str, Any]) -> Taken:
        """Give a payment back."""
        self._check(fields, "TransactionReversal", identifier="RecieverIdentifierType")
        (receipt,) = needed(fields, "TransactionID")
        if not self._payouts.is_initiator(fields):
            return self._later(fields, *_BAD_INITIATOR, [])
        payment = self._desk.bank.payment(receipt)
        if payment is None or payment.kind not in ("push", "paybill"):
            return self._later(fields, "R000002", "The OriginalTransactionID is invalid.", [])
        if payment.is_reversed:
            return self._later(fields, "R000001", "The transaction has already been reversed.", [])
        try:
            back = self._desk.bank.give_back(payment)
        except NotEnough:
            return self._later(fields, 1, "The balance is insufficient for the transaction.", [])
        name = f"{payment.phone[1:]} - {answers.name_of(payment.phone)}"
        parameters: Parameters = [
            ("Amount", answers.shillings(payment.cents)),
            ("TransCompletedTime", int(answers.stamp(back.at))),
            ("OriginalTransactionID", receipt),
            ("Charge", 0.0),
            ("CreditPartyPublicName", name),
            ("DebitPartyPublicName", f"{payment.shortcode} - NannyChain"),
        ]
        return self._later(fields, 0, answers.DONE, parameters, receipt=back.receipt)

    @staticmethod
    def _check(fields: dict[str, Any], command: str, *, identifier: str = "IdentifierType") -> None:
        needed(fields, "Initiator", "SecurityCredential", "Remarks", identifier)
        if fields.get("CommandID") != command:
            raise Refused(400, "400.002.02", "Bad Request - Invalid CommandID")

    def _later(
        self,
        fields: dict[str, Any],
        code: int | str,
        text: str,
        parameters: Parameters,
        *,
        receipt: str = "UAK0000000",
    ) -> Taken:
        """Take the question, and tell its answer soon."""
        url, timeout_url = (callback(fields, name) for name in ("ResultURL", "QueueTimeOutURL"))
        if not self._payouts.is_initiator(fields):
            (code, text), parameters = _BAD_INITIATOR, []
        originator_id = f"{secrets.randbelow(99_999)}-{secrets.randbelow(10**8)}-1"
        conversation_id = answers.conversation_id(self._desk.bank.clock())
        body = answers.result(
            code=code,
            text=text,
            originator_id=originator_id,
            conversation_id=conversation_id,
            receipt=receipt,
            parameters=parameters,
        )
        if self._desk.strike(troubles.QUESTION, "queue_timeout", []):
            url, body = timeout_url, dict(fields)
        answer = answers.accepted(originator_id=originator_id, conversation_id=conversation_id)
        return Taken(
            answer,
            lambda is_early: self._desk.tell(
                troubles.QUESTION, url=url, body=body, phone="", is_early=is_early
            ),
        )

    def _standing(self, payment: Payment | None, word: str, row: Any) -> Parameters:
        at = payment.at if payment else row["at"]
        cents = payment.cents if payment else row["cents"]
        shortcode = payment.shortcode if payment else row["shortcode"]
        phone = payment.phone if payment else row["phone"]
        kind = payment.kind if payment else "payout"
        ours = f"{shortcode} - NannyChain"
        theirs = f"{phone[1:]} - {answers.name_of(phone)}     "  # padded, on their wire too
        debit, credit = (ours, theirs) if kind == "payout" else (theirs, ours)
        parameters: Parameters = [
            ("DebitPartyName", debit),
            ("CreditPartyName", credit),
            ("OriginatorConversationID", row["originator_id"] if row else ""),
            ("InitiatedTime", answers.stamp(at)),
            ("FinalisedTime", answers.stamp(at)),
            ("DebitPartyCharges", ""),
            ("ReasonType", _WORDS.get(kind, "Reversal")),
            ("TransactionStatus", word),
            ("Amount", f"{cents / 100:.2f}"),
            ("ConversationID", row["conversation_id"] if row else ""),
        ]
        return parameters + ([("ReceiptNo", payment.receipt)] if payment else [])
