"""The paybill's echo of a prompt has lost our reference: the money is counted once all the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from nannychain.alerts.models import Alert
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa import paybills
from payments.paybill import outcomes
from payments.paybill import services as payments_in
from tests.factories import echoes, mpesa, paybill, safaricom
from tests.factories.safaricom import Safaricom
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings: Any) -> Any:
    with safaricom.serving() as running:
        mpesa.use(settings, **mpesa.account(running.url), PAYBILL_CALLBACK_KEY=paybill.KEY)
        yield running


@pytest.fixture
def her() -> Member:
    return mpesa.member_with(phone=echoes.PHONE)


@pytest.mark.parametrize("number", [echoes.HASHED, echoes.HASHED.upper(), "254712345126"])
def test_the_question_settles_it_and_then_the_echo_comes_from_her_number(
    her: Member, server: Safaricom, number: str
) -> None:
    deposit = echoes.prompted(her)
    echoes.queried(server)

    echo = echoes.echo(number)
    assert paybill.confirm(echo) == "echo"

    echoes.stands(her, deposit, echo)


def test_the_echo_comes_from_her_number_and_then_the_question_is_answered(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)

    echo = echoes.echo(echoes.HASHED)
    assert paybill.confirm(echo) == "echo"
    echoes.queried(server)

    echoes.stands(her, deposit, echo)


def test_the_question_settles_it_and_two_people_find_the_echo_that_hides_its_number(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)
    echoes.queried(server)

    echo = echoes.echo(echoes.MASKED)
    assert paybill.confirm(echo) == "suspense"
    assert (echoes.in_float(), echoes.in_suspense()) == (1_000_00, 500_00)
    echoes.leave_to_deposit(echo, deposit.reference.lower())

    echoes.stands(her, deposit, echo)


def test_the_echo_that_hides_its_number_comes_first_and_two_people_find_it(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)

    echo = echoes.echo(echoes.MASKED)
    assert paybill.confirm(echo) == "suspense"
    echoes.queried(server)
    echoes.leave_to_deposit(echo, deposit.reference)

    echoes.stands(her, deposit, echo)


def test_two_people_find_the_echo_of_a_prompt_that_nobody_has_said_was_paid(her: Member) -> None:
    deposit = echoes.prompted(her)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)

    echoes.leave_to_deposit(echo, deposit.reference)

    echoes.stands(her, deposit, echo)


@pytest.mark.parametrize("is_queried", [False, True])
def test_the_echo_lies_in_suspense_and_the_callback_names_its_receipt(
    her: Member, server: Safaricom, is_queried: bool
) -> None:
    deposit = echoes.prompted(her)
    echo = echoes.echo(echoes.MASKED)
    assert paybill.confirm(echo) == "suspense"
    if is_queried:
        echoes.queried(server)

    assert echoes.called_back(server) == ["receipt attached" if is_queried else "paid"]

    echoes.stands(her, deposit, echo)


def test_what_was_told_by_nobody_known_is_named_later_by_mpesas_own_list(
    her: Member, server: Safaricom, settings: Any
) -> None:
    """It waited in suspense, since whoever told of it may have lied; now its reference is known."""
    deposit = echoes.prompted(her)
    echoes.queried(server)
    echo = echoes.echo(echoes.MASKED)
    _put_aside(echo)

    named = paybills.payment({**echo, "BillRefNumber": deposit.reference})
    assert payments_in.pulled(named) == "echo"

    echoes.stands(her, deposit, echo)


def _put_aside(echo: dict[str, Any]) -> None:
    from payments.mpesa import paybills

    with transaction.atomic():
        payments_in.doubted(paybills.payment(echo))
        row = outcomes.locked(paybill.payment(echo).pk)
        assert row is not None
        outcomes.put_aside(row, why="nobody known said for whom")


def test_staff_allotted_the_echo_to_her_and_then_the_callback_comes(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)
    echoes.allot(echo, her)

    assert echoes.called_back(server) == ["booked already"]
    echoes.queried(server)

    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, echoes.RECEIPT)
    assert (mpesa.balance(her), echoes.in_float(), echoes.in_suspense()) == (500_00, 500_00, 0)
    assert len(mpesa.texts(her)) == 1


@pytest.mark.parametrize("is_queried", [False, True])
def test_staff_allotted_the_echo_to_somebody_else(
    her: Member, server: Safaricom, is_queried: bool
) -> None:
    deposit = echoes.prompted(her)
    echo = echoes.echo(echoes.MASKED)
    paybill.confirm(echo)
    him = mpesa.member_with()
    echoes.allot(echo, him)

    assert echoes.called_back(server) == ["receipt belongs to another"]
    if is_queried:  # M-Pesa says that it was paid, which is true, and books nothing
        echoes.queried(server)

    deposit.refresh_from_db()
    assert (mpesa.balance(her), mpesa.balance(him), echoes.in_float()) == (0, 500_00, 500_00)
    assert Alert.objects.get(key=f"deposit:receipt:{deposit.pk}").details["why"] == (
        "its money is booked as a payment to the paybill"
    )


def test_a_payment_before_the_prompt_is_not_taken_for_its_own(
    her: Member, server: Safaricom
) -> None:
    echoes.prompted(her)
    echoes.queried(server)

    before = echoes.clock(timezone.now() - timedelta(minutes=5))
    assert paybill.confirm(echoes.echo(echoes.HASHED, TransTime=before)) == "suspense"


@pytest.mark.parametrize("state", ["DECLINED", "EXPIRED", "CANCELLED", "REFUSED"])
def test_a_prompt_that_ended_without_money_is_only_suggested(her: Member, state: str) -> None:
    deposit = echoes.prompted(her)
    Deposit.objects.filter(pk=deposit.pk).update(state=state)

    echo = echoes.echo(echoes.HASHED)
    assert paybill.confirm(echo) == "suspense"
    echoes.leave_to_deposit(echo, deposit.reference)

    echoes.stands(her, deposit, echo)


def test_her_payment_by_hand_for_another_member_goes_to_that_one(
    her: Member, server: Safaricom
) -> None:
    echoes.prompted(her)
    echoes.queried(server)
    him = mpesa.member_with()

    assert paybill.confirm(echoes.echo(echoes.HASHED, account=him.worker_id)) == "credited"

    assert (mpesa.balance(her), mpesa.balance(him)) == (500_00, 500_00)


def test_she_pays_by_hand_too_and_both_come_to_her_whichever_was_taken_for_the_prompts(
    her: Member, server: Safaricom
) -> None:
    deposit = echoes.prompted(her)
    echoes.queried(server)

    by_hand = echoes.echo(echoes.HASHED, account=her.worker_id, TransID="UKLBYHAND1")
    assert paybill.confirm(by_hand) == "echo"
    own = echoes.echo(echoes.MASKED, account=deposit.reference)
    assert paybill.confirm(own) == "credited"

    assert (mpesa.balance(her), echoes.in_float(), echoes.in_suspense()) == (1_000_00, 1_000_00, 0)
