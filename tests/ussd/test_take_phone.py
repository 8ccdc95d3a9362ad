"""A member who has lost her phone comes back from a new one by USSD, once staff let it go."""

import pytest

from nannychain.actors import Actor
from nannychain.ids import new_id
from tests.factories import phones
from tests.factories.members import MemberFactory
from tests.ussd.phone import Phone
from workers.identity.models import Member
from workers.identity.phone_changes import services as changes
from workers.identity.phone_changes.models import PhoneChange

pytestmark = pytest.mark.django_db

OLD, NEW = "+254712345678", "+254733000111"
BY = Actor(id=new_id(), name="NW-STAFF")
NONE = "END You have no account yet. Dial *384*2024# to create one."
ASKED = (
    "CON Your account moves to 0733000111 with the code that came here by SMS. Enter it:\n"
    "1. Send me a new code\n0. Back\n00. Home"
)


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(phone=OLD)


@pytest.fixture
def new_phone() -> Phone:
    return Phone(number=NEW)


def let_go(member: Member) -> PhoneChange:
    return changes.release(member.id, new_phone=NEW, by=BY, reason="her phone was stolen")


def test_the_code_moves_the_account_to_the_phone_it_came_to(
    member: Member, new_phone: Phone
) -> None:
    let_go(member)
    new_phone.dial()
    assert new_phone.enter("2", "1") == ASKED
    moved = f"END Your account is on this number now. Worker ID: {member.worker_id}. Dial again."
    assert new_phone.enter(phones.last_code(NEW)) == moved
    assert new_phone.post() == moved
    new_phone.lose_session()
    assert new_phone.post() == moved
    member.refresh_from_db()
    assert member.phone == NEW
    assert "Balance" in new_phone.dial()
    assert "1. Create account" in Phone(number=OLD).dial()


def test_a_wrong_code_moves_nothing_and_tells_nothing(member: Member, new_phone: Phone) -> None:
    let_go(member)
    new_phone.dial()
    new_phone.enter("2", "0733 000 111")
    wrong = phones.other_than(phones.last_code(NEW))
    shown = new_phone.enter(wrong)
    assert shown.startswith("CON That code is wrong or too old. Ask for a new one.\nEnter the code")
    assert new_phone.enter("12").startswith("CON A code has 6 digits.\n")
    assert member.worker_id not in shown
    member.refresh_from_db()
    assert member.phone == OLD


def test_a_code_that_is_too_old_is_sent_again_and_works(member: Member, new_phone: Phone) -> None:
    let_go(member)
    first = phones.last_code(NEW)
    phones.let_pass(minutes=6)
    new_phone.dial()
    assert new_phone.enter("2", "1", first).startswith("CON That code is wrong or too old.")
    sent = "END A code comes by SMS. Then dial again and choose Sign in."
    assert new_phone.enter("1") == sent
    new_phone.dial()
    assert new_phone.enter("2", "1", phones.last_code(NEW)).startswith("END Your account is on")


def test_where_the_old_number_has_not_let_go_its_code_is_needed_too(
    member: Member, new_phone: Phone
) -> None:
    changes.ask(member.id, new_phone=NEW, channel="api")
    new_phone.dial()
    shown = new_phone.enter("2", "1", phones.last_code(NEW))
    assert shown == "END Thank you. Now the code that came to your old number is needed too."
    member.refresh_from_db()
    assert member.phone == OLD


def test_nobody_else_is_asked_for_a_code(member: Member) -> None:
    let_go(member)
    stranger = Phone(number="+254722999888")
    stranger.dial()
    assert stranger.enter("2", "1") == NONE
    assert stranger.post() == NONE


def test_a_change_that_ended_meanwhile_is_over(member: Member, new_phone: Phone) -> None:
    change = let_go(member)
    new_phone.dial()
    new_phone.enter("2", "1")
    changes.cancel(change.pk)
    assert new_phone.enter(phones.last_code(NEW)).startswith("CON There is no change of number")
    member.refresh_from_db()
    assert member.phone == OLD
