"""The simulated M-Pesa: every fault, and its control."""

import json
import time
from typing import Any

import pytest
import requests

from tests.simulators.daraja.caller import B2C, KEY, Caller
from tests.simulators.daraja.watching import (
    AUTOMATIC,
    PHONE,
    balance,
    item,
    parameters,
    prompt,
    stk,
    told,
)
from tests.simulators.program import Received, Receiver


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
