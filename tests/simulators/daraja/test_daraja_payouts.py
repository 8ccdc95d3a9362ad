"""The simulated M-Pesa: payouts, questions and the paybill, and money that adds up."""

import time
from typing import Any

import pytest

from tests.simulators.daraja.caller import B2C, SHORTCODE, Caller
from tests.simulators.daraja.watching import (
    AUTOMATIC,
    PHONE,
    balance,
    floats,
    item,
    parameters,
    stk,
    told,
)
from tests.simulators.program import Receiver


class TestPayouts:
    def test_money_leaves_the_utility_account_and_arrives(
        self, caller: Caller, product: Receiver
    ) -> None:
        before, utility = balance(caller, PHONE), floats(caller)[B2C]["Utility Account"]
        accepted = caller.pay_out(PHONE, 500, OriginatorConversationID="mine-1").json()
        assert accepted["OriginatorConversationID"] == "mine-1"
        body = told(product, "/cb/1/payout/result")
        assert body["Result"]["ResultCode"] == 0
        assert body["Result"]["OriginatorConversationID"] == "mine-1"
        found = parameters(body)
        assert found["TransactionAmount"] == 500
        assert found["ReceiverPartyPublicName"].startswith(f"{PHONE[1:]} - ")
        assert found["TransactionReceipt"] == body["Result"]["TransactionID"]
        assert balance(caller, PHONE) == before + 500
        assert floats(caller)[B2C]["Utility Account"] == utility - 500_00
        assert floats(caller)[B2C]["Charges Paid Account"] == -5_00

    def test_an_id_is_carried_out_once(self, caller: Caller, product: Receiver) -> None:
        before = balance(caller, PHONE)
        caller.pay_out(PHONE, 500, OriginatorConversationID="mine-2")
        again = caller.pay_out(PHONE, 500, OriginatorConversationID="mine-2")
        assert again.status_code == 500
        assert again.json()["errorMessage"] == "Duplicate OriginatorConversationID."
        told(product, "/cb/1/payout/result")
        assert balance(caller, PHONE) == before + 500

    @pytest.mark.parametrize(
        ("shillings", "code"),
        [(9, 2), (250_001, 3), (1001, 1), (1002, 8), (1003, 2040), (1004, 17), (1005, 2001),
         (1006, 8006), (1007, 7777), (1008, 11)],
    )  # fmt: skip
    def test_failures_are_told_without_parameters(
        self, caller: Caller, product: Receiver, shillings: int, code: int
    ) -> None:
        before = balance(caller, PHONE)
        assert caller.pay_out(PHONE, shillings).status_code == 200
        result = told(product, "/cb/1/payout/result")["Result"]
        assert result["ResultCode"] == code
        assert "ResultParameters" not in result
        assert balance(caller, PHONE) == before

    def test_an_empty_float_a_full_wallet_and_a_wrong_password_are_told(
        self, caller: Caller, product: Receiver
    ) -> None:
        caller.simulators.post("/control/daraja/floats", shortcode=B2C, cents=100_00)
        caller.pay_out(PHONE, 101)
        assert told(product, "/cb/1/payout/result")["Result"]["ResultCode"] == 1
        caller.simulators.post("/control/daraja/wallets", phone=PHONE, cents=499_950_00)
        caller.pay_out(PHONE, 51)
        assert told(product, "/cb/1/payout/result")["Result"]["ResultCode"] == 8
        caller.pay_out(PHONE, 50, SecurityCredential=caller.credential("wrong"))
        assert told(product, "/cb/1/payout/result")["Result"]["ResultCode"] == 2001

    @pytest.mark.parametrize("carried_out", [0, 1])
    def test_a_queue_timeout_sends_the_request_back(
        self, caller: Caller, product: Receiver, carried_out: int
    ) -> None:
        before = balance(caller, PHONE)
        caller.simulators.fault("queue_timeout", target="daraja.payout", carried_out=carried_out)
        caller.pay_out(PHONE, 500, OriginatorConversationID="mine-3")
        body = told(product, "/cb/1/payout/timeout")
        assert (body["OriginatorConversationID"], body["Amount"]) == ("mine-3", "500")
        assert "SecurityCredential" in body
        assert balance(caller, PHONE) == before + 500 * carried_out
        caller.ask(
            "/mpesa/transactionstatus/v1/query",
            CommandID="TransactionStatusQuery",
            OriginalConversationID="mine-3",
        )
        status = parameters(told(product, "/cb/1/result"))["TransactionStatus"]
        assert status == ("Completed" if carried_out else "Pending")

    def test_a_payment_that_is_told_as_a_failure_is_made(
        self, caller: Caller, product: Receiver
    ) -> None:
        before = balance(caller, PHONE)
        caller.simulators.fault("misreported", target="daraja.payout", times=1)
        caller.pay_out(PHONE, 1003)  # one that fails has nothing to be told wrongly
        assert told(product, "/cb/1/payout/result")["Result"]["ResultCode"] == 2040
        caller.pay_out(PHONE, 500, OriginatorConversationID="mine-6")
        result = told(product, "/cb/1/payout/result")["Result"]
        assert (result["ResultCode"], "ResultParameters" in result) == (17, False)
        assert balance(caller, PHONE) == before + 500
        caller.ask(
            "/mpesa/transactionstatus/v1/query",
            CommandID="TransactionStatusQuery",
            OriginalConversationID="mine-6",
        )
        assert parameters(told(product, "/cb/1/result"))["TransactionStatus"] == "Completed"


class TestQuestions:
    def test_a_status_is_told_by_receipt_and_by_id(self, caller: Caller, product: Receiver) -> None:
        caller.pay_out(PHONE, 500, OriginatorConversationID="mine-4")
        receipt = told(product, "/cb/1/payout/result")["Result"]["TransactionID"]
        for which in ({"TransactionID": receipt}, {"OriginalConversationID": "mine-4"}):
            caller.ask(
                "/mpesa/transactionstatus/v1/query", CommandID="TransactionStatusQuery", **which
            )
            found = parameters(told(product, "/cb/1/result"))
            assert (found["TransactionStatus"], found["ReceiptNo"]) == ("Completed", receipt)
            assert found["Amount"] == "500.00"

    def test_one_that_failed_and_one_that_is_none_are_told(
        self, caller: Caller, product: Receiver
    ) -> None:
        caller.pay_out(PHONE, 1003, OriginatorConversationID="mine-5")
        told(product, "/cb/1/payout/result")
        for name, expected in (("mine-5", "Declined"), ("nobody", None)):
            caller.ask(
                "/mpesa/transactionstatus/v1/query",
                CommandID="TransactionStatusQuery",
                OriginalConversationID=name,
            )
            body = told(product, "/cb/1/result")
            if expected:
                assert parameters(body)["TransactionStatus"] == expected
            else:
                assert body["Result"]["ResultCode"] == 2032

    def test_balances_are_told_in_one_text(self, caller: Caller, product: Receiver) -> None:
        caller.ask("/mpesa/accountbalance/v1/query", CommandID="AccountBalance")
        text = parameters(told(product, "/cb/1/result"))["AccountBalance"]
        assert "Utility Account|KES|5000000.00|5000000.00|0.00|0.00" in text.split("&")

    def test_a_payment_is_reversed_once(self, caller: Caller, product: Receiver) -> None:
        caller.push(AUTOMATIC, 300)
        receipt = item(stk(told(product, "/cb/1/deposit")), "MpesaReceiptNumber")
        before = balance(caller, AUTOMATIC)
        for code in (0, "R000001"):
            caller.ask(
                "/mpesa/reversal/v1/request", CommandID="TransactionReversal", TransactionID=receipt
            )
            assert told(product, "/cb/1/result")["Result"]["ResultCode"] == code
        assert balance(caller, AUTOMATIC) == before + 300
        caller.ask(
            "/mpesa/reversal/v1/request",
            CommandID="TransactionReversal",
            TransactionID="UKL0000001",
        )
        assert told(product, "/cb/1/result")["Result"]["ResultCode"] == "R000002"

    def test_what_came_in_is_pulled(self, caller: Caller, product: Receiver) -> None:
        caller.push(AUTOMATIC, 300)
        told(product, "/cb/1/deposit")
        now = time.time() + 3 * 3600
        since, until = (
            time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now + moved)) for moved in (-600, 600)
        )
        asked = {"ShortCode": SHORTCODE, "StartDate": since, "EndDate": until}
        page = caller.call("/pulltransactions/v1/query", **asked, OffSetValue="0").json()
        ((row,),) = page["Response"]
        assert (page["ResponseCode"], row["amount"], row["billreference"]) == (
            "1000",
            "300.0",
            "D1",
        )
        rest = caller.call("/pulltransactions/v1/query", **asked, OffSetValue="1").json()
        assert (rest["ResponseCode"], rest["Response"]) == ("1001", [[]])


class TestPaybill:
    def pay(self, caller: Caller, **changes: Any) -> dict[str, Any]:
        asked = {"phone": PHONE, "account": "NW-7K3QX9MB", "shillings": 800, **changes}
        done: dict[str, Any] = caller.simulators.post("/phone/mpesa/pay", **asked)
        return done

    def test_the_product_is_asked_and_then_told(self, caller: Caller, product: Receiver) -> None:
        product.answer = lambda _: (200, b'{"ResultCode":"0","ResultDesc":"Accepted"}')
        before = balance(caller, PHONE)
        done = self.pay(caller)
        assert done["is_done"]
        asked = told(product, "/cb/k/paybill/validation")
        confirmed = told(product, "/cb/k/paybill/confirmation")
        assert (asked["OrgAccountBalance"], asked["TransAmount"]) == ("", "800.00")
        assert (confirmed["TransID"], confirmed["BillRefNumber"]) == (
            done["receipt"],
            "NW-7K3QX9MB",
        )
        assert confirmed["MSISDN"] == "2547 ***** 678"
        assert balance(caller, PHONE) == before - 800

    def test_a_refusal_moves_nothing(self, caller: Caller, product: Receiver) -> None:
        product.answer = lambda _: (200, b'{"ResultCode":"C2B00012","ResultDesc":"Rejected"}')
        before = balance(caller, PHONE)
        done = self.pay(caller)
        assert (done["is_done"], balance(caller, PHONE)) == (False, before)
        assert "no such account" in done["text"]

    @pytest.mark.parametrize(
        ("response_type", "is_done"), [("Completed", True), ("Cancelled", False)]
    )
    def test_when_nobody_answers_it_goes_as_it_was_registered(
        self, caller: Caller, product: Receiver, response_type: str, is_done: bool
    ) -> None:
        registered = caller.call(
            "/mpesa/c2b/v2/registerurl",
            ShortCode=SHORTCODE,
            ResponseType=response_type,
            ConfirmationURL=f"{caller.base}/cb/k/paybill/confirmation",
            ValidationURL=f"{caller.base}/cb/k/paybill/validation",
        )
        assert registered.json()["ResponseCode"] == "0"
        product.answer = lambda _: (500, b"")
        assert self.pay(caller)["is_done"] is is_done

    @pytest.mark.parametrize("kind", ["hashed", "plain"])
    def test_a_number_is_shown_in_other_ways(
        self, caller: Caller, product: Receiver, kind: str
    ) -> None:
        product.answer = lambda _: (200, b'{"ResultCode":"0"}')
        caller.simulators.fault(kind, target="daraja.paybill", times=2)
        self.pay(caller)
        number = told(product, "/cb/k/paybill/confirmation")["MSISDN"]
        assert number == PHONE[1:] if kind == "plain" else len(number) == 64

    @pytest.mark.parametrize(
        "change", [{"shillings": 0}, {"shillings": 90_000}, {"shortcode": "999999"}]
    )
    def test_what_cannot_be_paid_is_not(self, caller: Caller, change: dict[str, Any]) -> None:
        before = balance(caller, PHONE)
        assert not self.pay(caller, **change)["is_done"]
        assert balance(caller, PHONE) == before
