"""What is over is forgotten, and nothing else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, sent_code
from workers.identity import tasks
from workers.identity.codes.models import Code, Tally
from workers.identity.phone_changes import services as phone_changes
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.pins import services as pins
from workers.identity.pins.models import Pin, PinAttempt
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session

pytestmark = pytest.mark.django_db


def test_what_is_over_goes_and_what_is_not_stays() -> None:
    member = MemberFactory.create()
    choose_pin(member)
    pins.verify(member.id, pin=PIN, attempt_key="k", channel="test")
    sent_code(member.phone)
    tokens.open_session(member, device="x")
    phone_changes.ask(member.id, new_phone="0733000111", channel="api")

    def left() -> list[int]:
        tasks.tidy()
        return [each.objects.count() for each in (Code, Tally, PinAttempt, Session, Pin)]

    assert left() == [3, 4, 1, 1, 1]
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert left() == [0, 0, 0, 1, 1]
        assert PhoneChange.objects.get().state == "EXPIRED"
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        assert left() == [0, 0, 0, 0, 1]
