"""The simulated M-Pesa: tokens and prompts, in recorded shapes, and money that adds up."""

from typing import Any

import pytest
import requests

from tests.simulators.daraja.caller import KEY, SHORTCODE, Caller
from tests.simulators.daraja.watching import (
    AUTOMATIC,
    OTHER,
    PHONE,
    answer,
    balance,
    floats,
    item,
    prompt,
    stk,
    told,
)
from tests.simulators.program import Receiver


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
