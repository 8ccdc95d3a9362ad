"""Breaks, moves, balances and reports in the admin: what officers see, and what they may do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nannychain.approvals.models import ApprovalRequest
from payments.reconciliation import services
from payments.reconciliation.breaks.kinds import TABLE
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.floats.models import FloatMove
from payments.reconciliation.reports import printing
from payments.reconciliation.reports.models import DailyReport, SignOff
from tests.factories import breaks, floats
from tests.factories.browsers import officer, signed_in
from tests.factories.members import StaffFactory
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
LIST = reverse("admin:payments_break_changelist")


@pytest.fixture(autouse=True)
def our_numbers(settings: Any) -> None:
    floats.numbers(settings)


def page(item: Break, act: str = "change") -> str:
    return reverse(f"admin:payments_break_{act}", args=[item.pk])


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def missing(cents: int = -120_00, **fields: Any) -> Break:
    float_ = accounts.open_account(Kind.PAYOUT_FLOAT, label="600001")
    return breaks.one(cents=cents, ledger_account_id=float_, reference="UKT1A2B3C4", **fields)


class TestBreaks:
    def test_the_list_says_what_how_old_why_and_where_it_is_resolved(self) -> None:
        item = missing(since=timezone.now() - timedelta(days=5))
        shown = html(officer("view_break"), LIST)
        assert "in our books, not in the statement: UKT1A2B3C4" in shown
        assert "-KSh 120" in shown
        assert "4 to 7 days" in shown
        assert item.cause in shown
        assert reverse("admin:payments_withdrawal_changelist") in shown

    def test_what_is_closed_shows_only_when_asked_for(self) -> None:
        item = missing()
        breaks.approve(breaks.ask("break.settle", item))
        assert "UKT1A2B3C4" not in html(officer("view_break"), LIST)
        assert "UKT1A2B3C4" in html(officer("view_break"), f"{LIST}?state=CLOSED")

    @pytest.mark.parametrize("query", ["age=0", "age=2", "age=nonsense", "whose=mine", "state=x"])
    def test_filters_take_anything(self, query: str) -> None:
        missing()
        assert officer("view_break").get(f"{LIST}?{query}").status_code == 200

    def test_more_breaks_take_no_more_queries(self) -> None:
        client = officer("view_break")

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                client.get(LIST)
            return len(captured)

        missing()
        few = queries()
        for number in range(30):
            missing(subject=f"line:{number}")
        assert queries() == few

    def test_an_officer_takes_and_explains_one(self) -> None:
        item = missing()
        client = officer("view_break", "change_break")
        client.post(LIST, {"action": "take", "_selected_action": [str(item.pk)]})
        client.post(page(item, "explain"), {"reason": "listed tomorrow"})
        item.refresh_from_db()
        assert (item.state, item.explanation) == ("EXPLAINED", "listed tomorrow")
        assert item.owner
        shown = html(client, page(item))
        assert "listed tomorrow" in shown
        assert "given to somebody" in shown

    def test_it_is_given_to_a_colleague_and_to_nobody_else(self) -> None:
        item, colleague = missing(), StaffFactory.create()
        client = officer("view_break", "change_break")
        client.post(page(item, "assign"), {"owner": str(breaks.ASKER.id)})
        item.refresh_from_db()
        assert item.owner_id is None
        client.post(page(item, "assign"), {"owner": str(colleague.pk)})
        item.refresh_from_db()
        assert item.owner_id == colleague.pk

    def test_writing_off_takes_the_amount_typed_again_and_a_second_person(self) -> None:
        item = missing()
        client = officer("view_break", "change_break")
        wrong = client.post(page(item, "write-off"), {"reason": "gone", "amount_cents": "119"})
        assert "The break is KSh 120." in wrong.content.decode()
        assert not ApprovalRequest.objects.exists()
        client.post(page(item, "write-off"), {"reason": "gone", "amount_cents": "KSh 120"})
        request = ApprovalRequest.objects.get()
        assert request.payload == {"amount_cents": -120_00}
        breaks.approve(request)
        item.refresh_from_db()
        assert item.closed_as.startswith("written off as a loss")

    @pytest.mark.parametrize("act", ["assign", "explain", "write-off", "settle"])
    def test_who_may_only_look_does_nothing(self, act: str) -> None:
        item = missing()
        assert officer("view_break").get(page(item, act)).status_code == 403
        assert officer("view_member").get(page(item, act)).status_code == 403
        assert Client().get(page(item, act)).status_code == 302

    def test_links_show_to_who_may_and_while_it_is_not_settled(self) -> None:
        item = missing()
        acts = ("assign", "explain", "write-off", "settle")
        looks, may = officer("view_break"), officer("view_break", "change_break")
        for act in acts:
            assert page(item, act) in html(may, page(item))
            assert page(item, act) not in html(looks, page(item))
        breaks.approve(breaks.ask("break.settle", item))
        for act in acts:
            assert page(item, act) not in html(may, page(item))

    def test_what_can_not_be_written_off_is_not_offered(self) -> None:
        item = breaks.one()
        client = officer("view_break", "change_break")
        assert page(item, "write-off") not in html(client, page(item))
        assert client.get(page(item, "write-off")).status_code == 404

    def test_every_class_leads_to_a_page_that_is_there(self) -> None:
        for about in TABLE.values():
            assert reverse(f"admin:{about.page}")


class TestMoves:
    def _sent(self, **changes: str) -> dict[str, str]:
        at = timezone.localtime() - timedelta(hours=1)
        return {
            "kind": "at_payouts",
            "amount_cents": "50,000",
            "bank": "",
            "reference": "SLIP 1",
            "happened_at_0": f"{at:%Y-%m-%d}",
            "happened_at_1": f"{at:%H:%M:%S}",
            "reason": "as on the slip",
            **changes,
        }

    def test_an_officer_proposes_a_move_and_is_led_to_the_request(self) -> None:
        client = officer("view_floatmove", "add_floatmove")
        answer = client.post(reverse("admin:payments_floatmove_add"), self._sent())
        request = ApprovalRequest.objects.get()
        assert answer.status_code == 302
        assert str(request.pk) in answer.headers["Location"]
        assert FloatMove.objects.get().amount_cents == 50_000_00
        breaks.approve(request)
        assert floats.standing(Kind.PAYOUT_FLOAT, "600001") == 50_000_00
        shown = html(client, reverse("admin:payments_floatmove_changelist"))
        assert "booked" in shown

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"kind": "to_mpesa"}, "Name the bank"),
            ({"amount_cents": "-5"}, "That is not an amount"),
            ({"reference": "?"}, "reference"),
            ({"kind": "else"}, "not one of the available choices"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(
        self, changes: dict[str, str], said: str
    ) -> None:
        client = officer("view_floatmove", "add_floatmove")
        answer = client.post(reverse("admin:payments_floatmove_add"), self._sent(**changes))
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert not FloatMove.objects.exists()

    def test_who_may_only_look_proposes_nothing(self) -> None:
        client = officer("view_floatmove")
        answer = client.post(reverse("admin:payments_floatmove_add"), self._sent())
        assert answer.status_code == 403
        assert not FloatMove.objects.exists()


class TestReports:
    @pytest.fixture
    def report(self) -> DailyReport:
        report = services.run(wait_seconds=0).report
        assert report is not None
        printing.print_all()
        return report

    def _page(self, report: DailyReport, act: str = "change") -> str:
        return reverse(f"admin:payments_dailyreport_{act}", args=[report.pk])

    def test_the_page_shows_what_is_owed_and_held_and_where_to_take_it_out(
        self, report: DailyReport
    ) -> None:
        shown = html(officer("view_dailyreport", "sign_dailyreport"), self._page(report))
        assert "Customers&#x27; money: owed and held" in shown
        assert "Breaks that are not settled" in shown
        assert report.digest in shown
        for act in ("csv", "pdf", "sign"):
            assert self._page(report, act) in shown

    def test_the_files_are_given_to_who_may_see_it(self, report: DailyReport) -> None:
        client = officer("view_dailyreport")
        pdf, csv = client.get(self._page(report, "pdf")), client.get(self._page(report, "csv"))
        assert pdf.content.startswith(b"%PDF-")
        assert report.digest in csv.content.decode()
        assert f"reconciliation-{report.day}-v1.pdf" in pdf["Content-Disposition"]
        for act in ("csv", "pdf", "sign"):
            assert officer("view_break").get(self._page(report, act)).status_code == 403

    def test_an_officer_signs_it_once(self, report: DailyReport) -> None:
        client = officer("view_dailyreport", "sign_dailyreport")
        client.post(self._page(report, "sign"), {"reason": "looked at all"})
        assert SignOff.objects.get().note == "looked at all"
        again = client.post(self._page(report, "sign"), {"reason": "again"})
        assert "signed off already" in again.content.decode()
        assert "looked at all" in html(client, self._page(report))

    def test_who_may_only_look_does_not_sign(self, report: DailyReport) -> None:
        client = officer("view_dailyreport")
        answer = client.post(self._page(report, "sign"), {"reason": "looked at all"})
        assert answer.status_code == 403
        assert not SignOff.objects.exists()

    def test_who_had_it_made_does_not_sign_it(self) -> None:
        maker: Member = StaffFactory.create()
        by = breaks.Actor(id=maker.pk, name=str(maker))
        report = services.run(wait_seconds=0, by=by).report
        assert report is not None
        answer = signed_in(maker).post(self._page(report, "sign"), {"reason": "mine"})
        assert answer.status_code == 403
        assert not SignOff.objects.exists()

    def test_the_list_says_which_days_are_covered_and_signed(self, report: DailyReport) -> None:
        shown = html(officer("view_dailyreport"), reverse("admin:payments_dailyreport_changelist"))
        assert str(report) in shown
        assert "covered" in shown
        assert "not signed" in shown


def test_balances_are_shown_before_and_after_the_answer(safaricom: Any) -> None:
    floats.tell_balance(safaricom, "600001", utility=5_00)
    services.asking.ask("600001")
    shown = html(
        officer("view_balancereading"), reverse("admin:payments_balancereading_changelist")
    )
    assert "KSh 5" in shown
