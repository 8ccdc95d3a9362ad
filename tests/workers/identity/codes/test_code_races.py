"""Many at once with one code: one is let in, and every try is counted."""

from itertools import count

import pytest
from django.db import transaction

from nannychain.errors import TooOften
from nannychain.notifications.models import Sms
from nannychain.transactions import TransactionRequired
from tests.factories.phones import last_code, other_than, sent_code
from tests.factories.threads import at_once
from workers.identity.codes import limits, services
from workers.identity.codes.models import Code, Tally
from workers.identity.codes.purposes import Purpose

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "+254712345678"


def outcome(code: str, *, address: str = "") -> str:
    try:
        services.check(PHONE, purpose=Purpose.PROVE_PHONE, code=code, address=address)
    except services.Refused:
        return "refused"
    except TooOften:
        return "too often"
    return "taken"


def test_of_sixteen_with_the_right_code_one_is_let_in() -> None:
    code = sent_code(PHONE)

    outcomes = at_once(lambda: outcome(code), times=16, threads=16)

    assert sorted(outcomes) == ["refused"] * 15 + ["taken"]


def test_of_sixteen_guesses_at_once_five_are_looked_at() -> None:
    code = sent_code(PHONE)

    at_once(lambda: outcome(other_than(code)), times=16, threads=16)

    assert Code.objects.get().tries_left == 0
    assert outcome(code) == "refused"


def test_limits_hold_for_many_who_try_at_once() -> None:
    most = limits.WRONG_FOR_PHONE[0].most
    addresses = count()

    outcomes = at_once(
        lambda: outcome("000000", address=f"192.0.2.{next(addresses)}"), times=40, threads=16
    )

    assert outcomes.count("refused") == most
    assert outcomes.count("too often") == 40 - most


def test_of_many_codes_asked_for_at_once_three_are_sent_and_the_last_one_counts() -> None:
    def ask() -> bool:
        try:
            services.send(PHONE, purpose=Purpose.PROVE_PHONE, language="en")
        except TooOften:
            return False
        return True

    assert at_once(ask, times=16, threads=16).count(True) == 3
    assert Sms.objects.count() == 3
    assert Code.objects.count() == 1


def test_telling_without_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionRequired):
        services.matches(PHONE, purpose=Purpose.JOIN, code="123456")


def test_a_try_is_counted_also_when_what_follows_fails() -> None:
    """`check` commits by itself; within somebody's transaction it is refused."""
    code = sent_code(PHONE)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.check(PHONE, purpose=Purpose.PROVE_PHONE, code=other_than(code))
    assert outcome(other_than(code)) == "refused"
    assert Code.objects.get().tries_left == services.TRIES - 1
    assert Tally.objects.get(name=limits.WRONG_FOR_PHONE[0].name).count == 1
    assert outcome(last_code(PHONE)) == "taken"
