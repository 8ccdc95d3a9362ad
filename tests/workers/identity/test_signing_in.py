"""Signing in to the admin in two steps, as a browser sees it: who gets in, who is locked out."""

import ast
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.architecture import tree
from tests.factories.members import PASSWORD, MemberFactory, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from workers.identity import staff
from workers.identity.models import Member
from workers.identity.second_factor import selectors, services

pytestmark = pytest.mark.django_db
LOGIN, SECOND, INDEX = "/admin/login/", "/admin/second-step/", "/admin/"
_CODES = re.compile(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>")
_SECRET = re.compile(r'id="secret">([A-Z2-7]{32})<')


def _first_step(member: Member, client: Client | None = None, *, then: str = "") -> Client:
    client = client or Client()
    address = LOGIN + (f"?next={then}" if then else "")
    answer = client.post(address, {"username": member.phone, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.headers["Location"] == SECOND
    return client


def _is_in(client: Client) -> bool:
    return client.get(INDEX).status_code == 200


# Both steps


def test_phone_and_password_alone_open_nothing() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)

    assert SESSION_KEY not in client.session
    for address in (INDEX, "/admin/workers/member/", "/admin/my-device/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(LOGIN)


def test_a_code_opens_the_admin_and_leads_to_where_one_was_going() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member, then="/admin/workers/member/")
    before = client.session.session_key

    answer = client.post(SECOND, {"code": code_of(member)})

    assert answer.headers["Location"] == "/admin/workers/member/"
    assert _is_in(client)
    assert client.session.session_key != before
    entry = AuditEntry.objects.get(action="staff.signed_in")
    assert (entry.actor_id, entry.address) == (member.pk, "127.0.0.1")
    assert entry.after == {"second_step": "device"}


def test_nobody_is_led_away_to_another_site() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member, then="https://evil.example/")
    answer = client.post(SECOND, {"code": code_of(member)})
    assert answer.headers["Location"] == INDEX


def test_a_recovery_code_opens_the_admin_once() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = _first_step(member)
    client.post(SECOND, {"code": shown[0]})
    assert _is_in(client)

    again = _first_step(member)
    answer = again.post(SECOND, {"code": shown[0]})
    assert "not right, or was used before" in answer.content.decode()
    assert not _is_in(again)


def test_a_code_that_was_seen_being_used_opens_nothing() -> None:
    member, _ = enrolled(StaffFactory.create())
    code = code_of(member)
    _first_step(member).post(SECOND, {"code": code})
    thief = _first_step(member)

    assert thief.post(SECOND, {"code": code}).status_code == 200
    assert not _is_in(thief)


@pytest.mark.parametrize("code", ["", "000000", "x" * 41, "\x00", "🙂"])
def test_a_wrong_code_opens_nothing(code: str) -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)
    assert client.post(SECOND, {"code": code}).status_code == 200
    assert not _is_in(client)


def test_the_second_step_without_the_first_begins_anew() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = Client()
    answer = client.post(SECOND, {"code": code_of(member)})
    assert answer.headers["Location"] == LOGIN
    assert not _is_in(client)


def test_the_second_step_does_not_wait_for_ever() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post(SECOND, {"code": code_of(member)}).headers["Location"] == LOGIN
        assert not _is_in(client)


def test_who_stops_being_staff_between_the_steps_does_not_get_in() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = _first_step(member)
    staff.set_rights(member, is_staff=False, groups=(), by=StaffFactory.create())

    assert client.post(SECOND, {"code": shown[0]}).headers["Location"] == LOGIN


def test_the_pages_are_kept_by_no_cache() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)
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
    client = _first_step(member)
    page = client.get(SECOND).content.decode()
    assert "<svg" in page
    secret = _SECRET.search(page)
    assert secret is not None
    assert secret[1] == services.enrolment(member).secret
    assert not _is_in(client)

    answer = client.post(SECOND, {"code": code_of(member)})

    shown = _CODES.findall(answer.content.decode())
    assert len(shown) == 10
    assert "no-store" in answer.headers["Cache-Control"]
    assert _is_in(client)
    assert client.get(SECOND).status_code == 302
    for address in (INDEX, "/admin/my-device/"):
        assert shown[0] not in client.get(address).content.decode()
    other = _first_step(member)
    other.post(SECOND, {"code": shown[9]})
    assert _is_in(other)


def test_the_secret_is_not_shown_again_once_the_device_is_enrolled() -> None:
    member, _ = enrolled(StaffFactory.create())
    page = _first_step(member).get(SECOND).content.decode()
    assert "<svg" not in page
    assert not _SECRET.search(page)


def test_a_wrong_code_enrols_nothing_and_counts_as_a_failure() -> None:
    member = StaffFactory.create()
    client = _first_step(member)
    for _ in range(5):
        answer = client.post(SECOND, {"code": "000000"})
    assert answer.status_code == 429
    assert not selectors.is_enrolled(member.pk)


def test_after_a_day_the_page_says_who_can_open_the_enrolment_again() -> None:
    member = StaffFactory.create()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        client = _first_step(member)
        page = client.get(SECOND).content.decode()
    assert "manage.py reset_second_factor" in page
    assert "<svg" not in page


# Locks


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
    client = _first_step(member)
    statuses = [client.post(SECOND, {"code": "000000"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]

    assert client.post(SECOND, {"code": code_of(member)}).status_code == 429
    assert client.post(SECOND, {"code": shown[0]}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.0.1.1")
    right = {"username": member.phone, "password": PASSWORD}
    assert elsewhere.post(LOGIN, right).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        again = _first_step(member)
        again.post(SECOND, {"code": shown[0]})
        assert _is_in(again)


def test_wrong_passwords_and_wrong_codes_count_together() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)
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
        client = _first_step(member)
        for _ in range(3):
            client.post(SECOND, {"code": "000000"})
        client.post(SECOND, {"code": shown[place]})
        assert _is_in(client)


def test_the_first_step_alone_forgets_no_failures() -> None:
    """Or whoever has the password could guess codes for ever."""
    member, _ = enrolled(StaffFactory.create())
    for _ in range(4):
        _first_step(member).post(SECOND, {"code": "000000"})
    assert _first_step(member).post(SECOND, {"code": "000000"}).status_code == 429


def test_failures_and_locks_are_in_the_audit_trail_and_ring_once() -> None:
    member, _ = enrolled(StaffFactory.create())
    client = _first_step(member)
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
    _first_step(member).post(SECOND, {"code": "765432"})
    kept = str(list(AccessAttempt.objects.values()))
    assert member.phone in kept
    assert "a-wrong-password" not in kept
    assert "765432" not in kept


def test_strangers_and_members_leave_no_audit_row() -> None:
    member = MemberFactory.create()
    for phone in (member.phone, "0799999999", "nonsense"):
        Client().post(LOGIN, {"username": phone, "password": "wrong"})
    assert not AuditEntry.objects.filter(action="staff.sign_in_failed").exists()


# Sessions


def test_half_an_hour_of_nothing_ends_a_session_and_work_prolongs_it() -> None:
    member, shown = enrolled(StaffFactory.create())
    start = timezone.now()
    client = _first_step(member)
    client.post(SECOND, {"code": shown[0]})
    for minutes in (25, 50, 75):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert _is_in(client)
    with time_machine.travel(start + timedelta(minutes=106)):
        assert not _is_in(client)


def test_twelve_hours_end_a_session_however_busy() -> None:
    member, shown = enrolled(StaffFactory.create())
    start = timezone.now()
    client = _first_step(member)
    client.post(SECOND, {"code": shown[0]})
    for step in range(1, 36):
        with time_machine.travel(start + timedelta(minutes=20 * step)):
            assert _is_in(client)
    with time_machine.travel(start + timedelta(hours=12, seconds=1)):
        assert not _is_in(client)


def test_a_forgotten_device_ends_all_sessions_at_once() -> None:
    member, shown = enrolled(StaffFactory.create())
    clients = []
    for code in shown[:2]:
        client = _first_step(member)
        client.post(SECOND, {"code": code})
        assert _is_in(client)
        clients.append(client)
    services.reset(member.pk, channel="command")
    assert not any(_is_in(client) for client in clients)


def test_the_cookie_is_for_http_alone_and_ends_with_the_browser() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = _first_step(member)
    answer = client.post(SECOND, {"code": shown[0]})
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]


def test_signing_out_is_written_down() -> None:
    member, shown = enrolled(StaffFactory.create())
    client = _first_step(member)
    client.post(SECOND, {"code": shown[0]})
    client.post("/admin/logout/")
    assert not _is_in(client)
    assert AuditEntry.objects.get(action="staff.signed_out").actor_id == member.pk


# One's own device


@pytest.fixture
def signed_in() -> tuple[Member, tuple[str, ...], Client]:
    member, shown = enrolled(StaffFactory.create())
    client = _first_step(member)
    client.post(SECOND, {"code": shown[0]})
    return member, shown, client


def test_new_recovery_codes_take_a_code(signed_in: tuple[Member, tuple[str, ...], Client]) -> None:
    member, _, client = signed_in
    page = client.get("/admin/my-device/").content.decode()
    assert "Recovery codes left: 9" in page

    wrong = client.post("/admin/my-device/", {"code": "000000", "renew": ""})
    assert not _CODES.findall(wrong.content.decode())
    right = client.post("/admin/my-device/", {"code": code_of(member), "renew": ""})
    assert len(_CODES.findall(right.content.decode())) == 10


def test_forgetting_the_own_device_takes_a_code_and_ends_the_session(
    signed_in: tuple[Member, tuple[str, ...], Client],
) -> None:
    member, shown, client = signed_in
    client.post("/admin/my-device/", {"code": "000000", "forget": ""})
    assert selectors.is_enrolled(member.pk)
    client.post("/admin/my-device/", {"code": shown[1], "forget": ""})
    assert not selectors.is_enrolled(member.pk)
    assert not _is_in(client)


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
    other = _first_step(member)
    other.post(SECOND, {"code": shown[1]})
    new = "quite another long password"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/admin/password_change/", form).status_code == 302
    assert _is_in(client)
    assert not _is_in(other)
    assert AuditEntry.objects.filter(action="staff.password_changed").count() == 1
