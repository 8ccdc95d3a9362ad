"""Signing in to the admin in two steps, as a browser sees it: who gets in."""

import ast
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from tests.architecture import tree
from tests.factories.members import PASSWORD, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from tests.factories.sign_ins import CODES, INDEX, LOGIN, SECOND, SECRET, first_step, is_in
from workers.identity import staff
from workers.identity.second_factor import selectors, services

pytestmark = pytest.mark.django_db


# Both steps


def test_phone_and_password_alone_open_nothing() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)

    assert SESSION_KEY not in client.session
    for address in (INDEX, "/admin/workers/member/", "/admin/my-device/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(LOGIN)


def test_a_code_opens_the_admin_and_leads_to_where_one_was_going() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member, then="/admin/workers/member/")
    before = client.session.session_key

    answer = client.post(SECOND, {"code": code_of(member)})

    assert answer.headers["Location"] == "/admin/workers/member/"
    assert is_in(client)
    assert client.session.session_key != before
    entry = AuditEntry.objects.get(action="staff.signed_in")
    assert (entry.actor_id, entry.address) == (member.pk, "127.0.0.1")
    assert entry.after == {"second_step": "device"}


def test_nobody_is_led_away_to_another_site() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member, then="https://evil.example/")
    answer = client.post(SECOND, {"code": code_of(member)})
    assert answer.headers["Location"] == INDEX


def test_a_recovery_code_opens_the_admin_once() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    client.post(SECOND, {"code": shown[0]})
    assert is_in(client)

    again = first_step(member)
    answer = again.post(SECOND, {"code": shown[0]})
    assert "not right, or was used before" in answer.content.decode()
    assert not is_in(again)


def test_a_code_that_was_seen_being_used_opens_nothing() -> None:
    member, _ = enrolled(StaffFactory.create())
    code = code_of(member)
    first_step(member).post(SECOND, {"code": code})
    thief = first_step(member)

    assert thief.post(SECOND, {"code": code}).status_code == 200
    assert not is_in(thief)


@pytest.mark.parametrize("code", ["", "000000", "x" * 41, "\x00", "🙂"])
def test_a_wrong_code_opens_nothing(code: str) -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)
    assert client.post(SECOND, {"code": code}).status_code == 200
    assert not is_in(client)


def test_the_second_step_without_the_first_begins_anew() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = Client()
    answer = client.post(SECOND, {"code": code_of(member)})
    assert answer.headers["Location"] == LOGIN
    assert not is_in(client)


def test_the_second_step_does_not_wait_for_ever() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post(SECOND, {"code": code_of(member)}).headers["Location"] == LOGIN
        assert not is_in(client)


def test_who_stops_being_staff_between_the_steps_does_not_get_in() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    staff.set_rights(member, is_staff=False, groups=(), by=StaffFactory.create())

    assert client.post(SECOND, {"code": shown[0]}).headers["Location"] == LOGIN


def test_the_pages_are_kept_by_no_cache() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)
    assert "no-store" in client.get(SECOND).headers["Cache-Control"]
    assert "no-store" in client.get(LOGIN).headers["Cache-Control"]


def test_forms_without_their_token_are_refused() -> None:
    member, _ = enrolled(StaffFactory.create())
    strict = Client(enforce_csrf_checks=True)
    form = {"username": member.phone, "password": PASSWORD}
    assert strict.post(LOGIN, form).status_code == 403
    assert strict.post(SECOND, {"code": code_of(member)}).status_code == 403


def test_nothing_else_signs_anybody_in() -> None:
    """One place calls Django's `login`: behind both steps."""
    callers = {
        tree.short(path)
        for path in tree.product()
        for _, name in tree.imported(path)
        if name in {"django.contrib.auth.login", "django.contrib.auth.alogin"}
        or name.startswith("django.contrib.auth.views.LoginView")
    }
    assert callers == {"workers/identity/site.py"}
    calls = [
        node
        for node in ast.walk(tree.syntax(tree.ROOT / "workers/identity/site.py"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "login"
    ]
    assert len(calls) == 1


# Enrolling


def test_the_first_sign_in_enrols_a_device_and_shows_recovery_codes_once() -> None:
    member = StaffFactory.create()
    client = first_step(member)
    page = client.get(SECOND).content.decode()
    assert "<svg" in page
    secret = SECRET.search(page)
    assert secret is not None
    assert secret[1] == services.enrolment(member).secret
    assert not is_in(client)

    answer = client.post(SECOND, {"code": code_of(member)})

    shown = CODES.findall(answer.content.decode())
    assert len(shown) == 10
    assert "no-store" in answer.headers["Cache-Control"]
    assert is_in(client)
    assert client.get(SECOND).status_code == 302
    for address in (INDEX, "/admin/my-device/"):
        assert shown[0] not in client.get(address).content.decode()
    other = first_step(member)
    other.post(SECOND, {"code": shown[9]})
    assert is_in(other)


def test_the_secret_is_not_shown_again_once_the_device_is_enrolled() -> None:
    member, _ = enrolled(StaffFactory.create())
    page = first_step(member).get(SECOND).content.decode()
    assert "<svg" not in page
    assert not SECRET.search(page)


def test_a_wrong_code_enrols_nothing_and_counts_as_a_failure() -> None:
    member = StaffFactory.create()
    client = first_step(member)
    for _ in range(5):
        answer = client.post(SECOND, {"code": "000000"})
    assert answer.status_code == 429
    assert not selectors.is_enrolled(member.pk)


def test_after_a_day_the_page_says_who_can_open_the_enrolment_again() -> None:
    member = StaffFactory.create()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        client = first_step(member)
        page = client.get(SECOND).content.decode()
    assert "manage.py reset_second_factor" in page
    assert "<svg" not in page
