"""The request id goes through everything that a request causes."""

import pytest
from celery import shared_task
from django.conf import settings as django_settings
from django.test import Client, RequestFactory

from config.celery import app
from nannychain.logs import celery, context
from nannychain.logs.middleware import client_address


class TestRequestId:
    def test_a_given_id_is_kept_and_echoed(self) -> None:
        response = Client().get("/health", headers={"X-Request-ID": "abc-12345"})
        assert response.headers["X-Request-ID"] == "abc-12345"

    @pytest.mark.parametrize("given", ["", "short", "x" * 41, "a b c d e f g", "<script>alert"])
    def test_a_doubtful_id_is_replaced(self, given: str) -> None:
        response = Client().get("/health", headers={"X-Request-ID": given})
        assert response.headers["X-Request-ID"] != given
        assert len(response.headers["X-Request-ID"]) == 32

    def test_it_is_forgotten_after_the_request(self) -> None:
        Client().get("/health")
        assert context.request_id() == ""

    def test_it_travels_with_a_task(self) -> None:
        seen: list[str] = []

        @shared_task(name="tests.see_request_id")
        def see() -> None:
            seen.append(context.request_id())

        headers: dict[str, object] = {}
        context.begin(request_id="abc-12345")
        celery._send_request_id(headers=headers)
        context.end()
        task = app.tasks["tests.see_request_id"]
        task.apply(headers=headers)
        assert seen == ["abc-12345"]
        assert context.request_id() == ""


class TestClientAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "expected"),
        [
            (0, "1.1.1.1", "9.9.9.9"),
            (1, "1.1.1.1", "1.1.1.1"),
            (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
            (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
            (1, "", "9.9.9.9"),
            (5, "1.1.1.1", "1.1.1.1"),
            (1, "1.2.3.4:5678", "1.2.3.4"),
            (1, "[2001:db8::1]:5678", "2001:db8::1"),
            (1, "2001:db8::1", "2001:db8::1"),
            (1, "unknown", None),
            (1, "1.2.3.4.5:6", None),
        ],
    )
    def test_only_what_our_proxies_wrote_counts(
        self, settings: object, proxies: int, forwarded: str, expected: str | None
    ) -> None:
        settings.TRUSTED_PROXIES = proxies  # type: ignore[attr-defined]
        assert proxies == django_settings.TRUSTED_PROXIES
        request = RequestFactory().get(
            "/", REMOTE_ADDR="9.9.9.9", headers={"X-Forwarded-For": forwarded}
        )
        assert client_address(request) == expected
