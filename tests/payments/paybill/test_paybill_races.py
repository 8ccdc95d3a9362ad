"""The paybill with real connections: two who tell of one payment at once make it one payment."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from django.db import transaction

from nannychain.errors import Conflict
from nannychain.ids import new_id
from nannychain.notifications.models import Sms
from payments.mpesa import paybills
from payments.mpesa.receipts import services as receipts
from payments.paybill import outcomes, prompts, services
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import books, money, paybill
from tests.factories.threads import at_once
from wallets.ledger import posting
from wallets.wallet import selectors as wallets

pytestmark = pytest.mark.django_db(transaction=True)


def _outcome(call: Callable[[], object]) -> str:
    try:
        with transaction.atomic():
            return str(call())
    except Conflict as refused:
        return refused.code


def test_confirmation_and_list_at_once_book_one_payment() -> None:
    her = money.member()
    told = paybills.payment(paybill.body(her.worker_id))
    turn = itertools.count()

    def tell() -> str:
        take = services.confirmed if next(turn) % 2 else services.pulled
        return _outcome(lambda: take(told))

    found = at_once(tell, times=16, threads=8)

    assert sorted(found) == ["credited"] + ["known"] * 15
    assert money.balance(her) == 800_00
    assert Sms.objects.count() == 1


def test_many_payments_to_one_wallet_at_once_are_all_there() -> None:
    her = money.member()
    told = [paybills.payment(paybill.body(her.worker_id, "10")) for _ in range(40)]

    at_once(lambda: _outcome(lambda: services.confirmed(told.pop())), times=40, threads=10)

    assert money.balance(her) == 400_00


@dataclass(frozen=True)
class _Match:
    deposit_id: UUID
    member_id: UUID
    is_echo: bool = True


def test_a_prompts_callback_and_its_echo_at_once_book_the_money_once() -> None:
    """The deposit stands for what deposits do: claim the receipt, and post under its own key."""
    her = money.member()
    body = paybill.body("D0123456789")
    told, deposit_id = paybills.payment(body), new_id()

    def book() -> bool:
        is_own = receipts.claim(told.receipt, owner=f"deposit:{deposit_id}")
        if is_own:
            draft = books.deposit(wallets.account_of(her.pk), 800_00, key=str(deposit_id))
            posting.post(draft)
        return is_own

    def record(deposit: UUID, *, receipt: str, amount_cents: int, at: datetime | None) -> bool:
        return book()

    def find(account: str, **_: object) -> _Match | None:
        return _Match(deposit_id, her.pk) if account == "D0123456789" else None

    joined = prompts._joined.prompts
    prompts.join(
        prompts.Prompts(find=find, near=lambda **_: (), hold=lambda _: None, record=record)
    )
    turn = itertools.count()
    try:
        at_once(
            lambda: _outcome((lambda: services.confirmed(told)) if next(turn) % 2 else book),
            times=16,
        )
    finally:
        prompts.join(joined)

    assert money.balance(her) == 800_00
    assert paybill.payment(body).state == State.ECHO


def test_two_who_allot_at_once_allot_once() -> None:
    body = paybill.body("nobody")
    with transaction.atomic():
        services.confirmed(paybills.payment(body))
    row = paybill.payment(body)
    members = [money.member() for _ in range(6)]
    turn = itertools.count()

    def allot() -> None:
        locked = outcomes.locked(row.pk)
        assert locked is not None
        outcomes.allot(locked, members[next(turn) % 6], why="a test")

    found = at_once(lambda: _outcome(allot), times=6, threads=6)

    assert found.count("None") == 1
    assert sum(money.balance(each) for each in members) == 800_00
    assert PaybillPayment.objects.get().state == State.CREDITED
