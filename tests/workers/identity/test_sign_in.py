"""The first step into the admin: phone in any usual spelling, staff only, always equally slow."""

from unittest.mock import patch

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from pytest_django import Settings

from tests.factories.members import PASSWORD, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
PHONE = "+254712345678"


def signs_in(phone: str, password: str) -> bool:
    """Try the first step through the page; tell whether it led to the second."""
    client = Client()
    answer = client.post("/admin/login/", {"username": phone, "password": password})
    assert answer.status_code in {200, 302}
    assert SESSION_KEY not in client.session
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/admin/second-step/"
    return answer.status_code == 302


@pytest.mark.parametrize(
    "spelling",
    ["+254712345678", "254712345678", "0712345678", "0712 345 678", "00254 (0) 712-345-678"],
)
def test_staff_sign_in_with_their_phone_in_any_spelling(spelling: str) -> None:
    StaffFactory.create(phone=PHONE)

    assert signs_in(spelling, PASSWORD)


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_does_not_sign_in(password: str) -> None:
    StaffFactory.create(phone=PHONE)

    assert not signs_in(PHONE, password)


@pytest.mark.parametrize("password", ["", "!", "None", PASSWORD])
def test_a_member_without_a_password_does_not_sign_in(password: str) -> None:
    member = MemberFactory.create(phone=PHONE)

    assert not signs_in(PHONE, password)
    assert not signs_in(PHONE, member.password)


def test_a_member_with_a_password_who_is_not_staff_does_not_sign_in() -> None:
    member = StaffFactory.create(phone=PHONE)
    member.is_staff = False
    member.save()

    assert not signs_in(PHONE, PASSWORD)


def test_staff_who_are_not_active_do_not_sign_in() -> None:
    member = StaffFactory.create(phone=PHONE)
    member.is_active = False
    member.save()

    assert not signs_in(PHONE, PASSWORD)


@pytest.mark.parametrize("phone", ["", "x", "0712", "\x00", "0" * 41, "NW-00000000", "🙂"])
def test_hostile_names_are_answered_calmly(phone: str) -> None:
    assert not signs_in(phone, PASSWORD)


@pytest.mark.parametrize("case", ["right", "wrong", "no password", "no member", "no phone"])
def test_every_answer_costs_one_run_of_the_password_hasher(settings: Settings, case: str) -> None:
    """So that the time of an answer does not tell whether a phone is known."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    StaffFactory.create(phone=PHONE)
    MemberFactory.create(phone="+254722000111")
    phone = {"no password": "0722000111", "no member": "0733000111", "no phone": "hello"}
    runs = []

    def counted(name: str) -> object:
        original = getattr(Argon2PasswordHasher, name)

        def run(self: Argon2PasswordHasher, *args: object, **kwargs: object) -> object:
            runs.append(name)
            return original(self, *args, **kwargs)

        return run

    with (
        patch.object(Argon2PasswordHasher, "encode", counted("encode")),
        patch.object(Argon2PasswordHasher, "verify", counted("verify")),
    ):
        signed_in = signs_in(phone.get(case, PHONE), "wrong" if case == "wrong" else PASSWORD)

    assert signed_in == (case == "right")
    assert len(runs) == 1
