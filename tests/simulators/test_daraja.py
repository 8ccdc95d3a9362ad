"""The simulated M-Pesa: shapes as recorded, money that adds up, and every fault."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.simulators.daraja_caller import B2C, ENVIRONMENT, KEY, SHORTCODE, Caller
from tests.simulators.program import Received, Receiver, Simulators

PHONE, OTHER = "+254712345678", "+254722000111"
AUTOMATIC = "+254712999924"


@pytest.fixture(scope="module")
def mpesa() -> Iterator[tuple[Simulators, Receiver]]:
    """The program with an app's account, and the product that it calls back."""
    with Receiver() as product:
        base = f"http://localhost:{product.port}"
        environment = {
            **ENVIRONMENT,
            "SMS_REPORTS_URL": f"{base}/reports",
            "USSD_CALLBACK_URL": f"{base}/ussd",
            "PAYBILL_VALIDATION_URL": f"{base}/cb/k/paybill/validation",
            "PAYBILL_CONFIRMATION_URL": f"{base}/cb/k/paybill/confirmation",
        }
        with Simulators(environment) as running:
            yield running, product


@pytest.fixture
def caller(mpesa: tuple[Simulators, Receiver]) -> Caller:
    """An app, with nothing left of the test before."""
    simulators, product = mpesa
    simulators.post("/control/reset")
    simulators.post("/control/daraja/settings", answers="phone", result_seconds=0.1)
    product.forget()
    return Caller(simulators, base=f"http://localhost:{product.port}")


@pytest.fixture
def product(mpesa: tuple[Simulators, Receiver]) -> Receiver:
    """Our side."""
    return mpesa[1]


def told(product: Receiver, path: str) -> Any:
    """Wait for what is told at this path; other news may come between."""
    while True:
        received = product.next()
        if received.path == path:
            return json.loads(received.body)


def prompt(caller: Caller, phone: str) -> dict[str, Any] | None:
    found: dict[str, Any] = caller.simulators.get("/phone/inboxes", phone=phone)[phone]["mpesa"]
    return found["prompt"]


def answer(caller: Caller, phone: str, **how: Any) -> bool:
    shown = prompt(caller, phone)
    assert shown is not None
    done = caller.simulators.post("/phone/mpesa/answer", phone=phone, prompt=shown["id"], **how)
    return bool(done["was_open"])


def balance(caller: Caller, phone: str) -> int:
    found = caller.simulators.get("/phone/inboxes", phone=phone)[phone]["mpesa"]
    return int(found["shillings"])


def floats(caller: Caller) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = caller.simulators.get("/control/daraja")["floats"]
    return found


def stk(body: Any) -> dict[str, Any]:
    found: dict[str, Any] = body["Body"]["stkCallback"]
    return found


def item(callback: dict[str, Any], name: str) -> Any:
    (found,) = [e for e in callback["CallbackMetadata"]["Item"] if e["Name"] == name]
    return found.get("Value")


def parameters(body: Any) -> dict[str, Any]:
    listed = body["Result"]["ResultParameters"]["ResultParameter"]
    return {entry["Key"]: entry["Value"] for entry in listed}


class TestTokens:
    def test_a_new_one_ends_the_one_before(self, caller: Caller) -> None:
        first = caller.new_token()
        caller.new_token()
        caller.token = first
        refused = caller.push(PHONE, 100)
        assert (refused.status_code, refused.json()["errorCode"]) == (404, "404.001.03")

    def test_it_is_given_to_the_app_only(self, caller: Caller) -> None:
        url = f"{caller.simulators.url}/daraja/oauth/v1/generate"
        good = {"grant_type": "client_credentials"}
        for params, auth in ((good, (KEY, "wrong")), (good, None), ({"grant_type": "x"}, None)):
            refused = requests.get(url, params=params, auth=auth, timeout=10)
            assert refused.status_code == 400
            assert refused.json()["errorCode"].startswith("400.008.0")

    def test_its_life_is_told_as_a_text(self, caller: Caller) -> None:
        url = f"{caller.simulators.url}/daraja/oauth/v1/generate?grant_type=client_credentials"
        told_token = requests.get(url, auth=(KEY, "app-secret"), timeout=10).json()
        assert told_token["expires_in"] == "3599"
        assert len(told_token["access_token"]) == 28


class TestPrompts:
    def test_the_right_pin_pays_and_both_addresses_hear_of_it(
        self, caller: Caller, product: Receiver
    ) -> None:
        before, accepted = balance(caller, PHONE), caller.push(PHONE, 1_500).json()
        assert accepted["ResponseCode"] == "0"
        shown = prompt(caller, PHONE)
        assert shown is not None
        assert (shown["shillings"], shown["shortcode"], shown["reference"]) == (
            1500,
            SHORTCODE,
            "D1",
        )
        assert caller.query(accepted["CheckoutRequestID"]).status_code in (200, 500)
        assert answer(caller, PHONE, pin="1234")
        callback = stk(told(product, "/cb/1/deposit"))
        assert (callback["ResultCode"], item(callback, "Amount")) == (0, 1500.0)
        assert item(callback, "PhoneNumber") == int(PHONE[1:])
        assert callback["CheckoutRequestID"] == accepted["CheckoutRequestID"]
        paybill = told(product, "/cb/k/paybill/confirmation")
        assert paybill["TransID"] == item(callback, "MpesaReceiptNumber")
        assert (paybill["BillRefNumber"], paybill["TransAmount"]) == ("D1", "1500.00")
        assert balance(caller, PHONE) == before - 1500
        assert floats(caller)[SHORTCODE]["Working Account"] == 1_500_00
        status = caller.query(accepted["CheckoutRequestID"]).json()
        assert status["ResultCode"] == "0"
        assert any("1,500.00 sent to NannyChain" in t for t in caller.simulators.texts(PHONE))

    @pytest.mark.parametrize(("how", "code"), [({"pin": "0000"}, 2001), ({"cancel": True}, 1032)])
    def test_a_wrong_pin_and_a_refusal_are_told(
        self, caller: Caller, product: Receiver, how: dict[str, Any], code: int
    ) -> None:
        caller.push(PHONE, 100)
        assert answer(caller, PHONE, **how)
        callback = stk(told(product, "/cb/1/deposit"))
        assert callback["ResultCode"] == code
        assert "CallbackMetadata" not in callback

    def test_one_that_is_ignored_ends_as_not_reached(
        self, caller: Caller, product: Receiver
    ) -> None:
        caller.simulators.post("/control/daraja/settings", prompt_seconds=0.3)
        try:
            caller.push(PHONE, 100)
            assert stk(told(product, "/cb/1/deposit"))["ResultCode"] == 1037
        finally:
            caller.simulators.post("/control/daraja/settings", prompt_seconds=60)

    @pytest.mark.parametrize(
        ("shillings", "code"),
        [(1001, 1), (1002, 1032), (1003, 1037), (1004, 2001), (1005, 1019), (1006, 1001),
         (1007, 17), (1008, 9999), (1009, 7777), (1010, 0)],
    )  # fmt: skip
    def test_some_amounts_have_a_fate(
        self, caller: Caller, product: Receiver, shillings: int, code: int
    ) -> None:
        caller.push(PHONE, shillings)
        assert stk(told(product, "/cb/1/deposit"))["ResultCode"] == code

    def test_a_second_prompt_on_a_phone_is_refused(self, caller: Caller) -> None:
        caller.push(PHONE, 100)
        refused = caller.push(PHONE, 200)
        assert (refused.status_code, refused.json()["errorCode"]) == (500, "500.001.1001")
        assert "Unable to lock subscriber" in refused.json()["errorMessage"]

    def test_the_same_amount_again_is_refused(self, caller: Caller, product: Receiver) -> None:
        for code in (0, 17):
            caller.push(AUTOMATIC, 100)
            assert stk(told(product, "/cb/1/deposit"))["ResultCode"] == code

    def test_somebody_with_too_little_cannot_pay(self, caller: Caller, product: Receiver) -> None:
        caller.simulators.post("/control/daraja/wallets", phone=PHONE, cents=99_00)
        caller.push(PHONE, 100)
        answer(caller, PHONE, pin="1234")
        assert stk(told(product, "/cb/1/deposit"))["ResultCode"] == 1

    def test_no_prompt_is_shown_during_a_ussd_session(
        self, caller: Caller, product: Receiver
    ) -> None:
        product.answer = lambda received: (
            (200, b"CON Menu") if received.path == "/ussd" else (200, b"{}")
        )
        screen = caller.simulators.post("/phone/dial", phone=OTHER, code="*384*2024#")
        caller.push(OTHER, 100)
        assert prompt(caller, OTHER) is None
        caller.simulators.post("/phone/hangup", phone=OTHER, session=screen["session"])
        assert prompt(caller, OTHER) is not None

    @pytest.mark.parametrize(
        "change",
        [
            {"Amount": "0"},
            {"Amount": "1.5"},
            {"Amount": "250001"},
            {"PhoneNumber": "0712345678"},
            {"AccountReference": "x" * 13},
            {"AccountReference": ""},
            {"CallBackURL": "https://us.example/mpesa/callback"},
            {"CallBackURL": "us.example"},
        ],
    )
    def test_what_is_wrong_is_refused_by_name(self, caller: Caller, change: dict[str, str]) -> None:
        refused = caller.push(PHONE, 100, **change)
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "400.002.02")

    @pytest.mark.parametrize(
        "change",
        [{"Password": "d3Jvbmc="}, {"Timestamp": "20200101000000"}, {"BusinessShortCode": "1"}],
    )
    def test_wrong_credentials_are_refused(self, caller: Caller, change: dict[str, str]) -> None:
        refused = caller.push(PHONE, 100, **change)
        assert (refused.status_code, refused.json()["errorCode"]) == (500, "500.001.1001")


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


class TestFaults:
    def fault(self, caller: Caller, kind: str, target: str, **fields: Any) -> None:
        caller.simulators.fault(kind, target=f"daraja.{target}", **fields)

    @pytest.mark.parametrize(
        ("kind", "status"), [("error", 500), ("html", 200), ("soap", 500), ("spike_arrest", 500)]
    )
    def test_nothing_is_taken_when_the_answer_is_something_else(
        self, caller: Caller, kind: str, status: int
    ) -> None:
        before = balance(caller, PHONE)
        for target, call in (("push", caller.push), ("payout", caller.pay_out)):
            self.fault(caller, kind, target)
            assert call(PHONE, 100).status_code == status
        assert prompt(caller, PHONE) is None
        assert balance(caller, PHONE) == before

    def test_a_token_can_end_before_its_time(self, caller: Caller) -> None:
        caller.new_token()
        self.fault(caller, "token_invalid", "payout")
        refused = caller.pay_out(PHONE, 100)
        assert (refused.status_code, refused.json()["errorCode"]) == (401, "401.002.01")
        caller.new_token()
        assert caller.pay_out(PHONE, 100).status_code == 200

    def test_an_answer_can_be_lost_after_all_was_done(
        self, caller: Caller, product: Receiver
    ) -> None:
        before = balance(caller, PHONE)
        self.fault(caller, "answer_lost", "payout")
        with pytest.raises(requests.ConnectionError):
            caller.pay_out(PHONE, 100)
        assert told(product, "/cb/1/payout/result")["Result"]["ResultCode"] == 0
        assert balance(caller, PHONE) == before + 100

    def test_a_connection_can_be_dropped_before(self, caller: Caller) -> None:
        before = balance(caller, PHONE)
        self.fault(caller, "down", "payout")
        with pytest.raises(requests.ConnectionError):
            caller.pay_out(PHONE, 100)
        assert balance(caller, PHONE) == before

    @pytest.mark.parametrize("target", ["push", "payout"])
    def test_it_can_be_told_before_the_answer(
        self, caller: Caller, product: Receiver, target: str
    ) -> None:
        events: list[str] = []

        def heard(_: Received) -> tuple[int, bytes]:
            events.append("told")
            return 200, b"{}"

        product.answer = heard
        self.fault(caller, "callback_early", target)
        (caller.push if target == "push" else caller.pay_out)(PHONE, 100)
        events.append("answered")
        assert events[:2] == ["told", "answered"]

    def test_it_can_be_told_twice_or_never(self, caller: Caller, product: Receiver) -> None:
        self.fault(caller, "callback_doubled", "payout")
        caller.pay_out(PHONE, 100)
        first, second = (told(product, "/cb/1/payout/result") for _ in range(2))
        assert first == second
        self.fault(caller, "callback_lost", "payout")
        caller.pay_out(PHONE, 200)
        caller.pay_out(PHONE, 300)
        assert parameters(told(product, "/cb/1/payout/result"))["TransactionAmount"] == 300

    def test_it_can_be_told_late(self, caller: Caller, product: Receiver) -> None:
        self.fault(caller, "callback_late", "payout", seconds=0.6)
        began = time.monotonic()
        caller.pay_out(PHONE, 100)
        told(product, "/cb/1/payout/result")
        assert time.monotonic() - began >= 0.5

    def test_a_payers_number_can_be_masked(self, caller: Caller, product: Receiver) -> None:
        self.fault(caller, "masked", "push")
        caller.push(AUTOMATIC, 100)
        assert item(stk(told(product, "/cb/1/deposit")), "PhoneNumber") == "2547 ***** 924"

    def test_what_is_not_taken_is_never_told_again(self, caller: Caller, product: Receiver) -> None:
        product.answer = lambda _: (500, b"")
        caller.pay_out(PHONE, 100)
        told(product, "/cb/1/payout/result")
        time.sleep(0.5)
        assert product.posts.empty()

    def test_a_token_can_be_refused(self, caller: Caller) -> None:
        self.fault(caller, "refused", "token")
        url = f"{caller.simulators.url}/daraja/oauth/v1/generate?grant_type=client_credentials"
        assert requests.get(url, auth=(KEY, "app-secret"), timeout=10).status_code == 400


class TestControl:
    def test_knobs_and_money_are_checked(self, caller: Caller) -> None:
        url = caller.simulators.url
        for path, body in (
            ("settings", {"answers": "nobody"}),
            ("settings", {"speed": 1}),
            ("settings", {"result_seconds": -1}),
            ("floats", {"shortcode": B2C, "account": "none", "cents": 1}),
            ("wallets", {"phone": "0712", "cents": 1}),
            ("wallets", {"phone": PHONE, "cents": True}),
        ):
            refused = requests.post(f"{url}/control/daraja/{path}", json=body, timeout=10)
            assert refused.status_code == 400, path

    def test_everything_that_moved_can_be_read(self, caller: Caller, product: Receiver) -> None:
        caller.simulators.post("/control/daraja/settings", answers="accept")
        caller.push(PHONE, 250)
        told(product, "/cb/1/deposit")
        caller.pay_out(PHONE, 100)
        told(product, "/cb/1/payout/result")
        totals = caller.simulators.get("/control/daraja")["totals"]
        assert totals["cents_by_kind"] == {"push": 250_00, "payout": 100_00}
        moved = caller.simulators.get("/control/daraja/payments")
        assert [payment["kind"] for payment in moved["payments"]] == ["push", "payout"]

    def test_no_secret_is_in_the_record(self, caller: Caller) -> None:
        caller.pay_out(PHONE, 100)
        caller.push(PHONE, 100)
        text = json.dumps(caller.simulators.get("/control/requests"))
        assert "SecurityCredential" not in text
        assert "Password" not in text
