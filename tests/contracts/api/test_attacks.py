"""What somebody tries who means harm: guessing, flooding, pretending, smuggling."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings

from nannychain.audit.models import AuditEntry
from nannychain.idempotency.models import IdempotentAnswer
from nannychain.notifications.models import Sms
from tests.factories.callers import Caller, json_of, of_kind, signed_in, with_key
from tests.factories.members import MemberFactory
from tests.factories.phones import last_code, other_than
from workers.identity.models import Member

PHONE = "+254712345678"
HERE, ELSEWHERE = Caller(address="203.0.113.5"), Caller(address="203.0.113.6")


def phones(count: int) -> list[str]:
    return [f"+2547990{number:05d}" for number in range(count)]


def until_refused(act: Callable[[int], Any], *, tries: int) -> tuple[int, Any]:
    """Return after how many answers somebody was told to wait, and that answer."""
    for number in range(tries):
        answer = act(number)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) > 0
            assert json_of(answer)["retry_after_seconds"] > 0
            return number, answer
    raise AssertionError("nobody said stop")


@pytest.mark.django_db
class TestGuessing:
    def test_one_phones_code_ends_after_five_tries_wherever_they_come_from(self) -> None:
        HERE.post("auth/otp", {"phone": PHONE})
        code = last_code(PHONE)
        for number in range(5):
            caller = Caller(address=f"203.0.113.{number}")
            caller.post("auth/token", {"phone": PHONE, "code": other_than(code)})
        answer = ELSEWHERE.post("workers/register", {"phone": PHONE, "code": code})
        assert json_of(answer)["code"] == "code.refused"
        assert Member.objects.count() == 0

    def test_one_address_may_not_go_from_phone_to_phone(self) -> None:
        """The classic: the same guess for everybody."""

        def guess(number: int) -> Any:
            return HERE.post("auth/token", {"phone": phones(200)[number], "code": "123456"})

        count, _ = until_refused(guess, tries=200)
        assert count <= 30
        assert ELSEWHERE.post("auth/token", {"phone": PHONE, "code": "1"}).status_code == 400

    def test_registering_and_signing_in_are_one_count(self) -> None:
        def guess(number: int) -> Any:
            path = ("auth/token", "workers/register")[number % 2]
            return HERE.post(path, {"phone": phones(200)[number], "code": "123456"})

        count, _ = until_refused(guess, tries=200)
        assert count <= 30

    def test_an_address_that_one_only_claims_to_have_counts_for_nothing(
        self, settings: LazySettings
    ) -> None:
        settings.TRUSTED_PROXIES = 0

        def guess(number: int) -> Any:
            return HERE.post(
                "auth/token",
                {"phone": phones(200)[number], "code": "123456"},
                X_Forwarded_For=f"198.51.100.{number}",
            )

        count, _ = until_refused(guess, tries=200)
        assert count <= 30

    def test_tokens_and_keys_of_one_character_less_open_nothing(self) -> None:
        wanjiku, program = signed_in(MemberFactory.create()), with_key("members:register")
        for caller in (wanjiku, program):
            for secret in (caller.secret[:-1], caller.secret + "A", caller.secret.swapcase()):
                assert replace(caller, secret=secret).get("me").status_code == 401

    def test_refresh_tokens_are_no_access_tokens_nor_the_other_way(self) -> None:
        MemberFactory.create(phone=PHONE)
        HERE.post("auth/otp", {"phone": PHONE})
        pair = json_of(HERE.post("auth/token", {"phone": PHONE, "code": last_code(PHONE)}))
        assert Caller(pair["refresh"]).get("me").status_code == 401
        assert HERE.post("auth/refresh", {"refresh": pair["access"]}).status_code == 401


@pytest.mark.django_db
class TestFlooding:
    def test_one_phone_is_not_drowned_in_codes(self) -> None:
        def ask(number: int) -> Any:
            return Caller(address=f"198.51.100.{number}").post("auth/otp", {"phone": PHONE})

        count, _ = until_refused(ask, tries=50)
        assert count <= 3
        assert Sms.objects.filter(phone=PHONE).count() == count

    def test_one_address_may_not_have_codes_sent_to_everybody(self) -> None:
        def ask(number: int) -> Any:
            return HERE.post("auth/otp", {"phone": phones(200)[number]})

        count, _ = until_refused(ask, tries=200)
        assert count <= 20
        assert Sms.objects.count() == count
        assert ELSEWHERE.post("auth/otp", {"phone": PHONE}).status_code == 202

    def test_an_integrators_key_may_not_open_accounts_without_end(self) -> None:
        program = with_key("members:register")

        def register(number: int) -> Any:
            return program.post("workers/register", {"phone": phones(200)[number]})

        count, _ = until_refused(register, tries=100)
        assert count <= 60

    def test_looking_numbers_up_one_after_the_other_ends_soon(self) -> None:
        other = of_kind("other")

        def look(number: int) -> Any:
            return other.get(f"workers/by-phone/{phones(200)[number]}")

        count, _ = until_refused(look, tries=200)
        assert count <= 120


@pytest.mark.django_db
class TestPretending:
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer ",
            "Bearer  \t",
            "Basic d2FuamlrdTp4",
            "Bearer a b",
            "Bearer nca_" + "x" * 5_000,
            "Bearer nck_",
            "Bearer ncr_é",
            "bearer null",
            "Token nca_x",
        ],
    )
    def test_a_strange_authorization_is_nobodys(self, header: str) -> None:
        answer = Caller().send("GET", "me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_a_cookie_of_the_admin_opens_nothing_here(self) -> None:
        """So no other site can have a browser act for a member of staff."""
        caller = Caller()
        staff = of_kind("superuser").member
        assert staff is not None
        caller.client.force_login(staff)
        assert caller.get("me").status_code == 401

    def test_nobody_makes_oneself_staff_or_somebody_else(self) -> None:
        wanjiku = signed_in(MemberFactory.create(phone=PHONE))
        body = {"name": "W", "is_staff": True, "is_superuser": True, "phone": "+254799000001"}
        before = json_of(wanjiku.get("me"))
        assert wanjiku.send("PATCH", "me", {**body, "worker_id": "NW-00000000"}).status_code == 200
        member = Member.objects.get()
        assert (member.is_staff, member.is_superuser, member.phone) == (False, False, PHONE)
        assert member.worker_id == before["worker_id"]

    def test_a_member_who_is_no_longer_active_is_nobody(self) -> None:
        wanjiku = signed_in(MemberFactory.create())
        Member.objects.update(is_active=False)
        assert wanjiku.get("me").status_code == 401


@pytest.mark.django_db
class TestSmuggling:
    @pytest.mark.parametrize(
        "path",
        [
            "workers/%FF%FE",
            "workers/%2e%2e%2fme",
            "workers/" + "N" * 4_000,
            "workers/by-phone/%00",
            "workers/by-phone/+254712345678%0a",
            "workers/by-phone/' OR 1=1 --",
            "wallet/statement?cursor=%00&size=%F0%9F%98%80",
            "wallet/statement?size=99999999999999999999999999",
            "wallet/statement?cursor=" + "A" * 3_000,
            "auth/devices?cursor=AAAA",
            "auth/devices/not-a-uuid",
            "me?format=html",
            "me/export?x=" + "y" * 3_000,
        ],
    )
    def test_no_address_breaks_anything(self, path: str) -> None:
        assert signed_in(MemberFactory.create()).get(path).status_code in (200, 400, 404)

    @pytest.mark.parametrize(
        "body",
        [
            '{"phone": "+254712345678", "phone": ["x"]}',
            '{"phone": {"$ne": null}}',
            '{"phone": "\\u0000"}',
            '{"phone": "\\ud800"}',
            '{"__proto__": {"is_staff": true}}',
            "[" * 60_000,
            '{"a":' * 9_000,
            '"' + "x" * 60_000 + '"',
            b"\xef\xbb\xbf{}",
            "\x00",
            "1e999999",
            "-0",
            '{"phone": 1e400}',
        ],
        ids=lambda body: ascii(body)[:30],
    )
    @pytest.mark.parametrize("path", ["auth/otp", "auth/token", "workers/register", "auth/refresh"])
    def test_no_body_breaks_anything(self, path: str, body: str | bytes) -> None:
        answer = HERE.send("POST", path, body)
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_a_body_without_end_is_not_read(self) -> None:
        answer = HERE.send("POST", "auth/otp", "x" * 2_000_000)
        assert answer.status_code == 413


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Listen to what the product logs, in its own form."""
    root, lines = logging.getLogger(), list[str]()
    form = next(each.formatter for each in root.handlers if each.get_name() == "stderr")
    assert form is not None
    ear = logging.Handler()
    ear.emit = lambda record: lines.append(form.format(record))  # type: ignore[method-assign]
    root.addHandler(ear)
    yield lines
    root.removeHandler(ear)


@pytest.mark.django_db
def test_no_secret_of_a_request_stays_anywhere(log: list[str]) -> None:
    MemberFactory.create(phone=PHONE)
    HERE.post("auth/otp", {"phone": PHONE})
    code, pin = last_code(PHONE), "4826"
    pair = json_of(HERE.post("auth/token", {"phone": PHONE, "code": code}))
    wanjiku = Caller(pair["access"])
    wanjiku.post("auth/pin", {"pin": pin})
    token = json_of(wanjiku.post("auth/pin/verify", {"pin": pin, "operation": "transfer"}))
    wanjiku.post("auth/pin/verify", {"pin": "5937", "operation": "transfer"})
    wanjiku.get(f"workers/by-phone/{PHONE}")
    wanjiku.get("workers/by-phone/712345678")
    said = "\n".join(log)
    assert "/by-phone/***" in said
    kept = " ".join(
        str(row) for model in (AuditEntry, IdempotentAnswer, Sms) for row in model.objects.values()
    )
    secrets = (code, pair["access"], pair["refresh"], token["pin_token"])
    assert [secret for secret in secrets if secret in said + kept] == []
    assert "712345678" not in said
    assert not any(f"'{digits}'" in said or f'"{digits}"' in said for digits in (pin, "5937"))
