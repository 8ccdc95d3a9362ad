"""Sessions in the admin: how they end, and what one does with the own device in them."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from tests.factories.members import PASSWORD, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from tests.factories.sign_ins import CODES, SECOND, first_step, is_in
from workers.identity import tasks
from workers.identity.models import Member
from workers.identity.second_factor import selectors, services

pytestmark = pytest.mark.django_db


# Sessions


def test_half_an_hour_of_nothing_ends_a_session_and_work_prolongs_it() -> None:
    member, shown = enrolled(StaffFactory.create())
    start = timezone.now()
    client = first_step(member)
    client.post(SECOND, {"code": shown[0]})
    for minutes in (25, 50, 75):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert is_in(client)
    with time_machine.travel(start + timedelta(minutes=106)):
        assert not is_in(client)


def test_twelve_hours_end_a_session_however_busy() -> None:
    member, shown = enrolled(StaffFactory.create())
    start = timezone.now()
    client = first_step(member)
    client.post(SECOND, {"code": shown[0]})
    for step in range(1, 36):
        with time_machine.travel(start + timedelta(minutes=20 * step)):
            assert is_in(client)
    with time_machine.travel(start + timedelta(hours=12, seconds=1)):
        assert not is_in(client)


def test_a_forgotten_device_ends_all_sessions_at_once() -> None:
    member, shown = enrolled(StaffFactory.create())
    clients = []
    for code in shown[:2]:
        client = first_step(member)
        client.post(SECOND, {"code": code})
        assert is_in(client)
        clients.append(client)
    services.reset(member.pk, channel="command")
    assert not any(is_in(client) for client in clients)


def test_the_cookie_is_for_http_alone_and_ends_with_the_browser() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    answer = client.post(SECOND, {"code": shown[0]})
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]


def test_sessions_that_are_over_are_forgotten_and_no_others() -> None:
    member, shown = enrolled(StaffFactory.create())
    start = timezone.now()
    for code in shown[:2]:
        first_step(member).post(SECOND, {"code": code})
    client = first_step(member)
    client.post(SECOND, {"code": shown[2]})
    with time_machine.travel(start + timedelta(minutes=20)):
        assert is_in(client)
    with time_machine.travel(start + timedelta(minutes=40)):
        tasks.tidy()
        assert Session.objects.count() == 1
        assert is_in(client)


def test_signing_out_is_written_down() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    client.post(SECOND, {"code": shown[0]})
    client.post("/admin/logout/")
    assert not is_in(client)
    assert AuditEntry.objects.get(action="staff.signed_out").actor_id == member.pk


# One's own device


@pytest.fixture
def signed_in() -> tuple[Member, tuple[str, ...], Client]:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    client.post(SECOND, {"code": shown[0]})
    return member, shown, client


def test_new_recovery_codes_take_a_code(signed_in: tuple[Member, tuple[str, ...], Client]) -> None:
    member, _, client = signed_in
    page = client.get("/admin/my-device/").content.decode()
    assert "Recovery codes left: 9" in page

    wrong = client.post("/admin/my-device/", {"code": "000000", "renew": ""})
    assert not CODES.findall(wrong.content.decode())
    right = client.post("/admin/my-device/", {"code": code_of(member), "renew": ""})
    assert len(CODES.findall(right.content.decode())) == 10


def test_forgetting_the_own_device_takes_a_code_and_ends_the_session(
    signed_in: tuple[Member, tuple[str, ...], Client],
) -> None:
    member, shown, client = signed_in
    client.post("/admin/my-device/", {"code": "000000", "forget": ""})
    assert selectors.is_enrolled(member.pk)
    client.post("/admin/my-device/", {"code": shown[1], "forget": ""})
    assert not selectors.is_enrolled(member.pk)
    assert not is_in(client)


def test_guessing_codes_on_the_own_page_locks_as_well(
    signed_in: tuple[Member, tuple[str, ...], Client],
) -> None:
    member, _, client = signed_in
    for _ in range(5):
        answer = client.post("/admin/my-device/", {"code": "000000", "forget": ""})
    assert answer.status_code == 429
    assert client.post("/admin/my-device/", {"code": code_of(member)}).status_code == 429
    assert selectors.is_enrolled(member.pk)


def test_a_changed_password_is_written_down_and_ends_other_sessions(
    signed_in: tuple[Member, tuple[str, ...], Client],
) -> None:
    member, shown, client = signed_in
    other = first_step(member)
    other.post(SECOND, {"code": shown[1]})
    new = "quite another long password"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", form).status_code == 302
    assert is_in(client)
    assert not is_in(other)
    assert AuditEntry.objects.filter(action="staff.password_changed").count() == 1
