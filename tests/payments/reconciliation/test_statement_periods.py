"""Of which time a statement tells, and what follows for the files and the books beside it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from nannychain.alerts.models import Alert
from payments.mpesa import paybills
from payments.paybill import services as paybill
from payments.reconciliation.reports.contents import Period, instant, statements
from payments.reconciliation.statements.models import StatementFile, StatementLine
from payments.reconciliation.statements.states import State
from tests.factories import mpesa
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE
from tests.factories.safaricom import Safaricom
from tests.factories.statements import (
    LAST_SECOND,
    MIDNIGHT,
    Moved,
    Paper,
    as_csv,
    breaks_left,
    handed_in,
    undated,
    unknown_payout,
)
from wallets.ledger.chart import Kind as Account

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = Moved(5_00, at=MIDNIGHT + 9 * HOUR)
EVENING = Moved(7_00, at=MIDNIGHT + 20 * HOUR)
CHARGE = "Business Payment to Customer Charge"


class TestWhatAFileProves:
    """It proves that something was not made only of the time of which it tells."""

    now = timezone.now().replace(microsecond=0)
    charge = Moved(-5_00, reason=CHARGE, at=now - 10 * HOUR)

    def paper(self, *later: Moved, reported: datetime | None = None) -> Paper:
        """Return a statement of a day that is not over yet."""
        return Paper(
            moved=[self.charge, *later],
            since=self.now - 12 * HOUR,
            until=self.now + 6 * HOUR,
            reported=reported,
            shortcode=PAYOUT_SHORTCODE,
            opening_cents=10_000_00,
        )

    def test_an_export_of_noon_says_nothing_of_a_payout_of_the_afternoon(
        self, safaricom: Safaricom
    ) -> None:
        withdrawal, _ = unknown_payout(safaricom)
        mpesa.pass_time(hours=5)
        handed_in(self.paper(reported=self.now - 6 * HOUR))
        assert breaks_left() == {}
        handed_in(self.paper(reported=self.now - HOUR))
        assert breaks_left() == {f"withdrawal:{withdrawal.pk}": "in_ledger_not_statement"}

    def test_a_payout_of_just_before_the_export_may_be_listed_later(
        self, safaricom: Safaricom
    ) -> None:
        unknown_payout(safaricom)
        mpesa.pass_time(hours=5)
        handed_in(self.paper(reported=self.now - timedelta(hours=4.5)))
        assert breaks_left() == {}

    def test_a_file_without_a_date_tells_of_nothing_after_its_last_line(
        self, safaricom: Safaricom
    ) -> None:
        withdrawal, _ = unknown_payout(safaricom)
        mpesa.pass_time(hours=5)
        handed_in(undated(self.paper()))
        assert breaks_left() == {}
        handed_in(undated(self.paper(Moved(-9_00, reason=CHARGE, at=self.now - HOUR))))
        assert breaks_left() == {f"withdrawal:{withdrawal.pk}": "in_ledger_not_statement"}

    def test_a_payment_that_was_booked_after_the_export_is_no_break(self) -> None:
        payment = paybills.PaybillPayment(
            receipt="UKTAFTER01",
            amount_cents=800_00,
            shortcode=SHORTCODE,
            account="X",
            paid_at=self.now - HOUR,
        )
        paybill.pulled(payment)
        paper = self.paper().but(shortcode=SHORTCODE)
        handed_in(paper.but(reported=self.now - 3 * HOUR))
        assert breaks_left() == {}
        handed_in(paper.but(reported=self.now))
        assert breaks_left() == {"UKTAFTER01": "in_ledger_not_statement"}


class TestFilesOfOneDay:
    """An export of noon and one of the evening end alike by their period, and not by their date."""

    noon = Paper(moved=[MORNING], reported=MIDNIGHT + 12 * HOUR)
    whole = Paper(moved=[MORNING, EVENING])
    tomorrow = Paper(
        moved=[Moved(1_00)], opening_cents=12_00, since=MIDNIGHT + DAY, until=LAST_SECOND + DAY
    )

    @pytest.mark.parametrize("is_noon_first", [True, False])
    def test_tomorrows_follows_from_the_one_that_was_made_later(self, is_noon_first: bool) -> None:
        for paper in (self.noon, self.whole) if is_noon_first else (self.whole, self.noon):
            assert handed_in(paper).state == State.COMPARED
        file = handed_in(self.tomorrow)
        assert (file.state, file.notes) == (State.COMPARED, [])

    def test_of_two_without_a_date_it_follows_from_the_one_that_came_later(self) -> None:
        handed_in(undated(self.noon))
        handed_in(undated(self.whole))
        assert handed_in(undated(self.tomorrow)).notes == []

    def test_with_the_one_of_noon_alone_the_afternoon_is_a_gap(self) -> None:
        handed_in(self.noon)
        file = handed_in(self.tomorrow)
        assert (file.state, file.notes) == (
            State.COMPARED,
            ["gap: nothing is known from 20-11-2026 12:00:00 to 21-11-2026 00:00:00"],
        )

    def test_one_without_a_date_ends_at_the_latest_when_it_is_handed_in(self) -> None:
        now = timezone.now().replace(microsecond=0)
        ends = now + 6 * HOUR
        line = Moved(5_00, at=now - HOUR)
        handed_in(undated(Paper(moved=[line], since=now - 12 * HOUR, until=ends)))
        begins = ends + timedelta(seconds=1)
        file = handed_in(
            Paper(moved=[], opening_cents=12_00, since=begins, until=begins + DAY - HOUR)
        )
        assert (file.state, [note[:4] for note in file.notes]) == (State.COMPARED, ["gap:"])

    def test_one_that_was_made_before_its_period_tells_of_nothing(self) -> None:
        handed_in(self.whole)
        early = self.tomorrow.but(moved=[], reported=MIDNIGHT + 13 * HOUR)
        assert handed_in(early).notes == []
        file = handed_in(self.tomorrow)
        assert (file.state, file.new_lines) == (State.COMPARED, 1)

    def test_the_one_of_noon_leaves_no_gap_where_the_evening_is_known(self) -> None:
        handed_in(self.whole)
        handed_in(self.tomorrow)
        file = handed_in(self.noon)
        assert file.notes == [
            "overlap: two files tell of the time from 20-11-2026 00:00:00 to 20-11-2026 23:59:59"
        ]

    @pytest.mark.parametrize("is_noon_first", [True, False])
    def test_the_daily_report_tells_of_the_one_that_was_made_later(
        self, is_noon_first: bool
    ) -> None:
        for paper in (self.noon, self.whole) if is_noon_first else (self.whole, self.noon):
            handed_in(paper)
        now = timezone.now()
        period = Period(begins=now - DAY, cut_off=now, at=now, since=now - DAY)
        (told,) = statements(period)
        assert told["closing_cents"] == 12_00

    def test_the_daily_report_says_up_to_when_the_one_of_noon_tells(self) -> None:
        handed_in(self.noon)
        now = timezone.now()
        period = Period(begins=now - DAY, cut_off=now, at=now, since=now - DAY)
        (told,) = statements(period)
        file = StatementFile.objects.get()
        assert told["to"] == instant(file.span[1]) != instant(file.period_to)


class TestWhatIsNotCompleted:
    """A line that has moved nothing yet is not kept, so that the evening's may say otherwise."""

    waiting = Moved(9_00, receipt="UKTWAITS01", at=MIDNIGHT + 10 * HOUR, status="Pending")
    noon = Paper(moved=[MORNING, waiting], reported=MIDNIGHT + 12 * HOUR)

    @pytest.mark.parametrize("has_times", [True, False])
    def test_it_is_kept_and_booked_when_it_is_completed(self, has_times: bool) -> None:
        rows = self.noon.rows()
        if not has_times:
            rows[7][1] = rows[7][2] = ""
        first = handed_in(as_csv(rows))
        assert (first.state, first.lines, first.new_lines) == (State.COMPARED, 2, 1)
        assert first.kinds == {"pay_in": 1, "not_completed": 1}
        done = Moved(9_00, receipt="UKTWAITS01", at=MIDNIGHT + 15 * HOUR)
        second = handed_in(Paper(moved=[MORNING, done, EVENING]))
        assert (second.state, second.lines, second.new_lines) == (State.COMPARED, 3, 2)
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 21_00

    def test_one_that_comes_to_nothing_is_missed_by_nobody(self) -> None:
        handed_in(self.noon)
        assert handed_in(Paper(moved=[MORNING, EVENING])).state == State.COMPARED
        assert breaks_left() == {}

    def test_one_that_is_kept_holds_no_place(self) -> None:
        file = handed_in(Paper(moved=[MORNING], reported=MIDNIGHT + 12 * HOUR))
        StatementLine.objects.create(
            file=file,
            number=9,
            shortcode=SHORTCODE,
            account=file.account,
            kind="not_completed",
            receipt="UKTWAITS01",
            completed_at=MIDNIGHT + 10 * HOUR,
            initiated_at=MIDNIGHT + 10 * HOUR,
            amount_cents=9_00,
            balance_cents=5_00,
            reason_type="Pay Utility",
            direction=1,
        )
        done = Moved(9_00, receipt="UKTWAITS01", at=MIDNIGHT + 15 * HOUR)
        second = handed_in(Paper(moved=[MORNING, done]))
        assert (second.state, second.new_lines) == (State.COMPARED, 1)
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 14_00

    def test_what_is_completed_has_a_time(self) -> None:
        rows = Paper(moved=[MORNING]).rows()
        rows[7][1] = ""
        file = handed_in(as_csv(rows))
        assert (file.state, file.refused_line) == (State.REFUSED, 8)


class TestGaps:
    """A gap rings until it is filled, whatever else comes."""

    def handed_in(self, *days: int) -> None:
        """Hand in the statements of these days, on each of which a shilling comes in."""
        for day in days:
            paper = Paper(
                moved=[Moved(1_00)],
                opening_cents=day * 1_00,
                since=MIDNIGHT + day * DAY,
                until=LAST_SECOND + day * DAY,
            )
            assert handed_in(paper).state == State.COMPARED

    def rings(self) -> bool:
        """Tell whether an alert about a gap is open."""
        return Alert.objects.filter(
            key__startswith="statement:gap:", resolved_at__isnull=True
        ).exists()

    @pytest.mark.parametrize(
        ("days", "missing"),
        [
            ((1, 3, 4), (2,)),
            ((3, 1, 0), (2,)),
            ((3, 1, 4, 5), (2,)),
            ((0, 5, 6), (2, 1, 4, 3)),
            ((5, 0), (4, 1, 2, 3)),
            ((0, 2, 4, 5), (3, 1)),
        ],
    )
    def test_it_rings_until_the_last_missing_day_has_come(
        self, days: tuple[int, ...], missing: tuple[int, ...]
    ) -> None:
        self.handed_in(*days)
        for day in missing:
            assert self.rings()
            self.handed_in(day)
        assert not self.rings()

    def test_a_file_of_another_account_fills_nothing(self) -> None:
        self.handed_in(1, 3)
        handed_in(
            Paper(
                moved=[Moved(-9_00, reason=CHARGE)],
                account="Charges Paid Account",
                since=MIDNIGHT + 2 * DAY,
                until=LAST_SECOND + 2 * DAY,
            )
        )
        assert self.rings()

    def test_the_one_of_the_evening_fills_the_gap_after_the_one_of_noon(self) -> None:
        handed_in(TestFilesOfOneDay.noon)
        handed_in(TestFilesOfOneDay.tomorrow)
        assert self.rings()
        handed_in(TestFilesOfOneDay.whole)
        assert not self.rings()
