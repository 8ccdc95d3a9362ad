"""What members ask of us: by the services, by REST, or by the phone."""

import random
from typing import TYPE_CHECKING
from uuid import UUID

from nannychain.errors import NannyChainError
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.transfers import services as transfers
from payments.transfers.models import Transfer
from payments.withdrawals import services as withdrawals
from payments.withdrawals.models import Withdrawal
from tests.faults.machine import doors
from tests.faults.machine.people import Person
from wallets.ledger import reading
from wallets.ledger.reading import Standing
from workers.identity import selectors as members

if TYPE_CHECKING:
    from tests.faults.machine.history import History

_SMALL = (10, 50, 99, 100, 101, 500, 850, 1_500, 1_501, 2_000)
# Amounts that the simulated provider answers in its own ways; see `simulators/daraja/fates.py`. Of
# payouts, those that fail for a reason which is the payout's own; see `credentials` and `float`.
_FATED_PUSHES, _FATED_PAYOUTS = tuple(range(1_001, 1_011)), (1_002, 1_003, 1_004, 1_007)
# Which door is taken: up to the first by REST, up to the second by phone, else the services'.
_BY_REST, _BY_PHONE = 0.15, 0.3
_BIG = (10_001, 12_000, 20_000, 30_000)


def deposit(history: "History", chance: random.Random) -> None:
    """Ask for a prompt."""
    person = chance.choice(history.world.people)
    cents, door = amount(chance, fated=_FATED_PUSHES), chance.random()
    if door < _BY_REST:
        body = {"amount_cents": cents}
        doors.by_rest(history, chance, person, path="wallet/deposits", body=body, makes=Deposit)
    elif door < _BY_PHONE:
        typed = ("3", str(cents // 100), "1")
        doors.by_phone(history, chance, person, typed=typed, makes=Deposit)
    else:
        ask(history, deposits.request, person.member_id, amount_cents=cents, channel="ussd")


def withdraw(history: "History", chance: random.Random) -> None:
    """Take money out."""
    person = chance.choice(history.world.people)
    cents, door = amount(chance, fated=_FATED_PAYOUTS), chance.random()
    had = reading.standing(person.account)
    if door < _BY_REST:
        how = {"path": "wallet/withdrawals", "body": {"amount_cents": cents}}
        doors.by_rest(history, chance, person, **how, makes=Withdrawal, pin_for="withdrawal")
    elif door < _BY_PHONE:
        typed = ("4", str(cents // 100), "1", person.pin)
        doors.by_phone(history, chance, person, typed=typed, makes=Withdrawal)
    else:
        ask(history, withdrawals.request, person.member_id, amount_cents=cents, channel="ussd")
    _look(history, person, had)


def send(history: "History", chance: random.Random) -> None:
    """Send money to another member; the same request may come twice."""
    sender, payee = chance.sample(history.world.people, k=2)
    cents = amount(chance)
    had, door = reading.standing(sender.account), chance.random()
    if door < _BY_REST:
        how = {"path": "wallet/transfers", "body": {"to": payee.worker_id, "amount_cents": cents}}
        doors.by_rest(history, chance, sender, **how, makes=Transfer, pin_for="transfer")
    elif door < _BY_PHONE:
        typed = ("5", "0" + payee.phone[4:], str(cents // 100), "1", sender.pin)
        doors.by_phone(history, chance, sender, typed=typed, makes=Transfer)
    else:
        _send_twice(history, chance, sender, payee, cents=cents)
    _look(history, sender, had)


def _send_twice(
    history: "History", chance: random.Random, sender: Person, payee: Person, *, cents: int
) -> None:
    sent, key = Transfer.objects.count(), f"key-{chance.randrange(10**9)}"
    for _ in range(chance.choice((1, 1, 2))):
        ask(history, _send, sender, payee, cents=cents, key=key)
    if Transfer.objects.count() > sent + 1:
        history.oddities.append("one request has sent money twice")


def _look(history: "History", person: Person, before: Standing) -> None:
    """Note where more has left a wallet than could be used of it."""
    now = reading.standing(person.account)
    if before.balance - now.balance > before.available or now.balance < 0:
        history.oddities.append(f"{person.name} had {before}, and has {now}")


def _send(sender: Person, payee: Person, *, cents: int, key: str) -> None:
    recipient = members.member_by_address(payee.phone)
    assert recipient is not None
    transfers.send(
        sender.member_id,
        recipient_id=recipient.pk,
        amount_cents=cents,
        shown_fee_cents=0,
        key=key,
        channel="ussd",
    )


def cancel(history: "History", chance: random.Random) -> None:
    """Call a deposit off."""
    keys = list(Deposit.objects.order_by("pk").values_list("pk", "member_id"))
    if keys:
        key, member_id = chance.choice(keys)
        ask(history, _cancel, key, member_id)


def _cancel(deposit_id: UUID, member_id: UUID) -> None:
    deposits.cancel(deposit_id, member_id=member_id, channel="ussd")


def ask(history: "History", act: object, *values: object, **named: object) -> None:
    """Ask for something that may be refused, by a web process that may not survive it."""
    history.as_process(_or_refused, act, *values, **named)


def _or_refused(act: object, *values: object, **named: object) -> None:
    try:
        act(*values, **named)  # type: ignore[operator]
    except NannyChainError:
        return  # she is told why, and nothing has changed


def amount(chance: random.Random, *, fated: tuple[int, ...] | None = None) -> int:
    """Return an amount in cents: mostly small, some fated, some big, some with cents."""
    drawn = chance.random()
    if fated is not None and drawn < 0.25:
        shillings = chance.choice(fated)
    else:
        shillings = chance.choice(_BIG if drawn > 0.9 else _SMALL)
    return shillings * 100 + chance.choice((0, 0, 0, 37))
