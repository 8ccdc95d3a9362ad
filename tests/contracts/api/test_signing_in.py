"""Registering, signing in and out over HTTP, as an app does it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nannychain.audit.models import AuditEntry
from nannychain.notifications.models import Sms
from nannychain.phone import parse
from tests.factories.callers import Caller, json_of, signed_in, with_key
from tests.factories.members import MemberFactory
from tests.factories.phones import last_code, other_than
from workers.identity.models import Member
from workers.identity.standing.models import Standing

pytestmark = pytest.mark.django_db

PHONE = "+254712345678"
STRANGER = Caller()


def code_for(phone: str = PHONE, **more: Any) -> str:
    answer = STRANGER.post("auth/otp", {"phone": phone, **more})
    assert answer.status_code == 202, answer.content
    return last_code(parse(phone))


def sign_in(phone: str = PHONE, **more: Any) -> dict[str, Any]:
    answer = STRANGER.post("auth/token", {"phone": phone, "code": code_for(phone), **more})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json_of(answer)
    return found


class TestRegistering:
    def test_with_a_code_opens_an_account_and_answers_these_four_things(self) -> None:
        body = {"phone": "0712 345 678", "code": code_for(), "name": " Wanjiku  Kamau "}
        answer = STRANGER.post("workers/register", body)
        member = Member.objects.get()
        assert answer.status_code == 201
        assert json_of(answer) == {
            "worker_id": member.worker_id,
            "stellar_public_key": member.wallet.stellar_public_key,
            "phone": PHONE,
            "already_exists": False,
        }
        assert (member.name, member.channel) == ("Wanjiku Kamau", "api")
        assert member.phone_proved_at is not None
        assert member.consents.get().purpose == "terms"

    def test_again_finds_the_account_and_changes_nothing(self) -> None:
        first = MemberFactory.create(phone=PHONE, name="Wanjiku")
        body = {"phone": PHONE, "code": code_for(), "name": "Somebody else", "language": "sw"}
        answer = STRANGER.post("workers/register", body)
        assert answer.status_code == 200
        assert json_of(answer)["already_exists"] is True
        assert json_of(answer)["worker_id"] == first.worker_id
        first.refresh_from_db()
        assert (first.name, first.language) == ("Wanjiku", "en")

    @pytest.mark.parametrize(
        ("more", "status", "code"),
        [
            ({}, 400, "api.invalid_input"),
            ({"code": "000000"}, 400, "code.refused"),
            ({"code": "x"}, 400, "code.refused"),
            ({"code": ""}, 400, "api.invalid_input"),
        ],
    )
    def test_needs_the_code(self, more: dict[str, str], status: int, code: str) -> None:
        code_for()
        answer = STRANGER.post("workers/register", {"phone": PHONE, **more})
        assert (answer.status_code, json_of(answer)["code"]) == (status, code)
        assert Member.objects.count() == 0

    def test_with_a_bad_name_leaves_the_code_good(self) -> None:
        body = {"phone": PHONE, "code": code_for(), "name": "a\u0007b"}
        answer = STRANGER.post("workers/register", body)
        assert json_of(answer)["code"] == "identity.invalid_name"
        assert STRANGER.post("workers/register", {**body, "name": "b"}).status_code == 201

    def test_speaks_the_language_that_is_asked_for(self) -> None:
        STRANGER.post("workers/register", {"phone": PHONE, "code": code_for(), "language": "sw"})
        assert Member.objects.get().language == "sw"
        assert "Karibu" in Sms.objects.get(kind="welcome").text

    def test_by_an_integrator_needs_no_code_and_proves_nothing(self) -> None:
        program = with_key("members:register")
        answers = [program.post("workers/register", {"phone": PHONE}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert json_of(answers[1])["already_exists"] is True
        assert Member.objects.get().phone_proved_at is None
        assert AuditEntry.objects.filter(action="member.registered_by_key", actor="Acme").count()
        assert sign_in()["access"]
        assert Member.objects.get().phone_proved_at is not None


class TestSigningIn:
    def test_gives_tokens_that_say_who_one_is(self) -> None:
        member = MemberFactory.create(phone=PHONE)
        found = sign_in("0712345678", device="Nokia G11")
        assert set(found) == {
            *("access", "refresh", "token_type", "access_expires_at", "refresh_expires_at"),
        }
        assert found["token_type"] == "Bearer"
        me = Caller(found["access"]).get("me")
        assert json_of(me)["worker_id"] == member.worker_id
        assert me.headers["Cache-Control"] == "no-store"

    def test_tells_only_who_has_the_code_that_there_is_no_account(self) -> None:
        code = code_for()
        wrong = STRANGER.post("auth/token", {"phone": PHONE, "code": other_than(code)})
        assert json_of(wrong)["code"] == "code.refused"
        right = STRANGER.post("auth/token", {"phone": PHONE, "code": code})
        assert (right.status_code, json_of(right)["code"]) == (404, "identity.no_account")

    def test_answers_alike_for_members_and_strangers(self) -> None:
        """The same words and the same statements, so that neither tells who is a member."""
        MemberFactory.create(phone=PHONE)
        told = []
        for phone in (PHONE, "+254799000001"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                sent = STRANGER.post("auth/otp", {"phone": phone})
                wrong = {"phone": phone, "code": other_than(last_code(phone))}
                refused = STRANGER.post("auth/token", wrong)
            document = json_of(refused)
            document.pop("request_id")
            statements = [query["sql"].split()[0] for query in asked]
            told.append((sent.status_code, refused.status_code, document, statements))
        assert told[0] == told[1]

    def test_refreshing_spends_a_token_and_a_spent_one_ends_the_session(self) -> None:
        MemberFactory.create(phone=PHONE)
        first = sign_in()
        second = json_of(STRANGER.post("auth/refresh", {"refresh": first["refresh"]}))
        assert Caller(first["access"]).get("me").status_code == 401
        assert Caller(second["access"]).get("me").status_code == 200
        again = STRANGER.post("auth/refresh", {"refresh": first["refresh"]})
        assert (again.status_code, json_of(again)["code"]) == (401, "api.token_refused")
        assert Caller(second["access"]).get("me").status_code == 401
        answer = STRANGER.post("auth/refresh", {"refresh": second["refresh"]})
        assert answer.status_code == 401

    def test_signing_out_ends_this_session_or_all(self) -> None:
        member = MemberFactory.create(phone=PHONE)
        here, there, elsewhere = (signed_in(member) for _ in range(3))
        assert here.post("auth/logout", {}).status_code == 204
        assert [each.get("me").status_code for each in (here, there, elsewhere)] == [401, 200, 200]
        assert there.post("auth/logout", {"everywhere": True}).status_code == 204
        assert elsewhere.get("me").status_code == 401

    def test_a_device_can_be_signed_out_from_another(self) -> None:
        member = MemberFactory.create(phone=PHONE)
        here, there = signed_in(member), signed_in(member)
        items = json_of(here.get("auth/devices"))["items"]
        assert [item["is_this_one"] for item in items] == [False, True]
        assert here.send("DELETE", f"auth/devices/{items[0]['id']}").status_code == 204
        assert there.get("me").status_code == 401
        assert here.send("DELETE", f"auth/devices/{items[0]['id']}").status_code == 404

    def test_a_code_for_a_pin_signs_nobody_in(self) -> None:
        MemberFactory.create(phone=PHONE)
        answer = STRANGER.post("auth/token", {"phone": PHONE, "code": code_for(purpose="set_pin")})
        assert json_of(answer)["code"] == "code.refused"

    def test_signing_in_proves_the_number_again(self) -> None:
        member = MemberFactory.create(phone=PHONE)
        Standing.objects.filter(pk=member.pk).update(must_prove_since=member.joined_at)
        found = sign_in()
        things = json_of(Caller(found["access"]).get("me/dashboard"))["things_to_do"]
        assert "prove_phone" not in [thing["code"] for thing in things]


class TestACode:
    def test_comes_in_the_language_of_the_member_or_the_request(self) -> None:
        MemberFactory.create(phone=PHONE, language="sw")
        cases: list[tuple[str, dict[str, str], dict[str, str], str]] = [
            (PHONE, {}, {}, "sw"),
            (PHONE, {"language": "en"}, {}, "en"),
            ("+254799000001", {}, {"Accept_Language": "sw"}, "sw"),
            ("+254799000002", {}, {}, "en"),
        ]
        for phone, more, headers, language in cases:
            STRANGER.post("auth/otp", {"phone": phone, **more}, **headers)
            sms = Sms.objects.filter(phone=phone).latest("created_at")
            assert sms.language == language

    @pytest.mark.parametrize("phone", ["12", "+1 202 555 0123", "020 123 4567", "x" * 50])
    def test_goes_to_kenyan_mobiles_only(self, phone: str) -> None:
        answer = STRANGER.post("auth/otp", {"phone": phone})
        assert answer.status_code == 400
        assert json.loads(answer.content)["errors"][0]["field"] == "phone"
        assert Sms.objects.count() == 0
