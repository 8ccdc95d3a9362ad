"""What two members of staff do for a member: one asks, another decides, and it is done."""

import pytest
from django.db import transaction

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.phones import choose_pin, last_code, sent_code
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import services as phone_changes
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.pins import services as pins

pytestmark = pytest.mark.django_db
NEW = "+254733000111"


@pytest.fixture
def member() -> Member:
    return MemberFactory.create()


@pytest.fixture
def staff() -> tuple[Actor, Actor]:
    people = (StaffFactory.create(), StaffFactory.create())
    first, second = (Actor(id=each.id, name=each.worker_id) for each in people)
    return first, second


def ask(kind: str, member: Member, by: Actor, **payload: str) -> ApprovalRequest:
    return approvals.ask(
        kind,
        subject_type="workers.member",
        subject_id=member.id,
        payload=payload,
        by=by,
        reason="she called",
    )


def approve(request: ApprovalRequest, by: Actor) -> None:
    with transaction.atomic():
        approvals.decide(request.pk, by=by, approve=True, reason="knew her ID")


def test_a_pin_is_reset_by_two_after_the_code(member: Member, staff: tuple[Actor, Actor]) -> None:
    choose_pin(member)
    code = sent_code(member.phone, Purpose.RESET_PIN)
    pins.ask_reset(member.id, code=code, channel="ussd")
    request = ask("member.reset_pin", member, staff[0])

    with pytest.raises(approvals.OwnRequest):
        approve(request, staff[0])
    assert pins.has_pin(member.id)
    approve(request, staff[1])

    assert not pins.has_pin(member.id)
    entry = AuditEntry.objects.get(action="pin.reset")
    assert (entry.actor, entry.reason) == (staff[1].name, "she called")


def test_without_the_code_two_of_the_staff_can_not_either(
    member: Member, staff: tuple[Actor, Actor]
) -> None:
    choose_pin(member)
    request = ask("member.reset_pin", member, staff[0])

    with pytest.raises(pins.ResetNotProved):
        approve(request, staff[1])
    request.refresh_from_db()
    assert request.state == State.ASKED
    assert pins.has_pin(member.id)


def test_a_number_is_let_go_by_two_and_moves_once_the_new_one_is_shown(
    member: Member, staff: tuple[Actor, Actor]
) -> None:
    approve(ask("member.release_phone", member, staff[0], new_phone="0733 000 111"), staff[1])

    change = PhoneChange.objects.get()
    assert (change.releaser, change.new_phone) == (staff[1].name, NEW)
    phone_changes.prove(change.pk, purpose=Purpose.TAKE_PHONE, code=last_code(NEW))
    member.refresh_from_db()
    assert member.phone == NEW
