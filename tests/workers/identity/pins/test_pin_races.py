"""Many PINs at once: three wrong ones are looked at, one attempt counts once."""

from itertools import count

import pytest
from django.db import transaction

from nannychain.notifications.models import Sms
from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, receive_money, sent_code, texts_to
from tests.factories.threads import at_once
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.pins import services
from workers.identity.pins.counting import Verdict
from workers.identity.pins.models import Pin, PinAttempt

pytestmark = pytest.mark.django_db(transaction=True)
WRONG = "9173"


@pytest.fixture
def member() -> Member:
    member: Member = MemberFactory.create()
    choose_pin(member)
    return member


def test_of_sixteen_guesses_at_once_three_are_looked_at(member: Member) -> None:
    keys = count()

    verdicts = at_once(
        lambda: services.verify(member.id, pin=WRONG, attempt_key=str(next(keys)), channel="test"),
        times=16,
        threads=16,
    )

    assert sorted(verdict.tries_left for verdict in verdicts) == [0] * 14 + [1, 2]
    assert Pin.objects.get().locks == 1
    assert sum("locked until" in text for text in texts_to(member.phone)) == 1


def test_the_right_one_among_many_guesses_is_not_taken_behind_three_wrong_ones(
    member: Member,
) -> None:
    Pin.objects.update(tries=2)
    services.verify(member.id, pin=WRONG, attempt_key="third", channel="test")
    keys = count()

    verdicts = at_once(
        lambda: services.verify(member.id, pin=PIN, attempt_key=str(next(keys)), channel="test"),
        times=8,
    )

    assert not any(verdict.is_right for verdict in verdicts)


def test_one_attempt_repeated_at_once_counts_once(member: Member) -> None:
    verdicts = at_once(
        lambda: services.verify(member.id, pin=WRONG, attempt_key="hop", channel="test"),
        times=16,
        threads=16,
    )

    assert set(verdicts) == {Verdict(is_right=False, tries_left=2, locked_until=None)}
    assert Pin.objects.get().tries == 1
    assert PinAttempt.objects.count() == 1


def test_a_change_repeated_at_once_is_made_once(member: Member) -> None:
    verdicts = at_once(
        lambda: services.change(member.id, old=PIN, new="8264", attempt_key="hop", channel="test"),
        times=8,
        threads=8,
    )

    assert all(verdict.is_right for verdict in verdicts)
    assert sum("was changed" in text for text in texts_to(member.phone)) == 1


def test_of_two_changes_at_once_one_is_made(member: Member) -> None:
    new = iter(["8264", "7391"] * 4)
    verdicts = at_once(
        lambda: services.change(
            member.id, old=PIN, new=(pin := next(new)), attempt_key=pin, channel="test"
        ),
        times=2,
        threads=2,
    )

    assert sorted(verdict.is_right for verdict in verdicts) == [False, True]


def test_of_many_first_pins_at_once_one_is_chosen_with_one_code() -> None:
    member = MemberFactory.create()
    receive_money(member)
    code = sent_code(member.phone, Purpose.SET_PIN)
    keys = count()

    def choose() -> str:
        try:
            services.choose_first(
                member.id, pin=PIN, attempt_key=str(next(keys)), channel="test", code=code
            )
        except (services.PinExists, codes.Refused) as error:
            return error.code
        return "chosen"

    outcomes = at_once(choose, times=16, threads=16)

    assert outcomes.count("chosen") == 1
    assert Sms.objects.filter(kind="security").count() == 1


def test_one_first_pin_repeated_at_once_is_chosen_for_all_who_ask() -> None:
    member = MemberFactory.create()
    receive_money(member)
    code = sent_code(member.phone, Purpose.SET_PIN)

    def choose() -> bool:
        services.choose_first(member.id, pin=PIN, attempt_key="hop", channel="test", code=code)
        return True

    assert all(at_once(choose, times=16, threads=16))
    assert Sms.objects.filter(kind="security").count() == 1


def test_a_try_is_never_rolled_back_with_what_follows(member: Member) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.verify(member.id, pin=WRONG, attempt_key="hop", channel="test")
