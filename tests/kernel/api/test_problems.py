"""Whatever goes wrong under /api/ is answered as problem details, in the caller's language."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from nannychain.alerts.models import Alert
from nannychain.api import errors, problems
from nannychain.language import speaking
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

MEMBERS = {"content_type": "application/json"}


def signed_in(**member: Any) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {MemberFactory(**member).worker_id}"}


def post(
    body: Any, *, client: Client | None = None, path: str = "/api/payments", **headers: Any
) -> Any:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    sent = {"HTTP_IDEMPOTENCY_KEY": "k-1", "content_type": "application/json", **headers}
    return (client or Client(raise_request_exception=False)).post(path, text, **sent)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.content)
    assert document["status"] == status
    assert document["code"] == code
    assert document["type"].endswith(f"/docs/errors#{code}")
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["X-Request-ID"]
    return document


class TestAProblem:
    def test_names_each_field_that_is_wrong(self) -> None:
        answer = post({"amount_cents": 0, "phone": "12"}, **signed_in())
        document = assert_problem(answer, 400, "api.invalid_input")
        assert {(e["field"], e["code"]) for e in document["errors"]} == {
            ("amount_cents", "min_value"),
            ("phone", "phone.invalid"),
        }

    def test_says_what_the_error_itself_knows(self) -> None:
        document = assert_problem(
            post({"amount_cents": 1, "note": "broke"}, **signed_in()), 409, "sample.broke"
        )
        assert document["left_cents"] == 5

    @pytest.mark.parametrize(
        ("note", "status"), [("missing", 404), ("forbidden", 403), ("away", 503)]
    )
    def test_has_the_status_of_its_kind(self, note: str, status: int) -> None:
        answer = post({"amount_cents": 1, "note": note}, **signed_in())
        assert answer.status_code == status
        assert ("Retry-After" in answer.headers) == (status == 503)

    def test_of_ours_tells_nothing_of_the_cause(self, caplog: Any) -> None:
        answer = post({"amount_cents": 1, "note": "bug"}, **signed_in())
        assert_problem(answer, 500, "api.broken")
        assert b"Zero" not in answer.content
        assert "api.broken" in caplog.text

    def test_says_when_to_come_back(self) -> None:
        answer = post({"amount_cents": 1, "note": "often"}, **signed_in())
        document = assert_problem(answer, 429, "limits.too_often")
        assert answer.headers["Retry-After"] == "7"
        assert document["retry_after_seconds"] == 7

    def test_comes_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: Any, **__: Any) -> None:
            raise OperationalError

        headers = signed_in()
        monkeypatch.setattr("tests.kernel.api.sample_endpoints.alerts.raise_alert", away)
        answer = post({"amount_cents": 1}, **headers)
        assert_problem(answer, 503, "api.unavailable")


class TestARequestThatCanNotBeRead:
    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "",
            "NaN",
            "[" * 5000,
            '{"amount_cents": NaN}',
            b"\xff\xfe",
            '{"a": ' + "9" * 5000 + "}",
        ],
    )
    def test_is_malformed(self, body: str | bytes) -> None:
        if body == "":
            answer = post(body, **signed_in())
            assert_problem(answer, 400, "api.invalid_input")  # no body at all is an empty one
        else:
            assert_problem(post(body, **signed_in()), 400, "api.malformed")

    @pytest.mark.parametrize("body", [[], [1], "text", 1, None, True])
    def test_is_refused_when_it_is_no_object(self, body: Any) -> None:
        assert_problem(post(json.dumps(body), **signed_in()), 400, "api.invalid_input")

    @pytest.mark.parametrize("note", ["\x00", "\ud800", 5, True, ["x"], {"x": 1}])
    def test_is_refused_when_a_text_is_none(self, note: Any) -> None:
        answer = post({"amount_cents": 1, "note": note}, **signed_in())
        assert_problem(answer, 400, "api.invalid_input")

    @pytest.mark.parametrize("cents", ["1", 1.0, 1.5, True, -1, 0, 2**53, None, 10**30])
    def test_is_refused_when_cents_are_no_whole_number(self, cents: Any) -> None:
        assert_problem(post({"amount_cents": cents}, **signed_in()), 400, "api.invalid_input")

    def test_is_too_large_beyond_the_limit(self) -> None:
        answer = post({"note": "x" * 70_000}, **signed_in())
        assert_problem(answer, 413, "api.too_large")

    def test_is_refused_in_another_format(self) -> None:
        answer = post("a=1", content_type="application/x-www-form-urlencoded", **signed_in())
        assert_problem(answer, 415, "api.not_json")

    def test_is_refused_when_it_wants_no_json(self) -> None:
        answer = Client().get("/api/payments", HTTP_ACCEPT="text/html")
        assert_problem(answer, 406, "api.not_offered")


class TestAnAddress:
    def test_that_is_unknown_answers_as_the_others_do(self) -> None:
        client = Client(raise_request_exception=False)
        assert_problem(client.get("/api/nothing"), 404, "api.not_found")
        assert_problem(client.get("/api/payments/"), 404, "api.not_found")

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
    def test_refuses_methods_that_it_has_not(self, method: str) -> None:
        answer = getattr(Client(), method)("/api/payments")
        assert_problem(answer, 405, "api.wrong_method")
        assert answer.headers["Allow"] == "GET, HEAD, POST"

    def test_that_breaks_before_its_endpoint_answers_as_the_others_do(self) -> None:
        answer = Client(raise_request_exception=False).get("/api/crash")
        assert_problem(answer, 500, "api.broken")
        assert b"Zero" not in answer.content

    def test_that_is_read_can_be_asked_for_its_head(self) -> None:
        answer = Client().head("/api/payments")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_outside_the_api_answers_in_plain_text(self) -> None:
        answer = Client().get("/nothing")
        assert answer.headers["Content-Type"].startswith("text/plain")


class TestWhoMay:
    def test_nobody_may_what_nobody_said(self) -> None:
        headers = {"HTTP_AUTHORIZATION": f"Bearer {MemberFactory().worker_id}"}
        assert_problem(Client().get("/api/forgotten", **headers), 403, "api.not_allowed")
        assert_problem(Client().get("/api/forgotten"), 403, "api.not_allowed")

    def test_a_stranger_is_asked_to_sign_in(self) -> None:
        answer = post({"amount_cents": 1})
        assert_problem(answer, 401, "api.sign_in_needed")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_a_wrong_token_is_told_so(self) -> None:
        answer = post({"amount_cents": 1}, HTTP_AUTHORIZATION="Bearer nonsense")
        assert_problem(answer, 401, "api.token_refused")

    def test_a_member_is_no_staff_and_no_key(self) -> None:
        headers = signed_in()
        assert_problem(Client().get("/api/staff", **headers), 403, "api.not_allowed")
        answer = Client().post("/api/staff", "{}", content_type="application/json", **headers)
        assert_problem(answer, 403, "api.not_allowed")

    def test_a_key_needs_the_scope_and_is_no_member(self) -> None:
        for scope, status in (("sample:post", 400), ("other", 403)):
            answer = Client().post(
                "/api/staff",
                "{}",
                content_type="application/json",
                HTTP_AUTHORIZATION=f"Bearer key:{scope}",
            )
            assert answer.status_code == status
        answer = post({"amount_cents": 1}, HTTP_AUTHORIZATION="Bearer key:sample:post")
        assert_problem(answer, 403, "api.not_allowed")
        assert Alert.objects.count() == 0


class TestTheLanguage:
    def test_is_that_which_the_request_names(self) -> None:
        answer = Client().get("/api/nothing", HTTP_ACCEPT_LANGUAGE="sw-KE")
        with speaking("sw"):
            assert json.loads(answer.content)["detail"] == str(errors.NoSuchThing.message)
        with speaking("en"):
            assert json.loads(answer.content)["detail"] != str(errors.NoSuchThing.message)

    def test_is_the_members_where_the_request_names_none(self) -> None:
        headers = signed_in(language="sw")
        swahili = json.loads(post({"amount_cents": 0}, **headers).content)["detail"]
        english = json.loads(
            post({"amount_cents": 0}, HTTP_ACCEPT_LANGUAGE="en", **headers).content
        )["detail"]
        with speaking("en"):
            assert english == str(errors.InvalidInput.message)
        assert swahili != english
        french = post({"amount_cents": 0}, HTTP_ACCEPT_LANGUAGE="fr, *;q=0.1", **headers)
        assert json.loads(french.content)["detail"] == swahili


def test_every_error_of_the_request_itself_has_a_status() -> None:
    found = [error for error in vars(errors).values() if isinstance(error, type)]
    own = [error for error in found if error.__module__ == errors.__name__]
    assert len(own) > 10
    assert all(400 <= problems.status_of(error) <= 503 for error in own)
    assert len({error.code for error in own}) == len(own)
