"""What a statement does: it proves, books what was missed, and names what is left."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.ids import new_id
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa import paybills
from payments.paybill import services as paybill
from payments.paybill import tending
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.statements import services
from payments.reconciliation.statements.models import (
    OpenItem,
    StatementFile,
    StatementLine,
    StatementMatch,
    Suggestion,
)
from payments.reconciliation.statements.states import State
from tests.factories import mpesa
from tests.factories.mpesa import SHORTCODE
from tests.factories.paybill import answer_of_status
from tests.factories.safaricom import STATUS, Safaricom, post
from tests.factories.statements import (
    LAST_SECOND,
    MIDNIGHT,
    Moved,
    Paper,
    breaks_left,
    handed_in,
    today,
)
from wallets.ledger.chart import Kind as Account
from wallets.ledger.models import Journal

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


def confirmed(safaricom: Safaricom, moved: Moved, *, status: str = "Completed") -> None:
    """Let M-Pesa be asked about a payment, and answer."""
    payment = PaybillPayment.objects.get(receipt=moved.receipt)
    assert payment.state == PaybillState.UNCONFIRMED
    tending.tend(payment.pk)
    question = next(q for q in safaricom.asked(STATUS) if q["TransactionID"] == moved.receipt)
    told = answer_of_status(
        moved.receipt, amount=str(moved.cents // 100), status=status, to=SHORTCODE
    )
    assert post(question["ResultURL"], told) == 200
    mpesa.read_inbox()


class TestFiles:
    """The same file, the same lines, and files that don't follow from each other."""

    def test_the_same_file_twice_is_nothing(self) -> None:
        paper = Paper(moved=[Moved(5_00), Moved(7_00)])
        first = handed_in(paper)
        journals = Journal.objects.count()
        again = handed_in(paper, name="copy.csv")
        assert (again.pk, again.state, StatementFile.objects.count()) == (
            *(first.pk, State.COMPARED),
            1,
        )
        assert (StatementLine.objects.count(), Journal.objects.count()) == (2, journals)

    def test_the_same_lines_in_another_file_are_nothing(self) -> None:
        paper = Paper(moved=[Moved(5_00), Moved(7_00)])
        handed_in(paper)
        journals = Journal.objects.count()
        other = handed_in(paper.xlsx(), name="same.xlsx")
        assert (other.state, other.lines, other.new_lines) == (State.COMPARED, 2, 0)
        assert (StatementLine.objects.count(), Journal.objects.count()) == (2, journals)

    def test_an_overlap_adds_only_what_is_new_and_says_so(self) -> None:
        moved = [Moved(5_00), Moved(7_00), Moved(9_00)]
        at = [MIDNIGHT + timedelta(hours=hour) for hour in (9, 15, 20)]
        timed = [Moved(m.cents, receipt=m.receipt, at=t) for m, t in zip(moved, at, strict=True)]
        handed_in(Paper(moved=timed[:2], until=MIDNIGHT + timedelta(hours=16)))
        later = Paper(moved=timed[1:], opening_cents=5_00, since=MIDNIGHT + timedelta(hours=12))
        second = handed_in(later)
        assert (second.state, second.lines, second.new_lines) == (State.COMPARED, 2, 1)
        assert second.notes == [
            "overlap: two files tell of the time from 20-11-2026 12:00:00 to 20-11-2026 16:00:00"
        ]
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 21_00

    def test_a_gap_is_told_and_closes_when_the_missing_one_comes(self) -> None:
        handed_in(Paper(moved=[Moved(5_00)]))
        third = Paper(
            moved=[Moved(1_00)],
            opening_cents=9_00,
            since=MIDNIGHT + 2 * DAY,
            until=LAST_SECOND + 2 * DAY,
        )
        later = handed_in(third)
        assert [note[:4] for note in later.notes] == ["gap:"]
        assert Alert.objects.filter(key=f"statement:gap:{later.pk}").exists()
        second = Paper(
            moved=[Moved(4_00)], opening_cents=5_00, since=MIDNIGHT + DAY, until=LAST_SECOND + DAY
        )
        between = handed_in(second)
        assert (between.state, between.notes) == (State.COMPARED, [])
        assert not Alert.objects.filter(
            key=f"statement:gap:{later.pk}", resolved_at__isnull=True
        ).exists()

    @pytest.mark.parametrize(
        ("paper", "words"),
        [
            (Paper(moved=[Moved(5_00)], shortcode="700000"), "none of ours"),
            (
                Paper(
                    moved=[Moved(5_00)],
                    opening_cents=6_00,
                    since=MIDNIGHT + DAY,
                    until=LAST_SECOND + DAY,
                ),
                "ends with KSh 5, and the next begins with KSh 6",
            ),
            (Paper(moved=[Moved(1_00), Moved(4_00)], newest_first=False), "missing here"),
            (Paper(moved=[]).csv().replace(b"Paid In", b"Paid Out"), "column"),
        ],
    )
    def test_of_a_refused_file_the_fact_alone_stays(self, paper: Paper | bytes, words: str) -> None:
        handed_in(Paper(moved=[Moved(5_00, receipt="UKTAAAAAA1")]))
        file = handed_in(paper)
        assert file.state == State.REFUSED
        assert words.casefold() in file.reason.casefold()
        file.refresh_from_db()
        assert (file.content, file.shortcode, file.lines, file.period_from) == (None, "", 0, None)
        assert StatementLine.objects.count() == 1

    def test_a_known_line_that_says_something_else_refuses_the_file(self) -> None:
        handed_in(Paper(moved=[Moved(5_00, receipt="UKTAAAAAA2")]))
        file = handed_in(Paper(moved=[Moved(6_00, receipt="UKTAAAAAA2")]))
        assert (file.state, file.refused_line) == (State.REFUSED, 8)
        assert file.reason == "An earlier file has this line otherwise."

    def test_a_refused_file_is_read_anew_when_it_is_handed_in_once_more(
        self, settings: Any
    ) -> None:
        paper = Paper(moved=[Moved(5_00)], shortcode="600009")
        assert handed_in(paper).state == State.REFUSED
        settings.MPESA_SHORTCODE = "600009"
        assert handed_in(paper).state == State.COMPARED


class TestPaymentsThatWereMissed:
    """A line that no message told us of is booked once, whatever comes later."""

    def test_a_certain_account_number_is_credited_and_the_rest_goes_to_suspense(self) -> None:
        member = mpesa.member_with()
        hers = Moved(800_00, account=member.worker_id, party="254722****108 - JANE DOE")
        nobodys = Moved(300_00, account="school fees")
        handed_in(Paper(moved=[hers, nobodys]))
        assert mpesa.balance(member) == 800_00
        assert mpesa.standing(Account.SUSPENSE_RECEIPTS, SHORTCODE) == 300_00
        payment = PaybillPayment.objects.get(receipt=nobodys.receipt)
        assert (payment.state, payment.told_by) == (PaybillState.SUSPENSE, "statement")
        assert (payment.payer_name, payment.payer_phone_masked) == ("JANE DOE", "254722****108")
        assert list(StatementMatch.objects.values_list("rule", flat=True)) == ["booked", "booked"]
        assert breaks_left() == {}

    def test_one_persons_file_puts_nothing_into_a_wallet_before_mpesa_was_asked(
        self, safaricom: Safaricom
    ) -> None:
        member = mpesa.member_with()
        forged, true = (Moved(800_00, account=member.worker_id) for _ in range(2))
        handed_in(today([forged, true]))
        assert mpesa.balance(member) == 0
        assert breaks_left() == dict.fromkeys(
            [forged.receipt, true.receipt], "in_statement_not_ledger"
        )
        confirmed(safaricom, true)
        confirmed(safaricom, forged, status="Declined")
        services.compare_all()
        assert mpesa.balance(member) == 800_00
        assert breaks_left() == {forged.receipt: "in_statement_not_ledger"}

    def test_a_late_message_finds_it_booked(self) -> None:
        member = mpesa.member_with()
        hers = Moved(800_00, account=member.worker_id)
        handed_in(Paper(moved=[hers]))
        assert paybill.pulled(told(hers, member.worker_id)) == "known"
        assert mpesa.balance(member) == 800_00

    def test_what_was_told_before_is_only_matched(self) -> None:
        member = mpesa.member_with()
        hers = Moved(800_00, account=member.worker_id)
        paybill.pulled(told(hers, member.worker_id))
        handed_in(Paper(moved=[hers]))
        assert mpesa.balance(member) == 800_00
        match = StatementMatch.objects.get()
        assert (match.rule, match.journal.key) == ("receipt", f"mpesa:{hers.receipt}")

    def test_names_go_when_a_line_is_matched_and_are_in_no_other_column(self) -> None:
        details = "Pay Bill from 254722****108 - JANE DOE Acc. X"
        moved = [
            Moved(800_00, account="X", details=details),
            Moved(1_00, reason="Something New", details=details),
        ]
        handed_in(Paper(moved=moved))
        assert [item.name for item in OpenItem.objects.all()] == [""]
        texts = StatementLine.objects.values_list("details", "account_number", "phone")
        assert "JANE" not in str(list(texts))

    def test_a_prompt_is_found_by_its_reference(self, safaricom: Safaricom) -> None:
        deposit = self.deposit(safaricom)
        line = Moved(500_00, account=deposit.reference)
        handed_in(today([line]))
        confirmed(safaricom, line)
        services.compare_all()
        deposit.refresh_from_db()
        assert (deposit.state, deposit.receipt) == (DepositState.PAID, line.receipt)
        assert mpesa.balance(deposit.member) == 500_00
        assert StatementMatch.objects.get().rule == "receipt"

    def test_a_deposit_that_was_paid_without_a_receipt_is_not_booked_twice(
        self, safaricom: Safaricom
    ) -> None:
        deposit = self.deposit(safaricom)
        safaricom.push_results = {str(deposit.checkout_id): ("0", "paid")}
        mpesa.pass_time(minutes=1)
        mpesa.work()
        deposit.refresh_from_db()
        assert (deposit.state, deposit.receipt) == (DepositState.PAID, None)
        now = timezone.now() - timedelta(minutes=2)
        shown = f"{deposit.phone[1:6]}****{deposit.phone[-3:]}"
        line = Moved(500_00, account="mangled", party=f"{shown} - JANE DOE", at=now)
        handed_in(today([line]))
        assert mpesa.balance(deposit.member) == 500_00
        assert breaks_left()[line.receipt] == "in_statement_not_ledger"
        suggestion = Suggestion.objects.get()
        assert suggestion.subject_id == deposit.pk
        services.confirm(suggestion.pk, by=Actor(new_id(), "NW-OFFICER"))
        deposit.refresh_from_db()
        assert deposit.receipt == line.receipt
        assert (StatementMatch.objects.get().rule, breaks_left()) == ("person", {})
        assert mpesa.balance(deposit.member) == 500_00

    def deposit(self, safaricom: Safaricom) -> Deposit:
        """Return a deposit whose prompt is out, and of which nobody has told anything."""
        from payments.deposits import services as deposits

        member = mpesa.member_with()
        deposit = deposits.request(member.pk, amount_cents=500_00, channel="ussd")
        mpesa.work()
        deposit.refresh_from_db()
        assert deposit.state == DepositState.SENT
        return deposit
