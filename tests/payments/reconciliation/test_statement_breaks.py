"""What only a statement tells, what it settles, and what is left as a break."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.mpesa import paybills
from payments.paybill import services as paybill
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.statements.models import (
    OpenItem,
    StatementFile,
    StatementMatch,
    Suggestion,
)
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State as Payout
from tests.factories import mpesa
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE
from tests.factories.safaricom import Safaricom
from tests.factories.statements import (
    LAST_SECOND,
    MIDNIGHT,
    Moved,
    Paper,
    breaks_left,
    handed_in,
    today,
    unknown_payout,
)
from wallets.ledger.chart import Kind as Account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CHARGE = "Business Payment to Customer Charge"
PAID_OUT = "Business Payment to Customer via API"
SETTLEMENT = "Organization Settlement Account"


def told(moved: Moved, account: str) -> paybills.PaybillPayment:
    """Return the confirmation of a payment that the statement will list."""
    return paybills.PaybillPayment(
        receipt=moved.receipt,
        amount_cents=moved.cents,
        shortcode=SHORTCODE,
        account=account,
        paid_at=timezone.now() - timedelta(minutes=30),
    )


class TestPayouts:
    """A payout of unknown result is settled by its own id, and by nothing less."""

    def paper(self, *moved: Moved) -> Paper:
        """Return a statement of the number that pays out."""
        return today(moved, opening_cents=10_000_00, shortcode=PAYOUT_SHORTCODE)

    def line(self, withdrawal: Withdrawal, about: str, cents: int = -500_00) -> Moved:
        """Return the line of a payout."""
        number = f"{withdrawal.phone[1:6]}****{withdrawal.phone[-3:]}"
        at = timezone.now() - timedelta(minutes=1)
        party = f"{number} - JANE DOE"
        return Moved(cents, reason=PAID_OUT, details=f"via API. {about}", party=party, at=at)

    def test_its_id_settles_it(self, safaricom: Safaricom) -> None:
        withdrawal, our_id = unknown_payout(safaricom)
        line = self.line(withdrawal, f"Original conversation ID is {our_id}.")
        handed_in(self.paper(line))
        withdrawal.refresh_from_db()
        assert (withdrawal.state, withdrawal.receipt) == (Payout.PAID, line.receipt)
        assert StatementMatch.objects.get().rule == "reference"
        assert breaks_left() == {}

    def test_number_amount_and_time_only_suggest(self, safaricom: Safaricom) -> None:
        withdrawal, _ = unknown_payout(safaricom)
        line = self.line(withdrawal, "no id")
        handed_in(self.paper(line))
        withdrawal.refresh_from_db()
        assert withdrawal.state == Payout.UNKNOWN
        assert Suggestion.objects.get().subject_id == withdrawal.pk
        assert breaks_left()[line.receipt] == "in_statement_not_ledger"

    def test_another_amount_under_its_id_settles_nothing(self, safaricom: Safaricom) -> None:
        withdrawal, our_id = unknown_payout(safaricom)
        line = self.line(withdrawal, f"Original conversation ID is {our_id}.", -400_00)
        handed_in(self.paper(line))
        withdrawal.refresh_from_db()
        assert withdrawal.state == Payout.UNKNOWN
        assert breaks_left()[line.receipt] == "in_statement_not_ledger"

    def test_what_was_given_back_and_paid_all_the_same_is_suspense(
        self, safaricom: Safaricom
    ) -> None:
        withdrawal, our_id = unknown_payout(safaricom)
        Withdrawal.objects.filter(pk=withdrawal.pk).update(due_at=None)
        mpesa.pass_time(hours=49)
        Withdrawal.objects.filter(pk=withdrawal.pk).update(due_at=timezone.now())
        mpesa.work()
        mpesa.settle_by_two(withdrawal, paid=False)
        line = self.line(withdrawal, f"Original conversation ID is {our_id}.")
        handed_in(self.paper(line))
        withdrawal.refresh_from_db()
        assert (withdrawal.state, withdrawal.contradicted_at is not None) == (Payout.FAILED, True)
        assert mpesa.standing(Account.SUSPENSE_PAYOUTS, PAYOUT_SHORTCODE) == -500_00
        assert breaks_left()[line.receipt] == "in_statement_not_ledger"

    def test_what_the_statement_does_not_list_is_named(self, safaricom: Safaricom) -> None:
        withdrawal, _ = unknown_payout(safaricom)
        mpesa.pass_time(hours=3)
        handed_in(self.paper(Moved(-5_00, reason=CHARGE)))
        assert breaks_left() == {f"withdrawal:{withdrawal.pk}": "in_ledger_not_statement"}

    def test_a_payout_that_nobody_ordered_is_named_and_not_booked(self) -> None:
        line = Moved(-700_00, reason=PAID_OUT)
        handed_in(self.paper(line))
        assert breaks_left() == {line.receipt: "in_statement_not_ledger"}
        assert mpesa.standing(Account.PAYOUT_FLOAT, PAYOUT_SHORTCODE) == 0


class TestWhatOnlyAStatementTells:
    """Charges, sweeps, reversals."""

    def test_all_charges_of_a_file_are_one_journal(self) -> None:
        moved = [Moved(-5_00, reason=CHARGE), Moved(-9_00, reason=CHARGE)]
        handed_in(Paper(moved=moved, account="Charges Paid Account"))
        assert mpesa.standing(Account.MPESA_CHARGES, SHORTCODE) == 14_00
        assert mpesa.standing(Account.CHARGES_PAYABLE, SHORTCODE) == 14_00
        rules = StatementMatch.objects.values_list("rule", "journal")
        assert {rule for rule, _ in rules} == {"many"}
        assert len({journal for _, journal in rules}) == 1

    def test_charges_that_are_paid_are_owed_no_more(self) -> None:
        paid = "Utility Account to Charges Paid Account"
        charge, settled = Moved(-9_00, reason=CHARGE), Moved(9_00, reason=paid)
        handed_in(Paper(moved=[charge, settled], account="Charges Paid Account"))
        other = Moved(-9_00, receipt=settled.receipt, reason=paid)
        handed_in(Paper(moved=[other], opening_cents=50_00))
        assert mpesa.standing(Account.CHARGES_PAYABLE, SHORTCODE) == 0
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == -9_00
        assert (OpenItem.objects.count(), breaks_left()) == (0, {})

    def test_a_charge_that_the_tariff_does_not_know_is_named(self) -> None:
        right, wrong = Moved(-1_600_00, reason=PAID_OUT), Moved(-100_00, reason=PAID_OUT)
        charges = [
            Moved(-9_00, receipt=right.receipt, reason=CHARGE),
            Moved(-5_00, receipt=wrong.receipt, reason=CHARGE),
        ]
        paper = Paper(
            moved=[right, wrong, *charges], opening_cents=5_000_00, shortcode=PAYOUT_SHORTCODE
        )
        handed_in(paper)
        (found,) = Break.objects.filter(kind="charge_mismatch")
        assert (found.reference, found.amount_cents) == (wrong.receipt, -5_00)
        assert found.details["tariff_cents"] == 0

    def test_a_sweep_is_booked_once_whichever_side_tells_of_it(self) -> None:
        reason = f"Utility Account to {SETTLEMENT}"
        out = Moved(-500_00, reason=reason)
        handed_in(Paper(moved=[out], opening_cents=800_00))
        assert mpesa.standing(Account.SETTLEMENT_IN_TRANSIT, SHORTCODE) == 500_00
        into = Moved(500_00, receipt=out.receipt, reason=reason)
        on = Moved(-500_00, reason=f"{SETTLEMENT} to Bank")
        handed_in(Paper(moved=[into, on], account=SETTLEMENT))
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == -500_00
        assert mpesa.standing(Account.SETTLEMENT_IN_TRANSIT, SHORTCODE) == 0
        assert mpesa.standing(Account.BANK_IN_TRANSIT, SHORTCODE) == 500_00
        assert (OpenItem.objects.count(), breaks_left()) == (0, {})

    def test_two_amounts_of_one_sweep_are_named(self) -> None:
        reason = f"Utility Account to {SETTLEMENT}"
        out = Moved(-500_00, reason=reason)
        handed_in(Paper(moved=[out], opening_cents=800_00))
        handed_in(
            Paper(moved=[Moved(400_00, receipt=out.receipt, reason=reason)], account=SETTLEMENT)
        )
        assert breaks_left() == {out.receipt: "amount_differs"}

    def test_a_move_between_own_accounts_is_over_when_both_tell_of_it(self) -> None:
        out = Moved(-500_00, reason="Working Account to Utility Account")
        paper = Paper(moved=[out], opening_cents=800_00, account="Working Account")
        handed_in(paper)
        assert breaks_left() == {out.receipt: "in_statement_not_ledger"}
        handed_in(Paper(moved=[Moved(500_00, receipt=out.receipt, reason=out.reason)]))
        assert (OpenItem.objects.count(), breaks_left()) == (0, {})
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0

    def test_what_was_taken_back_out_of_suspense_is_returned(self) -> None:
        paid = Moved(300_00, account="school fees")
        handed_in(Paper(moved=[paid]))
        back = Moved(-300_00, reason="Pay Utility Reversal", linked=paid.receipt)
        later = {"since": MIDNIGHT + DAY, "until": LAST_SECOND + DAY, "opening_cents": 300_00}
        handed_in(Paper(moved=[back], **later))
        payment = PaybillPayment.objects.get()
        assert payment.state == PaybillState.RETURNED
        assert mpesa.standing(Account.SUSPENSE_RECEIPTS, SHORTCODE) == 0
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0
        assert (OpenItem.objects.count(), breaks_left()) == (0, {})

    def test_what_is_taken_back_in_the_same_file_reaches_no_wallet(self) -> None:
        member = mpesa.member_with()
        paid = Moved(300_00, account=member.worker_id)
        back = Moved(-300_00, reason="Pay Utility Reversal", linked=paid.receipt)
        handed_in(Paper(moved=[paid, back]))
        assert (mpesa.balance(member), mpesa.texts(member)) == (0, [])
        assert PaybillPayment.objects.get().state == PaybillState.RETURNED
        assert breaks_left() == {}

    def test_what_is_taken_back_out_of_a_wallet_touches_no_wallet(self) -> None:
        member = mpesa.member_with()
        paid = Moved(300_00, account=member.worker_id)
        handed_in(Paper(moved=[paid]))
        back = Moved(-300_00, reason="Pay Utility Reversal", linked=paid.receipt)
        later = {"since": MIDNIGHT + DAY, "until": LAST_SECOND + DAY, "opening_cents": 300_00}
        handed_in(Paper(moved=[back], **later))
        assert mpesa.balance(member) == 300_00
        assert mpesa.standing(Account.SUSPENSE_PAYOUTS, SHORTCODE) == -300_00
        assert breaks_left() == {paid.receipt: "reversed_at_provider"}

    @pytest.mark.parametrize("is_in_a_wallet", [True, False])
    def test_what_is_taken_back_twice_is_booked_once_and_named(self, is_in_a_wallet: bool) -> None:
        account = mpesa.member_with().worker_id if is_in_a_wallet else "school fees"
        paid = Moved(300_00, account=account)
        handed_in(Paper(moved=[paid], opening_cents=500_00))
        first, second = (
            Moved(-300_00, reason="Pay Utility Reversal", linked=paid.receipt) for _ in range(2)
        )
        later = {"since": MIDNIGHT + DAY, "until": LAST_SECOND + DAY, "opening_cents": 800_00}
        handed_in(Paper(moved=[first, second], **later))
        (left,) = OpenItem.objects.all()
        assert left.line.receipt == second.receipt
        found = Break.objects.get(reference=second.receipt)
        assert (found.kind, found.amount_cents) == ("duplicate", -300_00)
        assert found.cause == "M-Pesa has undone one payment twice"
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0

    def test_a_part_that_is_taken_back_again_is_no_duplicate(self) -> None:
        paid = Moved(300_00, account="school fees")
        back = Moved(-300_00, reason="Pay Utility Reversal", linked=paid.receipt)
        part = Moved(-100_00, reason="Pay Utility Reversal", linked=paid.receipt)
        handed_in(Paper(moved=[paid, back, part], opening_cents=500_00))
        assert breaks_left() == {part.receipt: "amount_differs"}

    def test_a_reversal_of_nothing_is_named_and_not_booked(self) -> None:
        back = Moved(-300_00, reason="Pay Utility Reversal", linked="UKTNOBODY1")
        handed_in(Paper(moved=[back], opening_cents=300_00))
        assert breaks_left() == {back.receipt: "orphan_reversal"}
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0


class TestDifferences:
    """What our books say otherwise."""

    def test_another_amount(self) -> None:
        booked = Moved(800_00)
        paybill.pulled(told(booked, "X"))
        handed_in(Paper(moved=[Moved(700_00, receipt=booked.receipt)]))
        assert breaks_left() == {booked.receipt: "amount_differs"}
        assert Break.objects.get().amount_cents == -100_00

    def test_another_number(self, settings: Any) -> None:
        booked = Moved(800_00)
        paybill.pulled(told(booked, "X"))
        settings.MPESA_SHORTCODE = "600009"
        handed_in(Paper(moved=[booked], shortcode="600009"))
        assert breaks_left()[booked.receipt] == "wrong_account"

    def test_the_same_twice(self) -> None:
        line = Moved(800_00)
        handed_in(Paper(moved=[line, Moved(800_00, receipt=line.receipt)]))
        assert breaks_left() == {line.receipt: "duplicate"}
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 800_00

    def test_what_is_not_in_the_statement_is_named_and_closes_with_the_next(self) -> None:
        late = Moved(800_00)
        with_time = told(late, "X")
        paybill.pulled(with_time)
        handed_in(today([Moved(5_00)], newest_first=False))
        assert breaks_left() == {late.receipt: "in_ledger_not_statement"}
        file = StatementFile.objects.get()
        assert file.period_to is not None
        after = file.period_to + timedelta(seconds=1)
        line = Moved(800_00, receipt=late.receipt, at=after + timedelta(minutes=1))
        paper = Paper(moved=[line], since=after, until=after + DAY, opening_cents=5_00)
        handed_in(paper)
        assert breaks_left() == {}
        closed = Break.objects.get(reference=late.receipt)
        assert closed.closed_as == "the statement and our books agree on it"

    def test_what_was_booked_at_the_end_of_the_period_waits_for_the_next(self) -> None:
        paybill.pulled(told(Moved(800_00), "X"))
        now = timezone.now().replace(microsecond=0)
        edge = now - timedelta(minutes=25)
        handed_in(Paper(moved=[], since=edge - DAY, until=edge))
        assert Break.objects.get().details["timing"] is True
