"""Our client and callbacks against the simulated M-Pesa, over real HTTP both ways."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.db import transaction
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from nannychain import inbox
from nannychain.inbox import services as inbox_services
from payments.mpesa import balances, callbacks, client
from payments.mpesa.callbacks import validation as validation_of
from payments.mpesa.callbacks.addresses import Path, paybill_urls
from payments.mpesa.meanings import Outcome, Where
from tests.payments.mpesa.test_mpesa_callbacks import KEY, Rail
from tests.simulators.daraja.caller import (
    B2C,
    ENVIRONMENT,
    INITIATOR,
    PASSKEY,
    PASSWORD,
    SECRET,
    SHORTCODE,
)
from tests.simulators.daraja.caller import KEY as CONSUMER_KEY
from tests.simulators.program import Simulators

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
PHONE, AUTOMATIC = "+254712345678", "+254712999924"


@pytest.fixture(scope="module")
def program() -> Iterator[Simulators]:
    """The simulators, as a program of their own."""
    with Simulators(ENVIRONMENT) as running:
        yield running


@pytest.fixture
def mpesa(program: Simulators, settings: Settings, live_server: LiveServer) -> Simulators:
    """The simulated M-Pesa, which knows us and calls us back."""
    program.post("/control/reset")
    pem = requests.get(f"{program.url}/daraja/certificate", timeout=10).text
    settings.PUBLIC_BASE_URL = live_server.url
    settings.PAYBILL_CALLBACK_KEY = KEY
    settings.MPESA_BASE_URL = f"{program.url}/daraja"
    settings.MPESA_CONSUMER_KEY, settings.MPESA_CONSUMER_SECRET = CONSUMER_KEY, SECRET
    settings.MPESA_SHORTCODE, settings.MPESA_PASSKEY = SHORTCODE, PASSKEY
    settings.MPESA_B2C_SHORTCODE, settings.MPESA_INITIATOR_NAME = B2C, INITIATOR
    settings.MPESA_INITIATOR_PASSWORD, settings.MPESA_CERTIFICATE = PASSWORD, pem
    return program


@pytest.fixture
def rail(monkeypatch: pytest.MonkeyPatch) -> Rail:
    made = Rail()
    monkeypatch.setattr(inbox_services, "_sources", dict(inbox_services._sources))
    inbox.register(
        callbacks.pushes("test.push", settle=made.settle, ask=made.ask),
        callbacks.payouts("test.payout", settle=made.settle, ask=made.ask),
        callbacks.questions("test.question", settle=made.settle, ask=made.ask),
        callbacks.paybill(settle=made.settle_paybill, doubt=made.doubt_paybill),
    )
    return made


def opened(kind: str) -> str:
    with transaction.atomic():
        return callbacks.new(kind, "0199")


def urls(kind: str, result: Path, timeout: Path) -> dict[str, str]:
    token = opened(kind)
    return {
        "result_url": callbacks.url(token, result),
        "timeout_url": callbacks.url(token, timeout),
    }


def settled(rail: Rail, wanted: Callable[[], Any] | None = None) -> Any:
    """Work off what comes in until the rail has heard of it."""
    deadline = time.monotonic() + 15
    wanted = wanted or (lambda: rail.settled)
    while time.monotonic() < deadline:
        inbox_services.sweep()
        if found := wanted():
            return found
        time.sleep(0.05)
    raise AssertionError("nothing was told")


def test_a_prompt_is_paid_and_told_with_its_receipt(mpesa: Simulators, rail: Rail) -> None:
    pushed = client.push(
        phone=AUTOMATIC,
        amount_cents=750_00,
        account_reference="D0001",
        description="Deposit",
        callback_url=callbacks.url(opened("test.push"), Path.DEPOSIT),
    )
    assert pushed.outcome is Outcome.ACCEPTED
    ((subject_id, message),) = settled(rail)
    assert (subject_id, message.meaning.outcome) == ("0199", Outcome.PAID)
    assert (message.amount_cents, message.checkout_request_id) == (
        750_00,
        pushed.checkout_request_id,
    )
    status = client.push_status(checkout_request_id=pushed.checkout_request_id)
    assert status.outcome is Outcome.PAID
    now = datetime.now(tz=UTC)
    page = client.pull(since=now - timedelta(hours=1), until=now + timedelta(minutes=1))
    assert [payment.receipt for payment in page.payments] == [message.receipt]
    assert page.payments[0].account == "D0001"


def test_a_number_is_registered_for_pulling_once_and_again_is_yes(mpesa: Simulators) -> None:
    register = {"nominated_phone": PHONE, "callback_url": paybill_urls()[1]}
    first, again = client.register_pull(**register), client.register_pull(**register)
    assert (first.outcome, first.code) == (Outcome.ACCEPTED, "1000")
    assert (again.outcome, again.code) == (Outcome.ACCEPTED, "1001")
    nobody = client.register_pull(**{**register, "nominated_phone": "+254"})
    assert (nobody.outcome, nobody.code) == (Outcome.REJECTED, "400.002.02")


def test_a_prompt_that_nobody_answers_stays_pending(mpesa: Simulators) -> None:
    pushed = client.push(
        phone=PHONE,
        amount_cents=100_00,
        account_reference="D0002",
        description="Deposit",
        callback_url=callbacks.url(opened("test.push"), Path.DEPOSIT),
    )
    for _ in range(8):
        status = client.push_status(checkout_request_id=pushed.checkout_request_id)
        assert status.outcome is Outcome.PENDING


def test_a_payout_is_paid_once_and_its_status_agrees(mpesa: Simulators, rail: Rail) -> None:
    asked: dict[str, Any] = {
        "originator_conversation_id": "0199-1",
        "phone": PHONE,
        "amount_cents": 500_00,
        "remarks": "Withdrawal",
        **urls("test.payout", Path.PAYOUT_RESULT, Path.PAYOUT_TIMEOUT),
    }
    assert client.pay_out(**asked).outcome is Outcome.ACCEPTED
    again = client.pay_out(**asked)
    assert (again.outcome, again.meaning.is_known) == (Outcome.UNKNOWN, True)
    ((_, message),) = settled(rail)
    assert message.meaning(Where.PAYOUT).outcome is Outcome.PAID
    assert (message.amount_cents, message.receiver.phone) == (500_00, PHONE)
    rail.settled.clear()
    client.transaction_status(
        shortcode=B2C,
        originator_conversation_id="0199-1",
        **urls("test.question", Path.RESULT, Path.TIMEOUT),
    )
    ((_, told),) = settled(rail)
    assert told.status.outcome is Outcome.PAID
    assert (told.receipt, told.original_conversation_id) == (message.receipt, "0199-1")


def test_a_queue_timeout_asks(mpesa: Simulators, rail: Rail) -> None:
    mpesa.fault("queue_timeout", target="daraja.payout")
    client.pay_out(
        originator_conversation_id="0199-2",
        phone=PHONE,
        amount_cents=500_00,
        remarks="Withdrawal",
        **urls("test.payout", Path.PAYOUT_RESULT, Path.PAYOUT_TIMEOUT),
    )
    assert settled(rail, lambda: rail.asked)
    assert rail.settled == []


def test_balances_come(mpesa: Simulators, rail: Rail) -> None:
    client.account_balance(shortcode=B2C, **urls("test.question", Path.RESULT, Path.TIMEOUT))
    ((_, told),) = settled(rail)
    assert balances.utility_cents(balances.of_result(told)) == 5_000_000_00


def test_a_deposit_is_given_back(mpesa: Simulators, rail: Rail) -> None:
    client.push(
        phone=AUTOMATIC,
        amount_cents=320_00,
        account_reference="D0003",
        description="Deposit",
        callback_url=callbacks.url(opened("test.push"), Path.DEPOSIT),
    )
    ((_, paid),) = settled(rail)
    rail.settled.clear()
    client.reverse(
        receipt=paid.receipt,
        amount_cents=320_00,
        remarks="Mistake",
        **urls("test.question", Path.RESULT, Path.TIMEOUT),
    )
    ((_, told),) = settled(rail)
    assert told.meaning(Where.REVERSAL).outcome is Outcome.PAID
    assert told.value("OriginalTransactionID") == paid.receipt


def test_a_paybill_payment_is_asked_about_and_told(
    mpesa: Simulators, rail: Rail, monkeypatch: pytest.MonkeyPatch
) -> None:
    validation, confirmation = paybill_urls()
    registered = client.register_urls(confirmation_url=confirmation, validation_url=validation)
    assert registered.outcome is Outcome.ACCEPTED
    monkeypatch.setattr(validation_of, "_hook", validation_of._Hook(decide=lambda _: None))
    done = mpesa.post("/phone/mpesa/pay", phone=PHONE, account="NW-7K3QX9MB", shillings=800)
    assert done["is_done"]
    (payment,) = settled(rail, lambda: rail.paid)
    assert (payment.receipt, payment.amount_cents) == (done["receipt"], 800_00)
    assert (payment.account, payment.phone_masked) == ("NW-7K3QX9MB", "2547 ***** 678")


def test_a_token_that_ends_early_costs_a_second_request_and_nothing_else(
    mpesa: Simulators, rail: Rail
) -> None:
    mpesa.fault("token_invalid", target="daraja.payout")
    taken = client.pay_out(
        originator_conversation_id="0199-3",
        phone=PHONE,
        amount_cents=500_00,
        remarks="Withdrawal",
        **urls("test.payout", Path.PAYOUT_RESULT, Path.PAYOUT_TIMEOUT),
    )
    assert taken.outcome is Outcome.ACCEPTED
    assert settled(rail)


@pytest.mark.parametrize("kind", ["html", "soap", "error", "answer_lost", "down"])
def test_what_may_have_been_taken_is_unknown(mpesa: Simulators, kind: str) -> None:
    mpesa.fault(kind, target="daraja.payout")
    taken = client.pay_out(
        originator_conversation_id=f"0199-{kind}",
        phone=PHONE,
        amount_cents=500_00,
        remarks="Withdrawal",
        **urls("test.payout", Path.PAYOUT_RESULT, Path.PAYOUT_TIMEOUT),
    )
    assert taken.outcome is Outcome.UNKNOWN
