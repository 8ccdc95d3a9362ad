"""Safaricom tells of one prompt twice: by the prompt's own callback, and as a paybill payment."""

from typing import Any

import pytest

from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill.states import State
from tests.factories import mpesa, paybill, safaricom
from tests.factories.safaricom import PUSH, Safaricom, post, push_result
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
RECEIPT = "UKL1A2B3C4"


@pytest.fixture(autouse=True)
def server(settings: Any) -> Any:
    """A Safaricom that does as it is told, and the key of our paybill."""
    with safaricom.serving() as running:
        mpesa.use(settings, **mpesa.account(running.url), PAYBILL_CALLBACK_KEY=paybill.KEY)
        yield running


@pytest.fixture
def her() -> Member:
    return mpesa.member_with(phone="+254712345678")


def _prompted(her: Member) -> Deposit:
    deposit = deposits.request(her.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def _echo(account: str, **changes: str) -> dict[str, Any]:
    return paybill.body(
        account, "500.00", **{"TransID": RECEIPT, "BusinessShortCode": mpesa.SHORTCODE, **changes}
    )


def _answered(server: Safaricom) -> None:
    (pushed,) = server.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt=RECEIPT))
    mpesa.read_inbox()


def _stands(her: Member, deposit: Deposit) -> None:
    """The money is there once, as a deposit with its receipt, and nothing lies in suspense."""
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, RECEIPT)
    assert mpesa.balance(her) == 500_00
    assert mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE) == 500_00
    assert mpesa.standing(Kind.SUSPENSE_RECEIPTS, mpesa.SHORTCODE) == 0
    assert len(mpesa.texts(her)) == 1


def test_the_echo_comes_after_the_callback(her: Member, server: Safaricom) -> None:
    deposit = _prompted(her)
    _answered(server)
    echo = _echo(deposit.reference)

    assert paybill.confirm(echo) == "echo"

    _stands(her, deposit)
    assert paybill.payment(echo).deposit_id == deposit.pk


def test_the_echo_comes_before_the_callback(her: Member, server: Safaricom) -> None:
    deposit = _prompted(her)

    assert paybill.confirm(_echo(deposit.reference)) == "echo"
    _answered(server)

    _stands(her, deposit)


def test_the_callback_never_comes_and_the_echo_is_enough(her: Member) -> None:
    deposit = _prompted(her)

    assert paybill.confirm(_echo(f" {deposit.reference.lower()} ")) == "echo"

    _stands(her, deposit)


def test_the_echo_names_nothing_that_we_know_and_comes_second(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    _answered(server)

    assert paybill.confirm(_echo("2046332")) == "echo"

    _stands(her, deposit)


def test_the_echo_names_her_phone_and_comes_second(her: Member, server: Safaricom) -> None:
    deposit = _prompted(her)
    _answered(server)

    assert paybill.confirm(_echo(her.phone)) == "echo"

    _stands(her, deposit)


def test_the_echo_comes_twice(her: Member, server: Safaricom) -> None:
    deposit = _prompted(her)
    echo = _echo(deposit.reference)

    assert paybill.confirm(echo) == "echo"
    assert paybill.confirm({**echo, "OrgAccountBalance": "1.00"}) == "known"
    _answered(server)

    _stands(her, deposit)


def test_somebody_pays_another_amount_by_hand_to_an_old_reference(
    her: Member, server: Safaricom
) -> None:
    deposit = _prompted(her)
    _answered(server)
    by_hand = _echo(deposit.reference, TransID="UKS7777777", TransAmount="70")

    assert paybill.confirm(by_hand) == "credited"

    assert mpesa.balance(her) == 570_00
    assert paybill.payment(by_hand).state == State.CREDITED


def test_somebody_pays_the_same_by_hand_once_more(her: Member, server: Safaricom) -> None:
    deposit = _prompted(her)
    _answered(server)

    assert paybill.confirm(_echo(deposit.reference, TransID="UKS7777777")) == "credited"

    assert mpesa.balance(her) == 1_000_00
