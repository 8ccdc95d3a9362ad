"""The calls: what goes out to the letter, what each answer comes to, and the token of all."""

import base64
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from pytest_django import Settings

from nannychain.transactions import TransactionForbidden
from payments.mpesa import client, credentials
from payments.mpesa.meanings import Others, Outcome
from tests.factories.certificates import self_signed
from tests.factories.threads import at_once
from tests.payments.mpesa.conftest import KEY, PASSKEY, PASSWORD, SECRET
from tests.payments.mpesa.gateway import CUT, Answer, Gateway, Request, told

pytestmark = pytest.mark.django_db(transaction=True)
URLS = {"result_url": "https://us.example/cb/1/result", "timeout_url": "https://us.example/cb/1/t"}
REFUSED = told(404, requestId="1", errorCode="404.001.03", errorMessage="Invalid Access Token")


def push(**changes: Any) -> Any:
    given = {
        "phone": "+254712345678",
        "amount_cents": 1_500_00,
        "account_reference": "D7K3QX9MB012",
        "description": "Deposit",
        "callback_url": "https://us.example/cb/1/deposit",
    }
    return client.push(**{**given, **changes})


def pay_out(**changes: Any) -> Any:
    given = {
        "originator_conversation_id": "0199-1",
        "phone": "+254112345678",
        "amount_cents": 500_00,
        "remarks": "Withdrawal",
        **URLS,
    }
    return client.pay_out(**{**given, **changes})


CALLS: list[tuple[Callable[[], Any], str]] = [
    (push, "/mpesa/stkpush/v1/processrequest"),
    (pay_out, "/mpesa/b2c/v3/paymentrequest"),
    (
        lambda: client.transaction_status(shortcode="600200", receipt="UKL1A2B3C4", **URLS),
        "/mpesa/transactionstatus/v1/query",
    ),
    (
        lambda: client.account_balance(shortcode="600200", **URLS),
        "/mpesa/accountbalance/v1/query",
    ),
    (
        lambda: client.reverse(receipt="UKL1A2B3C4", amount_cents=100, remarks="back", **URLS),
        "/mpesa/reversal/v1/request",
    ),
    (
        lambda: client.register_urls(
            confirmation_url="https://us.example/c", validation_url="https://us.example/v"
        ),
        "/mpesa/c2b/v2/registerurl",
    ),
    (
        lambda: client.register_pull(
            nominated_phone="+254712345678", callback_url="https://us.example/c"
        ),
        "/pulltransactions/v1/register",
    ),
]


class TestRequests:
    @pytest.mark.parametrize(("call", "path"), CALLS)
    def test_each_call_goes_to_its_address_with_the_token(
        self, gateway: Gateway, call: Callable[[], Any], path: str
    ) -> None:
        assert call().outcome is Outcome.ACCEPTED
        (request,) = gateway.calls
        assert (request.method, request.path) == ("POST", path)
        assert request.headers["Authorization"] == "Bearer token-1"
        assert request.headers["Content-Type"] == "application/json"

    def test_a_push_says_nairobis_time_and_a_password_of_that_time(self, gateway: Gateway) -> None:
        with time_machine.travel(datetime(2026, 11, 20, 21, 30, 5, tzinfo=UTC), tick=False):
            push()
        body = gateway.calls[0].body
        assert body["Timestamp"] == "20261121003005"
        password = base64.b64decode(body["Password"]).decode()
        assert password == f"600100{PASSKEY}20261121003005"
        assert (body["Amount"], body["PartyA"], body["PhoneNumber"]) == (
            "1500",
            "254712345678",
            "254712345678",
        )
        assert (body["BusinessShortCode"], body["PartyB"]) == ("600100", "600100")

    def test_a_payout_carries_our_id_and_the_encrypted_password(self, gateway: Gateway) -> None:
        pay_out()
        body = gateway.calls[0].body
        assert body["OriginatorConversationID"] == "0199-1"
        assert (body["PartyA"], body["PartyB"], body["Amount"]) == (
            "600200",
            "254112345678",
            "500",
        )
        assert len(body["SecurityCredential"]) == 344
        assert self_signed().open(body["SecurityCredential"]) == PASSWORD

    def test_a_status_is_asked_by_receipt_or_by_our_id_and_never_by_both(
        self, gateway: Gateway
    ) -> None:
        client.transaction_status(shortcode="600200", originator_conversation_id="0199-1", **URLS)
        body = gateway.calls[0].body
        assert body["OriginalConversationID"] == "0199-1"
        assert "TransactionID" not in body
        for both in ({}, {"receipt": "A", "originator_conversation_id": "B"}):
            with pytest.raises(ValueError, match="either"):
                client.transaction_status(shortcode="600200", **both, **URLS)

    @pytest.mark.parametrize("amount_cents", [0, -100, 99, 150, 100_01])
    def test_what_is_no_whole_shilling_is_never_sent(
        self, gateway: Gateway, amount_cents: int
    ) -> None:
        with pytest.raises(ValueError, match="whole shillings"):
            push(amount_cents=amount_cents)
        with pytest.raises(ValueError, match="whole shillings"):
            pay_out(amount_cents=amount_cents)
        assert gateway.calls == []

    def test_a_page_of_payments_is_asked_for_by_nairobis_clock(self, gateway: Gateway) -> None:
        until = datetime(2026, 11, 20, 22, tzinfo=UTC)
        client.pull(since=until - timedelta(hours=1), until=until, offset=30)
        body = gateway.calls[0].body
        assert (body["StartDate"], body["EndDate"]) == (
            "2026-11-21 00:00:00",
            "2026-11-21 01:00:00",
        )
        assert body["OffSetValue"] == "30"

    def test_nothing_is_called_within_a_transaction(self, gateway: Gateway) -> None:
        with transaction.atomic(), pytest.raises(TransactionForbidden):
            push()
        assert gateway.calls == []

    def test_a_certificate_that_is_none_is_named(self) -> None:
        with pytest.raises(credentials.BadCertificate):
            credentials.security_credential(initiator_password="x", certificate="no PEM")


ANSWERS = [
    (told(ResponseCode="0"), Outcome.ACCEPTED),
    (told(ResponseCode=0), Outcome.ACCEPTED),
    (told(500, ResponseCode="0"), Outcome.UNKNOWN),
    (told(ResponseCode="1"), Outcome.UNKNOWN),
    (Answer(200, b"<html>sorry</html>"), Outcome.UNKNOWN),
    (Answer(200, b""), Outcome.UNKNOWN),
    (Answer(500, b"<soapenv:Envelope/>"), Outcome.UNKNOWN),
    (Answer(503, b"{}"), Outcome.UNKNOWN),
    (Answer(504, b""), Outcome.UNKNOWN),
    (Answer(408, b""), Outcome.UNKNOWN),
    (Answer(302, b""), Outcome.REJECTED),
    (Answer(403, b"<html>forbidden</html>"), Outcome.REJECTED),
    (Answer(429, b""), Outcome.REJECTED),
    (CUT, Outcome.UNKNOWN),
    (told(400, errorCode="400.002.02", errorMessage="Bad Request"), Outcome.REJECTED),
    (told(400, ErrorCode="400.002.02", ErrorMessage="Bad Request"), Outcome.REJECTED),
    (told(400, errorCode="400.999.99", errorMessage="new"), Outcome.REJECTED),
    (told(500, errorCode="500.999.99", errorMessage="new"), Outcome.UNKNOWN),
    (told(200, errorCode="500.999.99", errorMessage="new"), Outcome.UNKNOWN),
    (told(500, errorCode="500.001.1001", errorMessage="[STK - ]Wrong credentials"), "R"),
    (told(500, errorCode="500.001.1001", errorMessage="Merchant does not exist"), "R"),
    (told(500, errorCode="500.001.1001", errorMessage="something else"), Outcome.UNKNOWN),
    (told(500, errorCode="500.002.1001", errorMessage="System internal error."), Outcome.UNKNOWN),
    (told(500, errorCode="500.003.02", errorMessage="Spike Arrest Violation"), "R"),
    (told(500, errorCode="500.003.02", errorMessage="System is busy"), Outcome.UNKNOWN),
    (told(500, errorCode="500.003.03", errorMessage="Quota Violation"), "R"),
]


class TestOutcomes:
    @pytest.mark.parametrize(("answer", "outcome"), ANSWERS)
    def test_what_moves_money_is_rejected_only_when_that_is_certain(
        self, gateway: Gateway, answer: Answer, outcome: Any
    ) -> None:
        expected = Outcome.REJECTED if outcome == "R" else outcome
        for call in (push, pay_out):
            gateway.will(answer)
            assert call().outcome is expected
        assert len(gateway.calls) == 2, "nothing is tried again"

    def test_a_line_in_use_rejects_a_prompt_and_says_nothing_sure_of_a_payout(
        self, gateway: Gateway
    ) -> None:
        busy = told(500, errorCode="500.001.1001", errorMessage="Unable to lock subscriber, a tra")
        for call, outcome in ((push, Outcome.REJECTED), (pay_out, Outcome.UNKNOWN)):
            gateway.will(busy)
            assert call().outcome is outcome

    @pytest.mark.parametrize("answer", [answer for answer, _ in ANSWERS])
    def test_a_question_that_gets_no_answer_says_nothing_of_the_money(
        self, gateway: Gateway, answer: Answer
    ) -> None:
        gateway.will(answer)
        status = client.push_status(checkout_request_id="ws_CO_1")
        assert (status.outcome, status.meaning.is_definite) == (Outcome.PENDING, False)

    def test_nobody_there_is_a_rejection(self, gateway: Gateway, settings: Settings) -> None:
        push()
        settings.MPESA_BASE_URL = "http://127.0.0.1:9"
        pushed = push()
        assert (pushed.outcome, pushed.code) == (Outcome.REJECTED, "no_token")


class TestToken:
    def test_one_serves_all_calls_of_all_threads(self, gateway: Gateway) -> None:
        at_once(lambda: push().outcome, times=24)
        assert len(gateway.token_calls) == 1
        assert {call.headers["Authorization"] for call in gateway.calls} == {"Bearer token-1"}

    def test_it_is_asked_for_with_our_key_and_secret(self, gateway: Gateway) -> None:
        push()
        (request,) = gateway.token_calls
        assert request.path.endswith("?grant_type=client_credentials")
        scheme, _, pair = request.headers["Authorization"].partition(" ")
        assert (scheme, base64.b64decode(pair).decode()) == ("Basic", f"{KEY}:{SECRET}")

    @pytest.mark.parametrize("expires_in", ["3599", 3599, 3599.0, None, "soon"])
    def test_its_life_may_be_told_in_any_way(self, gateway: Gateway, expires_in: Any) -> None:
        gateway.will_give(told(access_token="a", expires_in=expires_in))
        push()
        push()
        assert len(gateway.token_calls) == 1

    def test_it_is_renewed_a_minute_before_its_end(self, gateway: Gateway) -> None:
        push()
        with time_machine.travel(datetime.now(tz=UTC) + timedelta(seconds=3560)):
            push()
        assert len(gateway.token_calls) == 2

    def test_a_call_refused_for_its_token_goes_once_more(self, gateway: Gateway) -> None:
        gateway.will(REFUSED)
        assert push().outcome is Outcome.ACCEPTED
        assert [call.headers["Authorization"] for call in gateway.calls] == [
            "Bearer token-1",
            "Bearer token-2",
        ]

    def test_a_call_refused_again_is_given_up(self, gateway: Gateway) -> None:
        gateway.will(REFUSED, REFUSED)
        assert push().outcome is Outcome.REJECTED
        assert len(gateway.calls) == 2

    def test_many_who_are_refused_at_once_ask_for_one_new_token(self, gateway: Gateway) -> None:
        push()
        good = "Bearer token-2"

        def by_token(request: Request) -> Answer:
            is_good = request.headers["Authorization"] == good
            return told(ResponseCode="0") if is_good else REFUSED

        gateway.will(*[by_token] * 40)
        assert at_once(lambda: push().outcome, times=16) == [Outcome.ACCEPTED] * 16
        assert len(gateway.token_calls) == 2

    @pytest.mark.parametrize(
        ("answer", "others"),
        [
            (told(400, errorCode="400.008.01", errorMessage="Invalid Authentication"), Others.STOP),
            (Answer(500, b"<html/>"), Others.GO_ON),
            (Answer(200, b"<html/>"), Others.GO_ON),
            (CUT, Others.GO_ON),
        ],
    )
    def test_without_a_token_nothing_is_sent_and_that_is_certain(
        self, gateway: Gateway, answer: Answer, others: Others
    ) -> None:
        gateway.will_give(answer)
        pushed = push()
        assert (pushed.outcome, pushed.meaning.others) == (Outcome.REJECTED, others)
        assert gateway.calls == []

    def test_without_redis_each_process_has_its_own(
        self, gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("payments.mpesa.access.get_redis_connection", _redis_away)
        push()
        gateway.will(REFUSED)
        assert push().outcome is Outcome.ACCEPTED
        assert len(gateway.token_calls) == 2

    def test_whoever_waits_for_a_token_gets_the_one_that_comes(self, gateway: Gateway) -> None:
        arrived, release = threading.Event(), threading.Event()

        def slow(_: Request) -> Answer:
            arrived.set()
            release.wait(10)
            return told(access_token="slow", expires_in="3599")

        gateway.will_give(slow)
        first = threading.Thread(target=push)
        first.start()
        assert arrived.wait(10)
        second = threading.Thread(target=push)
        second.start()
        time.sleep(0.2)
        assert gateway.calls == []
        release.set()
        first.join(10)
        second.join(10)
        assert [call.headers["Authorization"] for call in gateway.calls] == ["Bearer slow"] * 2


def _redis_away(_: str) -> Any:
    import redis

    return redis.Redis(port=9, socket_connect_timeout=0.2)


class TestSecrets:
    def test_neither_secret_nor_token_is_in_a_log_or_in_redis(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        gateway.will_give(told(access_token="canary-token", expires_in="3599"))
        gateway.will(told(ResponseCode="0"), Answer(500, b"<html/>"))
        pushed, paid = push(), pay_out()
        kept = cache.client.get_client().scan_iter("*mpesa:token*")
        values = [cache.client.get_client().get(key) or b"" for key in kept]
        everything = caplog.text + repr(pushed) + repr(paid) + repr(values)
        credential = gateway.calls[1].body["SecurityCredential"]
        for secret in (KEY, SECRET, PASSKEY, PASSWORD, "canary-token", credential):
            assert secret not in everything
        assert values
