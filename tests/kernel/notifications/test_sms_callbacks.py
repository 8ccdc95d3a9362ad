"""The doors for reports and opt-outs: the provider's true posts, and whatever else comes along."""

from typing import Any

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from nannychain import inbox
from nannychain.inbox import services as inbox_services
from nannychain.inbox.models import InboxMessage
from nannychain.notifications.models import OptOut
from nannychain.outbox.models import OutboxEvent
from tests.kernel.notifications.provider import fixture

pytestmark = pytest.mark.django_db
KEY = "callback-key-of-the-tests"
FORM = "application/x-www-form-urlencoded"
REPORTS, OPTOUT = "/sms/reports/", "/sms/optout/"
BOTH = pytest.mark.parametrize("path", [REPORTS, OPTOUT])


def post(
    body: str | bytes, *, path: str = REPORTS, key: str = KEY, content_type: str = FORM, **more: Any
) -> Any:
    content = body.encode() if isinstance(body, str) else body
    response = Client(raise_request_exception=False, enforce_csrf_checks=True).generic(
        "POST", path + key, content, content_type=content_type, **more
    )
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"<" not in response.content
    return response


class TestRecordedPosts:
    @pytest.mark.parametrize(
        "name", ["dlr_01_failed", "dlr_02_success_min", "dlr_04_unknown_status"]
    )
    def test_a_report_is_kept_as_it_came_and_answered_at_once(self, name: str) -> None:
        recorded = fixture(name)
        assert post(recorded["body_raw"]).status_code == 200
        message = InboxMessage.objects.get()
        assert message.source == "africastalking.report"
        assert message.body == recorded["decoded"]
        assert (message.trusted, message.handled_at) == (True, None)

    @pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=UTF-8"])
    def test_it_costs_one_query(
        self, content_type: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            post(fixture("dlr_01_failed")["body_raw"], content_type=content_type)

    def test_an_exact_double_is_counted(self) -> None:
        for _ in range(3):
            assert post(fixture("dlr_01_failed")["body_raw"]).status_code == 200
        assert InboxMessage.objects.get().copies == 3

    def test_an_opt_out_becomes_a_row_and_an_event(self) -> None:
        assert post(fixture("optout_01")["body_raw"], path=OPTOUT).status_code == 200
        inbox_services.sweep()
        opt_out = OptOut.objects.get()
        assert (opt_out.sender_id, opt_out.phone) == ("COMPANY", "+254711000111")
        event = OutboxEvent.objects.get()
        assert event.name == "sms.opted_out"
        assert event.payload == {"sender_id": "COMPANY", "phone": "+254711000111"}

    def test_the_same_opt_out_counts_once_a_day_and_again_next_month(self) -> None:
        for day, copies in (("2026-11-20 12:00Z", 3), ("2026-12-20 12:00Z", 1)):
            with time_machine.travel(day, tick=False):
                for _ in range(copies):
                    post(fixture("optout_01")["body_raw"], path=OPTOUT)
                inbox_services.sweep()
        assert OptOut.objects.count() == OutboxEvent.objects.count() == 2
        days = InboxMessage.objects.order_by("id").values_list("body__receivedOn", flat=True)
        assert list(days) == ["2026-11-20", "2026-12-20"]

    def test_the_day_of_an_opt_out_is_that_of_nairobi(self) -> None:
        with time_machine.travel("2026-11-20 21:30Z", tick=False):
            post(fixture("optout_01")["body_raw"], path=OPTOUT)
        assert InboxMessage.objects.get().body["receivedOn"] == "2026-11-21"

    @pytest.mark.parametrize("number", ["", "nobody", "+1 202 555 0100"])
    def test_an_opt_out_of_no_kenyan_number_changes_nothing(self, number: str) -> None:
        post(f"senderId=COMPANY&phoneNumber={number}", path=OPTOUT)
        inbox_services.sweep()
        assert InboxMessage.objects.get().outcome == "no Kenyan mobile number"
        assert not OptOut.objects.exists()
        assert not OutboxEvent.objects.exists()


class TestWhoMayPost:
    @BOTH
    @pytest.mark.parametrize("key", ["wrong", KEY + "x", KEY[:-1], KEY.upper(), "%00", "\u00e9"])
    def test_a_wrong_key_is_refused_and_nothing_is_kept(self, path: str, key: str) -> None:
        response = post(fixture("dlr_01_failed")["body_raw"], path=path, key=key)
        assert (response.status_code, response.content) == (403, b"Forbidden")
        assert not InboxMessage.objects.exists()

    @BOTH
    @pytest.mark.parametrize("key", ["", "None", KEY])
    def test_without_a_setting_nobody_may(self, path: str, key: str, settings: Settings) -> None:
        settings.SMS_CALLBACK_KEY = ""
        response = Client().post(path + key, {"id": "x", "status": "Success"})
        assert response.status_code == (403 if key else 404)
        assert not InboxMessage.objects.exists()

    @BOTH
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_only_a_post_is_taken(self, path: str, method: str) -> None:
        response = Client().generic(method, path + KEY, b"id=x&status=Success", content_type=FORM)
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
        assert Client().generic(method, path + "wrong").status_code == 403
        assert not InboxMessage.objects.exists()

    def test_the_key_is_not_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        post(fixture("dlr_01_failed")["body_raw"])
        assert "/sms/reports/***" in caplog.text
        assert KEY not in caplog.text


class TestGarbage:
    @BOTH
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"", FORM),
            (b"&&&", FORM),
            (b'{"id":"x","status":"Success"}', "application/json"),
            (b"id=x", "text/plain"),
            (b"id=x", ""),
            (b"x", "multipart/form-data"),
            (b"x", "multipart/form-data; boundary=\xff".encode("latin-1").decode("latin-1")),
            (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
            (b"a=1&" * 300, FORM),
            (b"id=" + b"x" * 70_000, FORM),
        ],
    )
    def test_what_is_no_form_is_refused_in_plain_words(
        self, path: str, body: bytes, content_type: str
    ) -> None:
        response = post(body, path=path, content_type=content_type)
        assert (response.status_code, response.content) == (400, b"Bad request")
        assert not InboxMessage.objects.exists()

    def test_a_big_file_is_not_even_read(self) -> None:
        part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        body = part + b"x" * 200_000 + b"\r\n--b--\r\n"
        response = post(body, content_type="multipart/form-data; boundary=b")
        assert response.status_code == 400

    @BOTH
    @pytest.mark.parametrize(
        "body",
        [
            b"id=a%00b&status=Success",
            b"id=%ff%fe&status=%c3%28",
            b"id=a&id=b&status=Success&status=Failed",
            b"id=a&status=" + b"S" * 5000,
            b"id=%F0%9F%98%80&status=%ED%A0%80",
            b"__proto__=1&id[]=1&status[$ne]=x",
            b"=&=&id",
            b"id=a&status=Success&retryCount=99999999999999999999&networkCode=" + b"9" * 500,
            b"senderId=%00&phoneNumber=%2B254711000111",
            b"senderId=" + b"S" * 900 + b"&phoneNumber=%2B254711000111",
        ],
        ids=repr,
    )
    def test_a_hostile_form_is_kept_and_worked_out_without_an_error(
        self, path: str, body: bytes
    ) -> None:
        assert post(body, path=path).status_code == 200
        inbox_services.sweep()
        message = InboxMessage.objects.get()
        assert message.handled_at is not None
        assert message.attempts == 0

    @BOTH
    @given(body=st.binary(max_size=200))
    @hypothesis_settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_any_bytes_get_a_short_answer(self, path: str, body: bytes) -> None:
        assert post(body, path=path).status_code in (200, 400)
        inbox_services.sweep()
        assert not InboxMessage.objects.filter(handled_at=None).exists()


def test_with_the_database_away_the_provider_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object, **__: object) -> int:
        raise DatabaseError("away")

    monkeypatch.setattr(inbox, "receive", away)
    response = post(fixture("dlr_01_failed")["body_raw"])
    assert (response.status_code, response.content) == (503, b"Try again later")
