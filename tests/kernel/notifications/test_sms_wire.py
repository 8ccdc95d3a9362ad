"""Africa's Talking's wire: recorded answers, every code, and whatever else a server may say."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain.notifications.africastalking import client as wire
from nannychain.notifications.africastalking import reports
from nannychain.notifications.africastalking.client import Answer, Client, Cost, parse_cost, read
from nannychain.notifications.africastalking.codes import RULES, Alert, Outcome, Where, rule_for
from nannychain.notifications.africastalking.reports import Meaning
from tests.kernel.notifications.provider import (
    CUT,
    Provider,
    accepted,
    fixture,
    recipient,
    recipients,
    recorded,
    serve,
)
from tests.kernel.notifications.provider import Answer as Planned

PHONE = "+254712345678"


def client(url: str) -> Client:
    return Client(username="nanny", api_key="secret-key", sender_id="NANNY", base_url=url)


@pytest.fixture
def at() -> Any:
    with serve() as running:
        yield running


def send(at: Provider, *, text: str = "Hello", phone: str = PHONE) -> Answer:
    return client(at.url).send(phone=phone, text=text)


class TestRequest:
    def test_it_is_the_form_that_the_provider_documents(self, at: Provider) -> None:
        send(at, text="Hello & good day + \u20ac")
        (request,) = at.requests
        assert request.path == "/version1/messaging"
        assert request.form == {
            "username": "nanny",
            "to": PHONE,
            "message": "Hello & good day + \u20ac",
            "bulkSMSMode": "1",
            "from": "NANNY",
        }
        assert request.headers["apiKey"] == "secret-key"
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"

    def test_without_a_sender_id_the_account_decides(self, at: Provider) -> None:
        Client(username="nanny", api_key="k", sender_id="", base_url=at.url).send(
            phone=PHONE, text="x"
        )
        assert "from" not in at.requests[0].form

    def test_the_sandbox_user_goes_where_the_setting_says(self, at: Provider) -> None:
        Client(username="sandbox", api_key="k", sender_id="", base_url=at.url).send(
            phone=PHONE, text="x"
        )
        assert len(at.requests) == 1

    def test_a_redirect_is_not_followed_and_the_key_goes_nowhere(self, at: Provider) -> None:
        with serve() as elsewhere:
            at.will(Planned(302, b"", {"Location": f"{elsewhere.url}/version1/messaging"}))
            answer = send(at)
            assert answer.outcome is Outcome.NOT_DONE
            assert elsewhere.requests == []

    def test_one_connection_serves_many_messages(self, at: Provider) -> None:
        sender = client(at.url)
        for _ in range(3):
            assert sender.send(phone=PHONE, text="x").outcome is Outcome.ACCEPTED
        assert (len(at.requests), at.connections) == (3, 1)

    def test_an_error_tells_neither_key_nor_text(self, at: Provider) -> None:
        assert "secret" not in repr(vars(client(at.url)))


class TestRecordedAnswers:
    @pytest.mark.parametrize(
        ("name", "code", "message_id"),
        [
            ("sms_send_without_enqueue", "101", "ATXid_09b5a410fd2f388a06f152f56ce95801"),
            ("sms_send_with_enqueue", "102", "ATXid_af55810d4d7c07ed9ad5f887096487ea"),
        ],
    )
    def test_an_acceptance(self, at: Provider, name: str, code: str, message_id: str) -> None:
        at.will(recorded(name))
        answer = send(at, phone="+254700000929")
        assert answer.outcome is Outcome.ACCEPTED
        assert answer.rule.code == code
        assert answer.message_id == message_id
        assert answer.cost == Cost("KES", 8_000)
        assert answer.status == f"{code} Success"

    def test_a_sender_id_that_is_not_known(self, at: Provider) -> None:
        at.will(recorded("sms_send_invalid_sender_id"))
        answer = send(at)
        assert (answer.outcome, answer.rule.where) == (Outcome.NOT_DONE, Where.MESSAGE)
        assert answer.status == "InvalidSenderId"

    def test_a_key_that_is_refused_in_plain_text(self, at: Provider) -> None:
        at.will(recorded("sms_send_invalid_key"))
        answer = send(at)
        assert (answer.outcome, answer.status) == (Outcome.NOT_DONE, "HTTP 401")

    def test_an_empty_account(self, at: Provider) -> None:
        at.will(recorded("sms_send_balance_405"))
        answer = send(at)
        assert (answer.outcome, answer.message_id) == (Outcome.NOT_DONE, None)
        assert answer.status == "405 InsufficientBalance"

    @pytest.mark.parametrize(
        ("phone", "outcome"),
        [("+254711000111", Outcome.ACCEPTED), ("+254711", Outcome.REJECTED)],
    )
    def test_of_two_recipients_ours_counts(self, phone: str, outcome: Outcome) -> None:
        body = fixture("sms_send_partial")["body_raw"].encode()
        assert read(201, body, phone=phone).outcome is outcome

    def test_recipients_that_are_not_ours_settle_nothing(self) -> None:
        body = fixture("sms_send_partial")["body_raw"].encode()
        assert read(201, body, phone=PHONE).outcome is Outcome.UNKNOWN


# Written out a second time, so that a slip in the table shows.
EXPECTED = {
    ("transport", "not_sent"): "NOT_DONE",
    ("transport", "answer_lost"): "UNKNOWN",
    ("HTTP", "3xx"): "NOT_DONE",
    ("HTTP", "4xx"): "NOT_DONE",
    ("HTTP", "401"): "NOT_DONE",
    ("HTTP", "403"): "NOT_DONE",
    ("HTTP", "408"): "NOT_DONE",
    ("HTTP", "409"): "REJECTED",
    ("HTTP", "429"): "NOT_DONE",
    ("HTTP", "5xx"): "NOT_DONE",
    ("HTTP", "504"): "UNKNOWN",
    ("message", "InvalidSenderId"): "NOT_DONE",
    ("recipient", "100"): "ACCEPTED",
    ("recipient", "101"): "ACCEPTED",
    ("recipient", "102"): "ACCEPTED",
    ("recipient", "401"): "UNKNOWN",
    ("recipient", "402"): "NOT_DONE",
    ("recipient", "403"): "REJECTED",
    ("recipient", "404"): "REJECTED",
    ("recipient", "405"): "NOT_DONE",
    ("recipient", "406"): "REJECTED",
    ("recipient", "407"): "NOT_DONE",
    ("recipient", "409"): "REJECTED",
    ("recipient", "500"): "NOT_DONE",
    ("recipient", "501"): "NOT_DONE",
    ("recipient", "502"): "NOT_DONE",
}


class TestCodes:
    def test_the_table_holds_every_code_once(self) -> None:
        assert {(str(r.where), r.code): str(r.outcome) for r in RULES} == EXPECTED
        assert len(RULES) == len(EXPECTED)

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.where}-{rule.code}")
    def test_every_code_comes_out_of_the_wire_as_its_line(self, at: Provider, rule: Any) -> None:
        url = at.url
        if rule.where is Where.HTTP:
            status = {"3xx": 301, "4xx": 418, "5xx": 503}.get(rule.code) or int(rule.code)
            at.will(Planned(status, b"<html>trouble</html>", {"Content-Type": "text/html"}))
        elif rule.where is Where.MESSAGE:
            at.will(
                Planned(
                    201,
                    json.dumps(
                        {"SMSMessageData": {"Message": rule.code, "Recipients": []}}
                    ).encode(),
                )
            )
        elif rule.where is Where.RECIPIENT:
            at.will(recipients(recipient(PHONE, int(rule.code))))
        elif rule.code == "answer_lost":
            at.will(CUT)
        else:
            with socket.create_server(("127.0.0.1", 0)) as free:
                url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert client(url).send(phone=PHONE, text="x").rule == rule

    def test_what_waits_for_a_person_tells_one(self) -> None:
        mute = {r.code for r in RULES if r.pause_seconds and r.alert is not Alert.AT_ONCE}
        assert mute == set()
        assert {r.code for r in RULES if r.outcome is Outcome.UNKNOWN} == {
            r.code for r in RULES if r.outcome is Outcome.UNKNOWN and r.alert is Alert.AT_ONCE
        }

    @pytest.mark.parametrize("code", ["", "103", "999", "abc", "-1"])
    def test_an_unknown_code_may_have_been_sent_and_alerts(self, code: str) -> None:
        rule = rule_for(Where.RECIPIENT, code)
        assert (rule.outcome, rule.alert) == (Outcome.UNKNOWN, Alert.AT_ONCE)

    def test_a_refusal_by_http_status_with_a_recipient_is_read_by_the_recipient(self) -> None:
        body = recipients(recipient(PHONE, 409), status=409).body
        assert read(409, body, phone=PHONE).outcome is Outcome.REJECTED

    def test_a_success_in_an_error_page_is_not_sent_twice(self) -> None:
        body = accepted(PHONE, message_id="ATXid_x").body
        assert read(500, body, phone=PHONE).outcome is Outcome.ACCEPTED


class TestOddAnswers:
    @pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=utf-8", ""])
    def test_json_is_read_whatever_it_is_called(self, at: Provider, content_type: str) -> None:
        at.will(Planned(200, accepted(PHONE).body, {"Content-Type": content_type}))
        assert send(at).outcome is Outcome.ACCEPTED

    @pytest.mark.parametrize("code", [101, "101", " 101 "])
    def test_a_code_may_be_a_number_or_a_text(self, code: object) -> None:
        body = recipients(recipient(PHONE, code, messageId="ATXid_1")).body
        assert read(201, body, phone=PHONE).outcome is Outcome.ACCEPTED

    @pytest.mark.parametrize("message_id", ["None", "", None, [], "null"])
    def test_no_id_is_no_id(self, message_id: object) -> None:
        body = recipients(recipient(PHONE, 101, messageId=message_id)).body
        assert read(201, body, phone=PHONE).message_id is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"OK",
            b"null",
            b"[]",
            b"{}",
            b'"SMSMessageData"',
            b'{"SMSMessageData":null}',
            b'{"SMSMessageData":{"Recipients":null}}',
            b'{"SMSMessageData":{"Recipients":{"0":1}}}',
            b'{"SMSMessageData":{"Recipients":[1,2]}}',
            b'{"SMSMessageData":{"Message":"Thank you","Recipients":[]}}',
            b'{"SMSMessageData":{"Message":1e400,"Recipients":[{"statusCode":1e9999999999}]}}',
            b"[" * 200_000,
            b"\xff\xfe\x00",
        ],
        ids=repr,
    )
    def test_a_success_that_says_nothing_clear_may_have_been_sent(self, body: bytes) -> None:
        answer = read(201, body, phone=PHONE)
        assert (answer.outcome, answer.rule.alert) == (Outcome.UNKNOWN, Alert.AT_ONCE)

    def test_what_can_not_be_stored_is_made_storable(self) -> None:
        entry = recipient(PHONE, 101, messageId="a\x00b\ud800", status="\udfff")
        answer = read(
            201, json.dumps({"SMSMessageData": {"Recipients": [entry]}}).encode(), phone=PHONE
        )
        assert (answer.message_id, answer.status) == ("ab?", "101 ?")

    @given(st.binary(max_size=300), st.integers(100, 999))
    def test_any_bytes_are_read_without_an_error(self, body: bytes, status: int) -> None:
        assert read(status, body, phone=PHONE).outcome is not Outcome.ACCEPTED

    @given(
        st.dictionaries(
            st.sampled_from(["statusCode", "number", "messageId", "cost", "status"]),
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("101"),
        )
    )
    def test_any_recipient_is_read_within_the_row_s_limits(self, entry: dict[str, Any]) -> None:
        answer = read(201, recipients(entry).body, phone=PHONE)
        assert len(answer.status) <= 60
        assert answer.message_id is None or 0 < len(answer.message_id) <= 100
        assert "\x00" not in answer.status + (answer.message_id or "")


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("KES 0.8000", Cost("KES", 8_000)),
        ("USD 0.0079", Cost("USD", 79)),
        ("0", Cost("", 0)),
        ("KES 12", Cost("KES", 120_000)),
        ("KES 0.00001", None),  # finer than we keep
        ("KES", None),
        ("", None),
        ("None", None),
        ("KES -1", None),
        ("KES NaN", None),
        ("KES Infinity", None),
        ("KES 1E+999999999", None),
        ("SHILLING 1", None),
    ],
)
def test_a_cost_is_read_exactly_or_not_at_all(text: str, cost: Cost | None) -> None:
    assert parse_cost(text) == cost


class TestReports:
    def test_a_recorded_failure(self) -> None:
        report = reports.parse(fixture("dlr_01_failed")["decoded"])
        assert report.message_id == "ATXid_8c7541e938f63538f971f946dd25b54e"
        assert report.meaning is Meaning.FAILED
        assert report.phone == "+254706000147"
        assert (report.reason, report.retry_count) == ("DeliveryFailure", 0)
        assert report.network_code == "63902"

    def test_a_report_with_id_and_status_alone(self) -> None:
        report = reports.parse(fixture("dlr_02_success_min")["decoded"])
        assert (report.meaning, report.phone, report.retry_count) == (Meaning.DELIVERED, "", None)

    def test_an_unknown_status_means_nothing_and_is_kept(self) -> None:
        report = reports.parse(fixture("dlr_04_unknown_status")["decoded"])
        assert (report.meaning, report.status) == (None, "Borked")

    def test_every_status_of_the_provider_has_a_meaning(self) -> None:
        assert {status: str(meaning) for status, meaning in reports.STATUSES.items()} == {
            "Sent": "UNDER_WAY",
            "Submitted": "UNDER_WAY",
            "Buffered": "UNDER_WAY",
            "Success": "DELIVERED",
            "Rejected": "FAILED",
            "Failed": "FAILED",
            "AbsentSubscriber": "FAILED",
            "Expired": "FAILED",
        }

    @pytest.mark.parametrize("number", ["254706000147", " 254706000147", "+254706000147"])
    def test_a_number_is_understood_however_the_plus_arrives(self, number: str) -> None:
        assert reports.parse({"phoneNumber": number}).phone == "+254706000147"

    @pytest.mark.parametrize("retries", ["", "x", "-1", "1.5", "9" * 50, "\u0663"])
    def test_an_odd_count_of_retries_is_left_out(self, retries: str) -> None:
        count = reports.parse({"retryCount": retries}).retry_count
        assert count is None or count == 3

    def test_an_unknown_reason_is_shown_as_it_came(self) -> None:
        assert reports.in_words("NotNetworkSubcriber") == "the number is not on that network"
        assert reports.in_words("SomethingNew") == "SomethingNew"


def test_the_sdk_is_named_in_one_file_only() -> None:
    folder = Path(wire.__file__).parents[1]
    naming = {
        path.name
        for path in folder.rglob("*.py")
        if "from africastalking" in path.read_text()
        or "import africastalking\n" in path.read_text()
    }
    assert naming == {"client.py"}
