"""The daily run: what it finishes and finds, and the one report that it makes."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from nannychain import locks
from nannychain.alerts.models import Alert
from nannychain.clock import nairobi_date
from payments.paybill import tending
from payments.reconciliation import services
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.reports import chain, csv_file, pdf, printing
from payments.reconciliation.reports import selectors as reports
from payments.reconciliation.reports import services as making
from payments.reconciliation.reports.models import DailyReport, ReportDocument
from payments.withdrawals.models import Withdrawal
from tests.factories import books, floats, money
from tests.factories.breaks import ASKER, DECIDER
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Leg
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


def run(**how: Any) -> services.Run:
    return services.run(wait_seconds=0, **how)


def subjects() -> set[str]:
    return set(Break.objects.exclude(state="CLOSED").values_list("subject", flat=True))


class TestFinding:
    def test_nothing_is_open_where_all_agrees(self) -> None:
        money.member(1_000_00)
        done = run()
        assert (done.open_breaks, subjects()) == (0, set())
        assert done.notes["books checked"] == "right"
        assert done.notes["safeguarding"] == 0

    def test_customers_money_that_is_not_covered_is_a_break_until_it_is(
        self, settings: Any
    ) -> None:
        floats.numbers(settings)
        money.member(1_000_00)
        floats.book("charged", 40_00, bank="")
        floats.book("charges_taken", 40_00, bank="")
        assert run().open_breaks == 1
        item = Break.objects.get()
        assert (item.kind, item.amount_cents) == ("safeguarding_short", -40_00)
        floats.own_money_in_trust(40_00)
        assert run().open_breaks == 0

    def test_what_stands_in_transit_for_too_long_is_missing(self, settings: Any) -> None:
        floats.numbers(settings)
        floats.own_money_in_trust(90_00)
        floats.book("to_mpesa", 60_00, happened_at=timezone.now() - timedelta(days=3))
        floats.book("at_payouts", 10_00)
        run()
        item = Break.objects.get(kind="clearing_old")
        assert (item.amount_cents, item.page) == (-50_00, "payments_floatmove_changelist")
        assert item.since < timezone.now() - timedelta(days=2)
        floats.book("at_payouts", 50_00)
        run()
        assert subjects() == set()

    def test_what_came_back_meanwhile_makes_the_rest_no_older(self, settings: Any) -> None:
        """Yesterday's money is in transit, that of last week has arrived."""
        floats.numbers(settings)
        floats.own_money_in_trust(90_00)
        floats.book("to_mpesa", 60_00, happened_at=timezone.now() - timedelta(days=7))
        floats.book("at_payouts", 60_00, happened_at=timezone.now() - timedelta(days=6))
        floats.book("to_mpesa", 30_00, happened_at=timezone.now() - timedelta(days=1))
        run()
        assert subjects() == set()

    def test_an_account_that_does_not_hold_what_is_under_way_is_a_break(self) -> None:
        who: Member = money.member(100_00)
        Withdrawal.objects.create(  # a row without its booking
            member=who,
            phone=who.phone,
            shortcode="600001",
            asked_cents=50_00,
            amount_cents=50_00,
            fee_cents=10_00,
            tax_cents=1_00,
            channel="ussd",
            state="NEEDS_REVIEW",
            due_at=None,
        )
        run()
        item = Break.objects.get(kind="clearing_differs")
        assert (item.subject, item.amount_cents) == ("under_way:2310:600001", 61_00)

    def test_a_booking_without_its_payment_is_one_too(self) -> None:
        books.allow_anything()
        clearing = accounts.open_account(Kind.SUSPENSE_RECEIPTS, label="600000")
        posting.post(books.anything(Leg(books.paybill(), 5_00), Leg(clearing, -5_00)))
        run()
        item = Break.objects.get(kind="clearing_differs")
        assert (item.amount_cents, item.ledger_account_id) == (-5_00, clearing)

    @pytest.mark.broken_books
    def test_wrong_books_are_a_break_and_don_t_end_the_run(self) -> None:
        money.member(100_00)
        with books.hand_in("wallets_balance"), connection.cursor() as cursor:
            cursor.execute("UPDATE wallets_balance SET balance = balance - 1 WHERE balance < 0")
        done = run()
        assert "books" in subjects()
        assert done.report is not None
        assert done.report.content["ledger"]["check"]["faults"]


class TestRunning:
    def test_what_is_due_is_tended_and_one_that_fails_hinders_no_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tended: list[str] = []

        def tend(key: str) -> None:
            tended.append(key)
            if key == "a":
                raise RuntimeError

        monkeypatch.setattr(services.deposits, "due", lambda: ["a", "b"])
        monkeypatch.setattr(services.deposit_tending, "tend", tend)
        assert services.finish() == 2
        assert tended == ["a", "b"]

    def test_a_provider_that_breaks_is_noted_in_the_report(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(**_: object) -> int:
            raise ConnectionError

        monkeypatch.setattr(tending, "pull", broken)
        done = run()
        assert done.report is not None
        assert done.report.content["run"]["payments pulled"] == "failed: ConnectionError"

    def test_two_don_t_run_at_once(self) -> None:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                numbers = locks._numbers(locks.Lock.RECONCILIATION, "")
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", numbers)
                with pytest.raises(services.AlreadyRunning):
                    run()
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)
        finally:
            other.close()
        assert not DailyReport.objects.exists()

    @pytest.mark.parametrize(("trouble", "code"), [("none", 0), ("break", 1), ("alone", 2)])
    def test_the_command_ends_with_a_code(
        self, trouble: str, code: int, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        floats.numbers(settings)
        money.member(10_00)
        if trouble == "break":
            floats.book("charged", 1_00, bank="")
            floats.book("charges_taken", 1_00, bank="")
        if trouble == "alone":
            monkeypatch.setattr(services, "_run", _refuse)
        out, err = io.StringIO(), io.StringIO()
        try:
            with capture_logs() as logs:
                call_command("reconcile", wait=0, stdout=out, stderr=err)
            ended = 0
        except SystemExit as end:
            ended = int(str(end.code))
        assert ended == code
        assert [line["event"] for line in logs].count("reconciliation.failed") == (code == 2)
        assert ("books checked: right" in out.getvalue()) is (code != 2)
        assert bool(err.getvalue()) is (code == 2)


def _refuse(*_: object) -> None:
    raise RuntimeError("no database")


class TestReport:
    def test_it_is_about_the_day_that_is_over(self) -> None:
        report = run().report
        assert report is not None
        assert report.day == nairobi_date(timezone.now()) - timedelta(days=1)
        assert report.content["cut_off"].endswith("T20:59:59Z")  # 23:59:59 in Nairobi
        assert report.cut_off - report.period_from > timedelta(hours=23, minutes=59)

    def test_a_second_run_makes_no_second_report(self) -> None:
        first, again = run(), run()
        assert (first.is_new, again.is_new) == (True, False)
        assert first.report == again.report == DailyReport.objects.get()

    def test_another_version_says_why_and_the_first_stays(self) -> None:
        first = run().report
        second = run(supersede="the statement came late", by=ASKER).report
        assert first is not None
        assert second is not None
        assert (second.day, second.version, second.maker) == (first.day, 2, "Akinyi")
        assert (second.previous_digest, second.reason) == (first.digest, "the statement came late")
        assert reports.newest() == second
        assert chain.first_broken() is None

    def test_its_figures_are_those_of_the_cut_off(self) -> None:
        money.member(1_000_00)  # today: after the cut-off
        report = run().report
        assert report is not None
        assert report.content["safeguarding"]["requirement_cents"] == 0
        assert report.content["ledger"]["sum_cents"] == 0

    def test_it_can_not_be_changed(self) -> None:
        run()
        for change in (
            lambda: DailyReport.objects.update(content={}),
            lambda: DailyReport.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE payments_dailyreport SET content = content || '{\"version\": 7}'",
            "UPDATE payments_dailyreport SET content = jsonb_set(content,"
            " '{safeguarding,requirement_cents}', '1')",
            "UPDATE payments_dailyreport SET day = day - 1",
            "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM payments_dailyreport WHERE version = 1",
        ],
    )
    def test_whoever_changes_it_past_the_database_is_found_out(self, change: str) -> None:
        run()
        run(supersede="to have two")
        assert chain.first_broken() is None
        with books.hand_in("payments_dailyreport"), connection.cursor() as cursor:
            cursor.execute(change)
        assert chain.first_broken() is not None
        run()
        assert "reports" in subjects()

    def test_a_content_holds_no_fractions(self) -> None:
        with pytest.raises(TypeError):
            chain.canonical({"a": [1.5]})


class TestSigning:
    def test_a_person_signs_it_once(self) -> None:
        report = run().report
        assert report is not None
        assert list(reports.unsigned(at=timezone.now())) == [report]
        signed = making.sign(report.pk, note="looked at all", by=DECIDER)
        assert (signed.signer, signed.note) == ("Barasa", "looked at all")
        assert not reports.unsigned(at=timezone.now())
        with pytest.raises(making.SignedBefore):
            making.sign(report.pk, note="again", by=ASKER)

    def test_who_had_it_made_can_not_sign_it(self) -> None:
        report = run(by=ASKER).report
        assert report is not None
        with pytest.raises(making.OwnReport):
            making.sign(report.pk, note="mine", by=ASKER)
        making.sign(report.pk, note="looked at all", by=DECIDER)

    def test_only_the_last_version_is_signed(self) -> None:
        first = run().report
        second = run(supersede="late").report
        assert first is not None
        assert second is not None
        with pytest.raises(making.Superseded):
            making.sign(first.pk, note="old", by=DECIDER)
        assert list(reports.unsigned(at=timezone.now())) == [second]

    def test_there_has_to_be_one(self) -> None:
        with pytest.raises(making.NoSuchReport):
            making.sign(1, note="none", by=DECIDER)


class TestFiles:
    def test_the_csv_holds_the_tables_and_plain_figures(self, settings: Any) -> None:
        floats.numbers(settings)
        floats.own_money_in_trust(1_234_567_89)
        report = run().report
        assert report is not None
        rows = list(csv.reader(io.StringIO(csv_file.of(report))))
        assert ["Digest", report.digest] in rows
        assert ["Customers' money: owed and held"] in rows
        assert ["1140 Trust bank account", "kcb", "0.00"] in rows

    def test_no_cell_is_taken_for_a_formula(self) -> None:
        report = run().report
        assert report is not None
        report.content["run"]["=cmd()"] = "+1"
        text = csv_file.of(report)
        assert "'=cmd(),'+1" in text

    def test_the_pdf_is_printed_once_and_again_when_it_is_signed(self) -> None:
        report = run().report
        assert report is not None
        assert (printing.print_all(), printing.print_all()) == (1, 0)
        making.sign(report.pk, note="looked at all", by=DECIDER)
        assert (printing.print_all(), printing.print_all()) == (1, 0)
        plain, signed = ReportDocument.objects.order_by("is_signed")
        assert bytes(plain.pdf).startswith(b"%PDF-")
        assert bytes(signed.pdf) != bytes(plain.pdf)
        assert reports.document(report) == signed

    def test_letters_that_the_fonts_lack_don_t_hinder_it(self) -> None:
        report = run().report
        assert report is not None
        report.content["run"]["Ω"] = "≠"
        assert pdf.of(report, None).startswith(b"%PDF-")


def test_no_alert_is_left_behind_where_all_agrees() -> None:
    run()
    assert not Alert.objects.exists()
