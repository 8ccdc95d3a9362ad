"""A payment that was counted in suspense and is a deposit's own: one line, and no break is left."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.ids import new_id
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.mpesa import paybills
from payments.paybill import services as paybill
from payments.paybill.models import PaybillPayment
from payments.reconciliation.statements import comparing
from payments.reconciliation.statements.models import StatementMatch
from tests.factories import mpesa
from tests.factories.mpesa import SHORTCODE
from tests.factories.safaricom import Safaricom, checkout_id
from tests.factories.statements import Moved, breaks_left, handed_in, today
from wallets.ledger.chart import Kind as Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def deposit(safaricom: Safaricom) -> Deposit:
    """A deposit that was settled by a status query, without a receipt."""
    found = deposits.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    safaricom.push_results[checkout_id(1)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    mpesa.work()
    found.refresh_from_db()
    assert (found.state, found.receipt) == ("PAID", None)
    return found


def _in_suspense() -> Moved:
    line = Moved(500_00, at=timezone.now() - timedelta(minutes=1))
    with transaction.atomic():
        told = paybills.PaybillPayment(
            receipt=line.receipt,
            amount_cents=line.cents,
            shortcode=SHORTCODE,
            account="2046332",
            paid_at=timezone.now(),
        )
        assert paybill.confirmed(told) == "suspense"
    return line


def _leave(deposit: Deposit) -> None:
    asked = approvals.ask(
        "paybill.leave_to_deposit",
        subject_type="payments.paybillpayment",
        subject_id=PaybillPayment.objects.get().pk,
        payload={"deposit": deposit.reference, "evidence": "the statement"},
        by=Actor(id=new_id(), name="NW-ATIEN0"),
        reason="the same minute",
    )
    by = Actor(id=new_id(), name="NW-BARASA")
    approvals.decide(asked.pk, by=by, approve=True, reason="seen it")


def test_the_statement_comes_after_it_was_left_to_the_deposit(deposit: Deposit) -> None:
    line = _in_suspense()
    _leave(deposit)

    handed_in(today([line]))

    assert breaks_left() == {}
    assert StatementMatch.objects.count() == 1


def test_the_statement_comes_before(deposit: Deposit) -> None:
    line = _in_suspense()
    handed_in(today([line]))
    before = breaks_left()

    _leave(deposit)
    comparing.compare(SHORTCODE)

    assert breaks_left() == {}, before
    assert StatementMatch.objects.count() == 1


@pytest.mark.parametrize(
    "party", ["254700****999 - JOHN DOE", "0700***999 - X", "254700000999 - X"]
)
def test_what_another_phone_has_paid_is_booked(deposit: Deposit, party: str) -> None:
    line = Moved(
        500_00, party=party, account="school fees", at=timezone.now() - timedelta(minutes=1)
    )
    handed_in(today([line]))
    assert PaybillPayment.objects.get().receipt == line.receipt
    assert mpesa.standing(Account.SUSPENSE_RECEIPTS, SHORTCODE) == 500_00
    assert line.receipt not in breaks_left()


@pytest.mark.parametrize("shown", ["{0}****{1} - X", "", "JANE DOE", "+{2} - X", "*** - X"])
def test_what_the_same_phone_may_have_paid_is_left_to_a_person(
    deposit: Deposit, shown: str
) -> None:
    digits = deposit.phone.removeprefix("+")
    party = shown.format(digits[:5], digits[-3:], digits)
    line = Moved(
        500_00, party=party, account="school fees", at=timezone.now() - timedelta(minutes=1)
    )
    handed_in(today([line]))
    assert not PaybillPayment.objects.exists()
    assert breaks_left()[line.receipt] == "in_statement_not_ledger"
