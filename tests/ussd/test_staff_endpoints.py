"""What staff see of USSD over REST: sessions, and what waits for a phone."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from config.schedule import SCHEDULE
from nannychain import notifications
from nannychain.api import pagination
from nannychain.audit.models import AuditEntry
from tests.factories import paybill
from tests.factories.members import MemberFactory
from tests.ussd.phone import Phone
from ussd import waiting
from ussd.engine import sessions, store
from ussd.menu import APPLICATION
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


def _pages(path: str) -> list[list[dict[str, Any]]]:
    """Return all pages of two."""
    client, pages, cursor = staff("view_sessions"), [], ""
    while True:
        found = client.get(f"{BASE}/{path}?size=2{cursor}").json()
        pages.append(found["items"])
        if found["next_cursor"] is None:
            return pages
        cursor = f"&cursor={found['next_cursor']}"


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

    def test_they_come_by_pages_of_which_each_names_the_next(self, phone: Phone) -> None:
        names = []
        for _ in range(5):
            phone.dial()
            names.append(phone.session_id)
        phone.dial()
        phone.enter("3")  # this one has ended
        pages = _pages("sessions")
        assert [len(items) for items in pages] == [2, 2, 1]
        assert [each["name"] for items in pages for each in items] == sorted(names)

    def test_a_page_of_what_closed_meanwhile_goes_on_with_the_rest(self, phone: Phone) -> None:
        names = []
        for _ in range(3):
            phone.dial()
            names.append(phone.session_id)
        names.sort()
        first = staff("view_sessions").get(f"{BASE}/sessions?size=1").json()
        sessions.clear(APPLICATION, names[0])
        rest = staff("view_sessions").get(f"{BASE}/sessions?cursor={first['next_cursor']}").json()
        assert [each["name"] for each in rest["items"]] == names[1:]
        assert rest["next_cursor"] is None

    @pytest.mark.parametrize("path", ["sessions", "queue/0712345678"])
    @pytest.mark.parametrize("query", ["cursor=%C3%A9", "cursor=!", "size=0", "size=101"])
    def test_no_such_page_is_refused(self, path: str, query: str) -> None:
        assert staff("view_sessions").get(f"{BASE}/{path}?{query}").status_code == 400

    def test_all_are_cleared_and_it_is_written_down(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        answer = staff("clear_sessions").delete(f"{BASE}/sessions")
        assert answer.json() == {"cleared": 1}
        assert AuditEntry.objects.filter(action="ussd.sessions_cleared").count() == 1
        assert phone.enter("1") == "END This session has ended. Please dial again."
        phone.lose_session()
        assert phone.post() == "END This session has ended. Please dial again."

    @pytest.mark.parametrize("method", ["get", "delete"])
    def test_without_redis_it_says_so(self, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: Any) -> None:
            raise RedisAway

        monkeypatch.setattr(store, "get_redis_connection", away)
        answer = getattr(staff("view_sessions", "clear_sessions"), method)(f"{BASE}/sessions")
        assert (answer.status_code, answer.json()["code"]) == (503, "api.unavailable")
        assert answer.headers["Retry-After"]

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

    def test_it_comes_by_pages_oldest_first(self, phone: Phone) -> None:
        member = MemberFactory.create(phone=phone.number, send_sms=True)
        for text in "abc":
            time.sleep(0.002)  # places are told apart by the millisecond
            with transaction.atomic():
                notifications.queue(phone=member.phone, kind="receipt", text=text, language="en")
        pages = _pages("queue/0712345678")
        assert [len(items) for items in pages] == [2, 2, 1]
        found = [each for items in pages for each in items]
        assert [each["since"] for each in found] == sorted(each["since"] for each in found)
        kinds = [each["kind"] for each in found]
        assert kinds == ["stellar.account", "sms.welcome", *["sms.receipt"] * 3]

    @pytest.mark.parametrize("typed", ["0712 345 678", "acc 254-712-345678", "worker id"])
    def test_a_payment_in_doubt_waits_for_whom_it_names(
        self, phone: Phone, settings: Any, typed: str
    ) -> None:
        settings.MPESA_SHORTCODE, settings.PAYBILL_CALLBACK_KEY = paybill.SHORTCODE, paybill.KEY
        member = MemberFactory.create(phone=phone.number)
        named = member.worker_id if typed == "worker id" else typed
        assert paybill.confirm(paybill.body(named, "50001")) == "to be confirmed"
        assert paybill.confirm(paybill.body("0722000111", "50001")) == "to be confirmed"
        (found,) = waiting.for_phone(phone.number, count=9)[1:]
        assert (found.kind, found.state) == ("paybill", "UNCONFIRMED")
        assert waiting.for_phone(phone.number, after=found.place, count=9) == []

    def test_a_place_that_is_none_is_refused(self) -> None:
        cursor = pagination.cursor_of("no id")
        answer = staff("view_sessions").get(f"{BASE}/queue/0712345678?cursor={cursor}")
        assert answer.json()["code"] == "api.invalid_cursor"

    def test_another_phone_has_nothing(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "1")
        answer = staff("view_sessions").get(f"{BASE}/queue/0722000111")
        assert answer.json() == {"items": [], "next_cursor": None}

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
        all_of_them = {e.task for e in SCHEDULE if e.task.endswith((".sweep", ".relay"))}
        assert {*waiting.SWEEPS} == all_of_them
