"""Many transfers at once, with real connections: nothing is sent twice, and nothing spent twice."""

import itertools
from collections.abc import Callable

import pytest

from nannychain.errors import Conflict
from nannychain.notifications.models import Sms
from payments.transfers import services
from payments.transfers.models import Transfer
from tests.factories import money
from tests.factories.threads import at_once
from workers.identity.models import Member

pytestmark = pytest.mark.django_db(transaction=True)


def _send(her: Member, him: Member, cents: int, *, key: str) -> Transfer:
    return services.send(
        her.pk,
        recipient_id=him.pk,
        amount_cents=cents,
        shown_fee_cents=0,
        key=key,
        channel="api",
    )


def _outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except Conflict as refused:
        return refused.code
    return "sent"


def test_one_key_by_sixteen_at_once_is_one_transfer() -> None:
    her, him = money.member(1_000_00), money.member()

    found = at_once(lambda: _send(her, him, 100_00, key="k").pk, times=16, threads=8)

    assert len(set(found)) == 1
    assert (money.balance(her), money.balance(him)) == (900_00, 100_00)
    assert Sms.objects.count() == 2


def test_the_last_money_is_spent_once() -> None:
    her = money.member(1_000_00)
    payees = [money.member() for _ in range(4)]
    keys = itertools.count()

    def send() -> str:
        number = next(keys)
        return _outcome(lambda: _send(her, payees[number % 4], 150_00, key=str(number)))

    found = at_once(send, times=24, threads=12)

    assert (found.count("sent"), found.count("transfers.not_enough")) == (6, 18)
    assert money.balance(her) == 100_00
    assert sum(money.balance(each) for each in payees) == 900_00


def test_two_who_send_to_each_other_wait_in_no_ring() -> None:
    one, other = money.member(1_000_00), money.member(1_000_00)
    keys = itertools.count()

    def send() -> str:
        number = next(keys)
        pair = (one, other) if number % 2 else (other, one)
        return _outcome(lambda: _send(*pair, 10_00, key=str(number)))

    assert at_once(send, times=60, threads=12) == ["sent"] * 60
    assert money.balance(one) + money.balance(other) == 2_000_00


def test_a_new_payee_gets_no_more_from_many_transfers_at_once() -> None:
    her, him = money.member(50_000_00), money.member()
    keys = itertools.count()

    found = at_once(
        lambda: _outcome(lambda: _send(her, him, 500_00, key=str(next(keys)))),
        times=12,
        threads=12,
    )

    assert (found.count("sent"), found.count("limits.new_payee")) == (4, 8)
    assert money.balance(him) == 2_000_00
