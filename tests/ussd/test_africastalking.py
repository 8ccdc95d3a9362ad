"""Africa's Talking's dialect: its true form posts, and whatever else is thrown at the door."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client

from nannychain.inbox.models import InboxMessage
from tests.ussd.phone import new_session_id

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[1] / "contracts" / "fixtures" / "africastalking"
FORM = "application/x-www-form-urlencoded"
KEY = "a-gateway-key-of-32-characters-xx"


def fixture(name: str) -> dict[str, object]:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def post(body: object, *, path: str = "/ussd", content_type: str = FORM, **headers: str) -> str:
    # A session of its own for each post: fixtures all have the same.
    sent = str(body).replace("sessionId=ATUid_", f"sessionId={new_session_id()}")
    response = Client(raise_request_exception=False).generic(
        "POST", path, sent.encode(), content_type=content_type, headers=headers
    )
    assert response.status_code == 200
    text = response.content.decode()
    assert text.startswith(("CON ", "END "))
    assert "<" not in text
    return text


class TestRecordedPosts:
    @pytest.mark.parametrize(
        "name", ["ussd_01_begin", "ussd_02_continue", "ussd_03_nested_back0", "ussd_12_no_plus"]
    )
    def test_a_number_that_is_no_kenyan_mobile_is_told_so(self, name: str) -> None:
        assert "Kenyan" in post(fixture(name)["body_raw"])

    def test_an_empty_segment_is_an_empty_input_and_asks_again(self) -> None:
        # 1**2: the register screen, then nothing was typed, then the number 2
        assert post(fixture("ussd_11_empty_segment")["body_raw"]).startswith("CON That is not")

    def test_a_true_begin_from_a_kenyan_phone_shows_the_first_screen(self) -> None:
        body = str(fixture("ussd_01_begin")["body_raw"]).replace("254000000001", "254711000111")
        assert post(body) == (
            "CON Welcome to NannyChain\n1. Create account\n2. Sign in\n3. Exit\n4. Kiswahili"
        )

    @pytest.mark.parametrize("number", ["254711000111", " 254711000111", "%2B254711000111"])
    def test_the_number_is_understood_however_the_plus_arrives(self, number: str) -> None:
        body = f"phoneNumber={number}&serviceCode=%2A384%23&text=1&sessionId=ATUid_1"
        assert "1. Use 0711000111" in post(body)

    def test_the_sequence_of_a_retry_a_stale_and_foreign_posts(self) -> None:
        steps = fixture("ussd_17_duplicate_exact")["json"]
        answers = []
        begin = {
            "sessionId": new_session_id(),
            "phoneNumber": "+254700000001",
            "serviceCode": "*384*000#",
            "networkCode": "99999",
        }
        for step in ({"text": ""}, {"text": "1"}, *steps):  # type: ignore[misc]
            changes = {k: v for k, v in step.items() if k not in ("n", "expect")}
            answers.append(Client().post("/ussd", {**begin, **changes}).content.decode())
        first, again, stale, other_phone, other_code = answers[2:]
        assert first.startswith("END Account created")
        assert again == first
        assert stale == first
        assert other_phone == other_code
        assert other_phone.startswith("END This session belongs to another phone")


class TestAuthentication:
    BODY = "phoneNumber=%2B254711000111&serviceCode=%2A384%23&text=&sessionId=ATUid_k"

    @pytest.fixture(autouse=True)
    def _key(self, settings: object) -> None:
        settings.USSD_API_KEY = KEY  # type: ignore[attr-defined]

    def test_the_key_opens_as_bearer(self) -> None:
        assert post(self.BODY, Authorization=f"Bearer {KEY}").startswith("CON ")

    def test_the_key_opens_as_path(self) -> None:
        assert post(self.BODY, path=f"/ussd/k/{KEY}").startswith("CON ")

    @pytest.mark.parametrize(
        ("path", "header"),
        [
            ("/ussd", None),
            ("/ussd", "Bearer wrong"),
            ("/ussd", KEY),
            ("/ussd", f"Basic {KEY}"),
            ("/ussd/k/wrong", None),
            ("/ussd/k/wrong", f"Bearer {KEY}"),
            ("/ussd/events", None),
            ("/ussd/k/wrong/events", None),
            ("/ussd/test", None),
        ],
    )
    def test_anything_else_is_401_in_plain_text(self, path: str, header: str | None) -> None:
        headers = {"Authorization": header} if header else {}
        response = Client().post(path, self.BODY, content_type=FORM, headers=headers)
        assert response.status_code == 401
        assert response.headers["Content-Type"].startswith("text/plain")

    def test_without_a_key_configured_the_path_with_a_key_leads_nowhere(
        self, settings: object
    ) -> None:
        settings.USSD_API_KEY = ""  # type: ignore[attr-defined]
        response = Client().post("/ussd/k/", self.BODY, content_type=FORM)
        assert response.status_code in (401, 404)
        assert post(self.BODY).startswith("CON ")

    def test_the_key_in_the_path_is_masked_in_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        post(self.BODY, path=f"/ussd/k/{KEY}")
        requests = [r.msg for r in caplog.records if r.name == "nannychain.request"]
        assert requests
        assert KEY not in str(requests)


GOOD = "phoneNumber=%2B254711000111&serviceCode=%2A384%23&text={}&sessionId=ATUid_g"


class TestGarbage:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "text=",
            "sessionId=a&phoneNumber=%2B254711000111",
            "sessionId=&phoneNumber=%2B254711000111&text=",
            "sessionId=a b&phoneNumber=%2B254711000111&text=",
            "sessionId=" + "a" * 101 + "&phoneNumber=%2B254711000111&text=",
            "sessionId=a&phoneNumber=&text=",
            "sessionId=a&phoneNumber=%2B254711000111&serviceCode=%3Cscript%3E&text=",
            "sessionId=a&sessionId=b&phoneNumber=%2B254711000111&text=",
            "sessionId=a&phoneNumber=%2B254711000111&phoneNumber=%2B254722000111&text=",
            GOOD.format("1") + "&text=2",
            GOOD.format("1*" * 700),
            GOOD.format("1") + "&x=1" * 300,
            "%00%ff%fe=%80&" + GOOD.format(""),
            "\x00\x01\x02",
        ],
    )
    def test_it_gets_an_answer_and_changes_nothing(self, body: str) -> None:
        assert post(body).startswith(("END ", "CON "))

    @pytest.mark.parametrize(
        "typed", ["%00", "%ff%fe", "%F0%9F%98%80", "' OR 1=1--", "%3Cb%3E", "*" * 40]
    )
    def test_hostile_input_is_asked_again(self, typed: str) -> None:
        assert post(GOOD.format(f"9*{typed}")).startswith("CON ")

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("application/json", '{"text": ""}'),
            ("multipart/form-data", "no boundary"),
            ("multipart/form-data; boundary=x", "--x\r\nbroken"),
            ("application/x-www-form-urlencoded; charset=nonsense", GOOD.format("")),
            ("application/x-www-form-urlencoded; charset=utf-16", GOOD.format("")),
            ("", GOOD.format("")),
            ("text/html", "<html>"),
        ],
    )
    def test_any_content_type_gets_an_answer(self, content_type: str, body: str) -> None:
        post(body, content_type=content_type)

    def test_a_huge_body_gets_an_answer(self) -> None:
        assert post(GOOD.format("1" * 3_000_000)).startswith("END ")

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options", "head"])
    def test_any_other_verb_is_405_in_plain_text(self, method: str) -> None:
        response = getattr(Client(), method)("/ussd")
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"
        assert response.headers["Content-Type"].startswith("text/plain")

    def test_a_foreign_host_header_gets_no_html(self) -> None:
        response = Client().post("/ussd", {"text": ""}, headers={"Host": "evil.example"})
        assert response.status_code == 400
        assert response.content == b"Bad request"

    def test_an_unknown_path_gets_no_html(self) -> None:
        response = Client().post("/ussd/nowhere", {})
        assert response.status_code == 404
        assert response.content == b"Not found"


class TestEvents:
    @pytest.mark.parametrize("name", ["event_01_incomplete", "event_02_success"])
    def test_an_event_is_kept_once(self, name: str) -> None:
        for _ in range(2):
            response = Client().post("/ussd/events", fixture(name)["body_raw"], content_type=FORM)
            assert (response.status_code, response.content) == (200, b"")
        message = InboxMessage.objects.get()
        assert message.copies == 2

    def test_what_was_typed_and_shown_is_not_kept(self) -> None:
        Client().post(
            "/ussd/events", fixture("event_05_pin_in_input")["body_raw"], content_type=FORM
        )
        kept = str(InboxMessage.objects.get().body)
        for secret in ("1234", "0722000111", "JANE", "254711000111"):
            assert secret not in kept
        assert "41200" in kept

    def test_a_database_that_is_away_is_nobody_elses_trouble(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise OperationalError("gone")

        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "execute", broken)
            response = Client().post("/ussd/events", {"status": "Success"})
        assert response.status_code == 200

    @pytest.mark.parametrize("body", ["", "%00=%00", "a=" + "b" * 100_000, "&".join(["a=1"] * 500)])
    def test_garbage_is_answered_200(self, body: str) -> None:
        response = Client().post("/ussd/events", body, content_type=FORM)
        assert response.status_code == 200


def test_a_file_is_not_written_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was written")

    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", refuse)
    form = {"text": "", "file": SimpleUploadedFile("big", b"x" * 3_000_000)}
    response = Client(raise_request_exception=False).post("/ussd", form)
    assert response.status_code == 200


class TestForScripts:
    def test_a_hop_comes_back_as_json(self) -> None:
        fields = {"sessionId": new_session_id(), "phoneNumber": "0712345678", "text": ""}
        response = Client().post("/ussd/test", fields, content_type="application/json")
        answer = response.json()
        assert answer["action"] == "CON"
        assert answer["text"].startswith("Welcome to NannyChain\n1. Create account")
        assert answer["response"] == "CON " + answer["text"]

    @pytest.mark.parametrize("body", ["", "[]", "null", "{", '"x"', "[" * 100_000])
    def test_what_is_no_json_object_is_refused(self, body: str) -> None:
        response = Client().post("/ussd/test", body, content_type="application/json")
        assert response.status_code == 400
        assert "error" in response.json()
