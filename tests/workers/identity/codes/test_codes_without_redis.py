"""Codes, PINs and sessions live in PostgreSQL: with Redis away they work, and their limits hold."""

import pytest
import redis
from redis.connection import AbstractConnection

from nannychain.errors import TooOften
from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, other_than, sent_code
from workers.identity.codes import limits, services
from workers.identity.codes.purposes import Purpose
from workers.identity.pins import services as pins
from workers.identity.tokens import services as tokens

pytestmark = pytest.mark.django_db
PHONE = "+254712345678"


@pytest.fixture(autouse=True)
def _no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody connect to Redis, nor use a connection that is there."""

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError("away on purpose")

    for name in ("connect", "send_command", "send_packed_command"):
        monkeypatch.setattr(AbstractConnection, name, away)


def test_a_phone_still_gets_three_codes_in_ten_minutes() -> None:
    for _ in range(3):
        sent_code(PHONE)

    with pytest.raises(TooOften):
        sent_code(PHONE)


def test_guesses_are_still_counted() -> None:
    code = sent_code(PHONE)
    for _ in range(limits.WRONG_FOR_PHONE[0].most):
        with pytest.raises(services.Refused):
            services.check(PHONE, purpose=Purpose.PROVE_PHONE, code=other_than(code))

    with pytest.raises(TooOften):
        services.check(PHONE, purpose=Purpose.PROVE_PHONE, code=code)


def test_members_still_sign_in_and_three_wrong_pins_still_lock() -> None:
    member = MemberFactory.create(phone=PHONE)
    choose_pin(member)
    pair = tokens.sign_in(PHONE, code=sent_code(PHONE), device="x")
    assert tokens.authenticate(pair.access)
    for number in range(3):
        pins.verify(member.id, pin="9173", attempt_key=str(number), channel="test")

    assert not pins.verify(member.id, pin=PIN, attempt_key="right", channel="test").is_right
