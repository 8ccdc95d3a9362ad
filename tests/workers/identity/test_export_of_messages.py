"""Whose SMS an export tells of, where numbers change hands."""

import json

import pytest

from nannychain.notifications.models import Sms
from tests.factories.members import MemberFactory
from tests.factories.phones import last_code
from workers.identity.codes.purposes import Purpose
from workers.identity.me import export
from workers.identity.models import Member
from workers.identity.phone_changes import services as phone_changes

pytestmark = pytest.mark.django_db
OLD, NEW = "+254712345678", "+254733000111"


def move(member: Member, new: str) -> None:
    change = phone_changes.ask(member.id, new_phone=new, channel="api")
    for purpose, phone in ((Purpose.LEAVE_PHONE, change.old_phone), (Purpose.TAKE_PHONE, new)):
        phone_changes.prove(change.pk, purpose=purpose, code=last_code(phone))
    member.refresh_from_db()


def texts(member: Member) -> list[str]:
    exported = json.loads("".join(export.document(member)))
    return [message["text"] for message in exported["messages"]]


def test_messages_to_her_old_number_are_hers_until_it_is_not() -> None:
    she = MemberFactory.create(phone=OLD, send_sms=True)
    move(she, NEW)
    he = MemberFactory.create(phone=OLD, send_sms=True)

    assert [he.worker_id in text for text in texts(she)].count(True) == 0
    assert any(f"Your Worker ID is {she.worker_id}" in text for text in texts(she))
    assert any("now belongs to this number" in text for text in texts(she))
    assert not any(she.worker_id in text for text in texts(he))


def test_messages_to_her_new_number_from_when_it_was_somebody_elses_are_not_hers() -> None:
    she = MemberFactory.create(phone=OLD)
    he = MemberFactory.create(phone=NEW, send_sms=True)
    move(he, "+254733000222")
    move(she, NEW)

    assert not any(he.worker_id in text for text in texts(she))
    assert any(f"Your Worker ID is {he.worker_id}" in text for text in texts(he))
    assert Sms.objects.filter(phone=NEW, kind="welcome").count() == 1
