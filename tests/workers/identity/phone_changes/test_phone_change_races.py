"""One number wanted by many at once is given once."""

import pytest

from tests.factories.members import MemberFactory
from tests.factories.phones import last_code
from tests.factories.threads import at_once
from workers.identity import services as identity
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import services
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.states import State

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "+254733000111"


def test_of_a_move_to_a_number_and_an_account_for_it_one_comes_first() -> None:
    member = MemberFactory.create(phone="+254712345678")
    change = services.ask(member.id, new_phone=NEW, channel="api")
    services.prove(change.pk, purpose=Purpose.LEAVE_PHONE, code=last_code(member.phone))
    code = last_code(NEW)

    def move() -> None:
        try:
            services.prove(change.pk, purpose=Purpose.TAKE_PHONE, code=code)
        except services.PhoneTaken:
            return

    acts = iter([move, lambda: identity.create_account(NEW, channel="ussd")] * 4)
    at_once(lambda: _calmly(next(acts)), times=8, threads=8)

    assert Member.objects.filter(phone=NEW).count() == 1
    change.refresh_from_db()
    member.refresh_from_db()
    assert (change.state == State.DONE) == (member.phone == NEW)


def _calmly(act) -> None:
    """Do it; whoever comes second with the code is told that there is nothing to confirm."""
    try:
        act()
    except (services.NoSuchChange, services.codes.Refused):
        return


def test_of_many_wishes_at_once_one_is_open() -> None:
    member = MemberFactory.create()
    numbers = iter(f"+25473300{number:04d}" for number in range(8))

    at_once(
        lambda: services.ask(member.id, new_phone=next(numbers), channel="api").pk,
        times=3,
        threads=3,
    )

    assert PhoneChange.objects.filter(state=State.ASKED).count() == 1
