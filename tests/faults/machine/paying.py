"""What people do with M-Pesa: pay to our number, answer prompts, early, late or not at all."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payments.deposits.models import Deposit
from simulators.daraja.pushes import PIN
from tests.faults.machine.people import Person
from tests.faults.machine.provider import SHORTCODE

if TYPE_CHECKING:
    from tests.faults.machine.history import History

EMPLOYERS = tuple(f"+25472200000{number}" for number in range(1, 5))
_WAGES = (800, 3_000, 8_500, 14_000, 26_000)
# Codes after which a payer may still enter her PIN.
_NOT_OVER = ("1037", "9999", "7777")


@dataclass
class Notes:
    """What the driver knows and our books have to find out.

    `meant_for`: whom a payment to the paybill was for, by receipt; None where the account number
    names nobody. `lied_about`: ids of payouts of which the provider said that they had failed.
    `pressed`: how often staff, or a message that nobody should believe, may have had M-Pesa asked
    about a prompt. `turned_away`: receipts whose return M-Pesa had no time for.
    """

    meant_for: dict[str, Person | None] = field(default_factory=dict)
    lied_about: set[str] = field(default_factory=set)
    forged: set[str] = field(default_factory=set)
    pressed: int = 0
    turned_away: set[str] = field(default_factory=set)


def pay_wage(history: "History", person: Person, chance: random.Random) -> None:
    """An employer pays a wage with the Worker ID as account number."""
    _pay(history, person, person.worker_id, chance.choice(_WAGES), chance.choice(EMPLOYERS))


def pay(history: "History", chance: random.Random) -> None:
    """Somebody pays: to a Worker ID, a phone, the reference of a prompt, or nobody."""
    person = chance.choice(history.world.people)
    how = chance.random()
    meant: Person | None = person
    if how < 0.35:
        account = person.worker_id.replace("-", "") if how < 0.1 else person.worker_id.lower()
    elif how < 0.6:
        account = "0" + person.phone[4:]
    elif how < 0.8 and (found := _reference(history, chance)) is not None:
        account, meant = found
    else:
        account, meant = chance.choice(("RENT", "NW-1234", "0799999999", "")), None
    shillings = chance.choice((*_WAGES, 60_000)) if chance.random() < 0.5 else 100
    _pay(history, meant, account, shillings, chance.choice(EMPLOYERS))


def _reference(history: "History", chance: random.Random) -> tuple[str, Person] | None:
    """Return the reference of somebody's prompt, which another payment may name too."""
    rows = list(Deposit.objects.order_by("pk").values_list("reference", "member_id"))
    if not rows:
        return None
    reference, member_id = chance.choice(rows)
    people = {person.member_id: person for person in history.world.people}
    return reference, people[member_id]


def _pay(
    history: "History", meant: Person | None, account: str, shillings: int, payer: str
) -> None:
    paid = history.as_process(
        history.world.provider.network.paybills.pay,
        phone=payer,
        shortcode=SHORTCODE,
        account=account,
        cents=shillings * 100,
    )
    if paid is not None and paid.is_done:
        history.notes.meant_for[paid.receipt] = meant


def answer_prompts(history: "History", chance: random.Random) -> None:
    """Answer what is on phones: with the PIN, a wrong one, no, or nothing yet."""
    network = history.world.provider.network
    for prompt in history.world.provider.open_prompts():
        if network.pushes.on_phone(prompt["phone"]) is None:
            continue  # it goes its own way
        how = chance.random()
        if how > 0.85:
            continue
        pin = PIN if how < 0.65 else "0000" if how < 0.72 else None
        network.pushes.answer(phone=prompt["phone"], checkout_id=prompt["checkout_id"], pin=pin)
    network.pushes.look()


def answer_late(history: "History", chance: random.Random) -> None:
    """Enter the PIN into a prompt that M-Pesa has called over, without being sure."""
    bank = history.world.provider.bank
    open_now = {prompt["phone"] for prompt in history.world.provider.open_prompts()}
    over = [
        prompt
        for prompt in history.world.provider.prompts()
        if prompt["code"] in _NOT_OVER and prompt["phone"] not in open_now
    ]
    if not over:
        return
    prompt = chance.choice(over)
    bank.run("UPDATE prompts SET is_open = 1 WHERE checkout_id = ?", prompt["checkout_id"])
    history.world.provider.network.pushes.answer(
        phone=prompt["phone"], checkout_id=prompt["checkout_id"], pin=PIN
    )
