"""How many statements money over M-Pesa takes: a payday is thousands of each.

A greater number needs a reason. Savepoints of the test's own transaction count as begin and commit.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from payments.deposits import sending, services
from payments.withdrawals import sending as payouts
from payments.withdrawals import services as withdrawals
from tests.factories import mpesa
from tests.factories.safaricom import PAYOUT, PUSH, Safaricom, payout_result, post, push_result
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture
def her(safaricom: Safaricom) -> Member:
    """A member with money; the accounts that are opened once are open."""
    first = mpesa.member_with(5_000_00)
    withdrawals.request(first.pk, amount_cents=100_00, channel="ussd")
    deposit = services.request(first.pk, amount_cents=100_00, channel="ussd")
    sending.send(deposit.pk)
    (pushed,) = safaricom.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt="UKLFIRST01"))
    mpesa.work()
    return mpesa.member_with(5_000_00)


def _statements(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as found:
        call()
    return len(found)


def test_a_deposit(her: Member, safaricom: Safaricom) -> None:
    def ask() -> None:
        services.request(her.pk, amount_cents=500_00, channel="ussd")

    assert _statements(ask) <= 12
    deposit = her.deposits.get()
    assert _statements(lambda: sending.send(deposit.pk)) <= 16
    pushed = safaricom.asked(PUSH)[-1]
    number = len(safaricom.asked(PUSH))
    body = push_result(pushed, number=number, receipt="UKLSECOND2")

    assert _statements(lambda: post(pushed["CallBackURL"], body)) == 1, "while M-Pesa waits"
    letter = InboxMessage.objects.get(handled_at__isnull=True).pk
    assert _statements(lambda: inbox.handle(letter)) <= 19

    deposit.refresh_from_db()
    assert deposit.state == "PAID"


def test_a_payout(her: Member, safaricom: Safaricom) -> None:
    def ask() -> None:
        withdrawals.request(her.pk, amount_cents=500_00, channel="ussd")

    assert _statements(ask) <= 23
    withdrawal = her.withdrawals.get()
    assert _statements(lambda: payouts._claim(withdrawal.pk)) <= 11
    assert withdrawal.attempts.exists()


def test_the_result_of_a_payout(her: Member, safaricom: Safaricom) -> None:
    withdrawal = withdrawals.request(her.pk, amount_cents=500_00, channel="ussd")
    payouts.send(withdrawal.pk)
    ordered = safaricom.asked(PAYOUT)[-1]
    post(ordered["ResultURL"], payout_result(ordered))
    letter = InboxMessage.objects.get(handled_at__isnull=True).pk

    assert _statements(lambda: inbox.handle(letter)) <= 29

    withdrawal.refresh_from_db()
    assert withdrawal.state == "PAID"
