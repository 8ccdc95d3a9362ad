"""Pages of the admin about codes, PINs, devices and changes of number: no secret on any."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.members import MemberFactory
from tests.factories.phones import choose_pin, sent_code
from workers.identity.codes.models import Code
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import services as phone_changes
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.pins import services as pins
from workers.identity.pins.counting import UNTIL_RESET
from workers.identity.pins.models import Pin
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session

pytestmark = pytest.mark.django_db
LISTS = ("pin", "session", "phonechange", "code")


@pytest.fixture
def member() -> Member:
    return make(0)


def make(number: int) -> Member:
    member: Member = MemberFactory.create()
    choose_pin(member)
    tokens.open_session(member, device="Tecno Pop")
    phone_changes.ask(member.id, new_phone=f"073300{number:04d}", channel="api")
    return member


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_lists_and_pages_show_whose_it_is_and_no_hash(superuser: Client, member: Member) -> None:
    rows: dict[str, Pin | Session | PhoneChange] = {
        "pin": Pin.objects.get(),
        "session": Session.objects.get(),
        "phonechange": PhoneChange.objects.get(),
    }
    for name, row in rows.items():
        for address in (f"/admin/workers/{name}/", f"/admin/workers/{name}/{row.pk}/change/"):
            page = text(superuser, address)
            assert member.worker_id in page
            assert "argon2" not in page
            assert "digest" not in page


def test_a_code_is_listed_without_being_shown(superuser: Client) -> None:
    code = sent_code("+254712345678", Purpose.JOIN)

    page = text(superuser, "/admin/workers/code/")

    assert "0712345678" in page
    assert "JOIN" in page
    assert code not in page
    one = text(superuser, f"/admin/workers/code/{Code.objects.get().pk}/change/")
    assert code not in one
    assert "digest" not in one.lower()


def test_locked_pins_and_wishes_for_a_new_one_are_found(superuser: Client, member: Member) -> None:
    locked, forever = make(1), make(2)
    code = sent_code(member.phone, Purpose.RESET_PIN)
    pins.ask_reset(member.id, code=code, channel="ussd")
    soon = timezone.now() + timedelta(minutes=10)
    Pin.objects.filter(pk=locked.pk).update(locked_until=soon)
    Pin.objects.filter(pk=forever.pk).update(locked_until=UNTIL_RESET)

    waiting = text(superuser, "/admin/workers/pin/?waits=reset")
    shut = text(superuser, "/admin/workers/pin/?waits=locked")

    assert member.worker_id in waiting
    assert locked.worker_id not in waiting
    assert locked.worker_id in shut
    assert "locked until a new one is chosen" in shut
    assert member.worker_id not in shut


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_no_more_for_more_rows(superuser: Client, name: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(superuser, f"/admin/workers/{name}/")
        return len(captured)

    make(1)
    few = queries()
    for number in range(2, 6):
        make(number)

    assert queries() == few


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_added_changed_or_deleted_there(
    superuser: Client, member: Member, name: str
) -> None:
    model = {"pin": Pin, "session": Session, "phonechange": PhoneChange, "code": Code}[name]
    row = model.objects.first()
    assert row is not None

    assert superuser.get(f"/admin/workers/{name}/add/").status_code == 403
    assert superuser.post(f"/admin/workers/{name}/{row.pk}/change/", {}).status_code == 403
    assert superuser.post(f"/admin/workers/{name}/{row.pk}/delete/", {}).status_code == 403
