"""Failed sign-ins to the admin: who is locked out, for how long, and what is written down."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.members import PASSWORD, MemberFactory, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from tests.factories.sign_ins import LOGIN, SECOND, first_step, is_in

pytestmark = pytest.mark.django_db


def test_five_wrong_passwords_lock_the_phone_in_every_spelling() -> None:
    member, _ = enrolled(StaffFactory.create(phone="+254712345678"))
    spellings = ("+254712345678", "0712345678", "0712 345 678", "254712345678", "712345678")
    for place, phone in enumerate(spellings):
        client = Client(REMOTE_ADDR=f"10.0.0.{place}")
        answer = client.post(LOGIN, {"username": phone, "password": "wrong"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"

    elsewhere = Client(REMOTE_ADDR="10.0.1.1")
    right = {"username": member.phone, "password": PASSWORD}
    assert elsewhere.post(LOGIN, right).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert elsewhere.post(LOGIN, right).status_code == 302


def test_five_wrong_codes_lock_both_steps() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = first_step(member)
    statuses = [client.post(SECOND, {"code": "000000"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]

    assert client.post(SECOND, {"code": code_of(member)}).status_code == 429
    assert client.post(SECOND, {"code": shown[0]}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.0.1.1")
    right = {"username": member.phone, "password": PASSWORD}
    assert elsewhere.post(LOGIN, right).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        again = first_step(member)
        again.post(SECOND, {"code": shown[0]})
        assert is_in(again)


def test_wrong_passwords_and_wrong_codes_count_together() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)
    for _ in range(2):
        client.post(SECOND, {"code": "000000"})
    wrong = {"username": member.phone, "password": "wrong"}
    assert [client.post(LOGIN, wrong).status_code for _ in range(3)] == [200, 200, 429]


def test_an_address_that_tries_many_phones_is_locked() -> None:
    for place in range(5):
        form = {"username": f"07120000{place:02d}", "password": "wrong"}
        answer = Client(REMOTE_ADDR="10.0.0.7").post(LOGIN, form)
    assert answer.status_code == 429
    member, _ = enrolled(StaffFactory.create())
    right = {"username": member.phone, "password": PASSWORD}
    assert Client(REMOTE_ADDR="10.0.0.7").post(LOGIN, right).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.8").post(LOGIN, right).status_code == 302


def test_a_complete_sign_in_forgets_the_failures_of_that_phone() -> None:
    member, shown = enrolled(StaffFactory.create())
    for place in range(3):
        client = first_step(member)
        for _ in range(3):
            client.post(SECOND, {"code": "000000"})
        client.post(SECOND, {"code": shown[place]})
        assert is_in(client)


def test_the_first_step_alone_forgets_no_failures() -> None:
    """Or whoever has the password could guess codes for ever."""
    member, _ = enrolled(StaffFactory.create())
    for _ in range(4):
        first_step(member).post(SECOND, {"code": "000000"})
    assert first_step(member).post(SECOND, {"code": "000000"}).status_code == 429


def test_failures_and_locks_are_in_the_audit_trail_and_ring_once() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = first_step(member)
    for _ in range(7):
        client.post(SECOND, {"code": "123456"})

    entries = AuditEntry.objects.filter(action="staff.sign_in_failed").order_by("id")
    assert [entry.after["failures"] for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.after["locked_out"] for entry in entries] == [False] * 4 + [True]
    assert "123456" not in str([vars(entry) for entry in entries])
    alert = Alert.objects.get()
    assert member.worker_id in alert.title
    assert alert.count == 1


def test_what_is_counted_holds_no_password_and_no_code() -> None:
    from axes.models import AccessAttempt

    member, _ = enrolled(StaffFactory.create())
    Client().post(LOGIN, {"username": member.phone, "password": "a-wrong-password"})
    first_step(member).post(SECOND, {"code": "765432"})
    kept = str(list(AccessAttempt.objects.values()))
    assert member.phone in kept
    assert "a-wrong-password" not in kept
    assert "765432" not in kept


def test_strangers_and_members_leave_no_audit_row() -> None:
    member = MemberFactory.create()
    for phone in (member.phone, "0799999999", "nonsense"):
        Client().post(LOGIN, {"username": phone, "password": "wrong"})
    assert not AuditEntry.objects.filter(action="staff.sign_in_failed").exists()
