"""A member moves to another number over HTTP."""

from typing import Any

import pytest

from tests.factories.callers import Caller, json_of, signed_in
from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, last_code, other_than

pytestmark = pytest.mark.django_db
OLD, NEW = "+254712345678", "+254733000111"


def member() -> Caller:
    return signed_in(MemberFactory.create(phone=OLD))


def enter(caller: Caller, number: str, code: str) -> Any:
    return caller.post("me/phone-change/codes", {"number": number, "code": code})


def test_with_both_codes_the_number_is_hers_and_every_device_is_signed_out() -> None:
    wanjiku = member()
    asked = wanjiku.post("me/phone-change", {"new_phone": "0733 000 111"})
    assert asked.status_code == 202
    assert json_of(asked)["new_phone"] == NEW

    first = json_of(enter(wanjiku, "new", last_code(NEW)))
    assert (first["state"], first["old_shown"], first["new_shown"]) == ("ASKED", False, True)
    assert json_of(wanjiku.get("me/phone-change")) == first
    done = json_of(enter(wanjiku, "old", last_code(OLD)))

    assert done["state"] == "DONE"
    assert wanjiku.get("me").status_code == 401
    assert wanjiku.member is not None
    wanjiku.member.refresh_from_db()
    assert wanjiku.member.phone == NEW


def test_whoever_has_a_pin_shows_it() -> None:
    wanjiku = member()
    assert wanjiku.member is not None
    choose_pin(wanjiku.member)
    body = {"new_phone": NEW}

    without = wanjiku.post("me/phone-change", body)
    assert (without.status_code, json_of(without)["code"]) == (403, "pin_token.refused")
    for operation, status in (("transfer", 403), ("phone_change", 202)):
        shown = wanjiku.post("auth/pin/verify", {"pin": PIN, "operation": operation})
        token = json_of(shown)["pin_token"]
        answer = wanjiku.post("me/phone-change", {**body, "pin_token": token})
        assert answer.status_code == status


def test_a_number_with_an_account_looks_like_any_other_until_it_is_shown() -> None:
    MemberFactory.create(phone=NEW)
    wanjiku = member()
    assert wanjiku.post("me/phone-change", {"new_phone": NEW}).status_code == 202

    wrong = enter(wanjiku, "new", other_than(last_code(NEW)))
    assert json_of(wrong)["code"] == "code.refused"
    right = enter(wanjiku, "new", last_code(NEW))
    assert (right.status_code, json_of(right)["code"]) == (409, "phone_change.taken")


def test_it_can_be_taken_back() -> None:
    wanjiku = member()
    wanjiku.post("me/phone-change", {"new_phone": NEW})

    assert wanjiku.send("DELETE", "me/phone-change").status_code == 204

    assert wanjiku.get("me/phone-change").status_code == 404
    assert enter(wanjiku, "old", last_code(OLD)).status_code == 404


def test_nobody_enters_codes_for_another_member() -> None:
    wanjiku = member()
    wanjiku.post("me/phone-change", {"new_phone": NEW})
    thief = signed_in(MemberFactory.create())

    assert enter(thief, "new", last_code(NEW)).status_code == 404
    assert json_of(wanjiku.get("me/phone-change"))["new_shown"] is False
