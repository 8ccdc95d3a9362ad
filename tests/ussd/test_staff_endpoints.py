"""What staff see of USSD over REST: sessions, and what waits for a phone."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory
from tests.ussd.phone import Phone
from ussd import waiting
from workers.identity.models import Member

pytestmark = pytest.mark.django_db

BASE = "/api/v1/ussd"


def staff(*codenames: str) -> APIClient:
    """Return a client that is signed in as staff with these permissions."""
    member = MemberFactory.create()
    Member.objects.filter(pk=member.pk).update(is_staff=True)
    member = Member.objects.get(pk=member.pk)
    member.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = APIClient()
    client.force_authenticate(user=member)
    return client


class TestSessions:
    def test_open_ones_are_listed_without_what_was_typed(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "0733-typed")
        answer = staff("view_sessions").get(f"{BASE}/sessions")
        assert answer.status_code == 200
        (found,) = answer.json()["items"]
        assert found["name"] == phone.session_id
        assert (found["phone"], found["screen"]) == (phone.number, "register")
        assert "0733-typed" not in str(answer.json())

    def test_all_are_cleared_and_it_is_written_down(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        answer = staff("clear_sessions").delete(f"{BASE}/sessions")
        assert answer.json() == {"cleared": 1}
        assert AuditEntry.objects.filter(action="ussd.sessions_cleared").count() == 1
        assert phone.enter("1") == "END This session has ended. Please dial again."
        phone.lose_session()
        assert phone.post() == "END This session has ended. Please dial again."

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "sessions"),
            ("delete", "sessions"),
            ("get", "queue/0712345678"),
            ("post", "sync"),
        ],
    )
    def test_nobody_else_may(self, method: str, path: str) -> None:
        assert getattr(APIClient(), method)(f"{BASE}/{path}").status_code == 401
        assert getattr(staff(), method)(f"{BASE}/{path}").status_code == 403


class TestQueue:
    def test_what_waits_for_a_phone_is_told_in_order(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "1")
        answer = staff("view_sessions").get(f"{BASE}/queue/0712345678")
        kinds = [each["kind"] for each in answer.json()["items"]]
        assert kinds == ["stellar.account", "sms.welcome"]

    def test_another_phone_has_nothing(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "1")
        assert staff("view_sessions").get(f"{BASE}/queue/0722000111").json() == {"items": []}

    def test_what_is_no_number_is_refused(self) -> None:
        assert staff("view_sessions").get(f"{BASE}/queue/12").status_code == 400

    def test_a_sync_rings_every_sweep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rung: list[str] = []

        def ring(task: str, **_: Any) -> None:
            rung.append(task)

        monkeypatch.setattr("nannychain.queues.enqueue", ring)
        answer = staff("clear_sessions").post(f"{BASE}/sync")
        assert answer.status_code == 202
        assert tuple(rung) == waiting.SWEEPS
