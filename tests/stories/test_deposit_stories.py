"""Deposits from beginning to end against the simulated M-Pesa, each with something that goes wrong.

Whatever it is, at the end our books have what M-Pesa has, and the wallet is credited once.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from nannychain.alerts.models import Alert
from payments.deposits import services
from payments.deposits.states import State
from tests.factories import mpesa
from tests.factories.daraja import Daraja, hurried, is_over, until
from wallets.ledger.models import Journal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
_LATE = {"seconds": 1.0}


@dataclass(frozen=True)
class Story:
    """What goes wrong, and by whose word the deposit is booked all the same."""

    faults: tuple[tuple[str, str, dict[str, Any]], ...]
    told_by: tuple[str, ...] = ("callback", "status")


STORIES = {
    "nothing goes wrong": Story(()),
    "the callback is lost": Story((("push", "callback_lost", {}),), ("status", "echo")),
    "the callback comes twice": Story((("push", "callback_doubled", {}),)),
    "the callback comes before the answer": Story((("push", "callback_early", {}),)),
    "the callback is late": Story((("push", "callback_late", _LATE),)),
    "the answer is lost after acceptance": Story((("push", "answer_lost", {}),), ("callback",)),
    "the token is invalidated": Story((("push", "token_invalid", {}),)),
    "spike arrest": Story((("push", "spike_arrest", {}),)),
    "the line is down": Story((("push", "down", {}),), ("nobody",)),
    "HTML instead of JSON": Story((("push", "html", {}),), ("nobody",)),
    "SOAP instead of JSON": Story((("push", "soap", {}),), ("nobody",)),
    "a server error": Story((("push", "error", {}),), ("nobody",)),
    "the number is masked": Story((("push", "masked", {}),)),
    "no prompt arrives": Story((("push", "silent", {}),), ("nobody",)),
    "the callback is lost and questions fail": Story(
        (("push", "callback_lost", {}), ("question", "html", {"times": 2})), ("status", "echo")
    ),
    "no token is to be had at first": Story((("token", "down", {}),)),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_deposit_is_booked_once_though(name: str, daraja: Daraja) -> None:
    story = STORIES[name]
    for target, kind, fields in story.faults:
        daraja.fault(target, kind, **fields)
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=500_00, channel="ussd")
    until(hurried(deposit, seconds=10))
    was_taken = bool(daraja.payments("push"))
    until(lambda: mpesa.read_inbox() == [])

    assert was_taken == (story.told_by != ("nobody",))
    assert mpesa.balance(member) == (500_00 if was_taken else 0)
    assert Journal.objects.filter(kind="deposit.settled").count() == int(was_taken)
    deposit.refresh_from_db()
    if was_taken:
        assert (deposit.state, deposit.told_by in story.told_by) == (State.PAID, True)
    else:
        assert deposit.state in (State.EXPIRED, State.REFUSED, State.DECLINED)
    assert len(mpesa.texts(member)) == 1
    daraja.agrees()


@pytest.mark.parametrize(
    ("shillings", "state"),
    [
        (1001, State.DECLINED),
        (1002, State.DECLINED),
        (1003, State.EXPIRED),
        (1004, State.DECLINED),
        (1005, State.EXPIRED),
        (1006, State.DECLINED),
    ],
)
def test_a_payer_who_can_not_or_will_not_is_told_why(
    daraja: Daraja, shillings: int, state: State
) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=shillings * 100, channel="ussd")
    until(lambda: is_over(deposit))
    assert deposit.state == state
    assert "did not go through" in mpesa.texts(member)[0]
    daraja.agrees()


def test_a_code_that_is_in_no_list_is_never_taken_for_a_failure(daraja: Daraja) -> None:
    member = mpesa.member_with()
    deposit = services.request(member.pk, amount_cents=1009_00, channel="ussd")
    until(Alert.objects.filter(key="mpesa:push:7777").exists)
    for _ in range(3):
        mpesa.pass_time(minutes=20)
        mpesa.work()
    assert not is_over(deposit)
    daraja.agrees()
