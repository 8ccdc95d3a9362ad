"""Reports of days that were missed, and another version where a person wants one."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.alerts import report_missing
from nannychain.audit.models import AuditEntry
from nannychain.clock import nairobi_date
from nannychain.reasons import InvalidReason
from payments.reconciliation import services
from payments.reconciliation.reports import chain
from payments.reconciliation.reports import services as making
from payments.reconciliation.reports.models import DailyReport
from tests.factories import breaks, money
from tests.factories.breaks import ASKER, DECIDER
from tests.factories.browsers import html, officer, signed_in
from tests.factories.members import StaffFactory
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


def day(back: int) -> date:
    return nairobi_date(timezone.now()) - timedelta(days=back)


def of(back: int) -> DailyReport:
    """Make the report of a day so long ago, as if nothing had run since."""
    made, _ = making.make(at=timezone.now(), run={}, day=day(back))
    return made


def page(report: DailyReport, act: str = "change") -> str:
    return reverse(f"admin:payments_dailyreport_{act}", args=[report.pk])


def happened(report: DailyReport) -> int:
    return sum(report.content["breaks"]["happened"].values())


def last() -> DailyReport:
    return DailyReport.objects.latest("pk")


class TestMissedDays:
    def test_get_their_reports_from_the_next_run_the_oldest_first(self) -> None:
        of(5)
        of(3)
        done = services.run(wait_seconds=0)
        made = DailyReport.objects.order_by("pk").values_list("day", flat=True)
        assert list(made) == [day(5), day(3), day(4), day(2), day(1)]
        assert done.notes["missing reports made"] == 2
        assert done.report == last()
        assert chain.first_broken() is None

    def test_of_longer_ago_than_a_week_and_before_the_first_report_stay_missing(self) -> None:
        services.run(wait_seconds=0)
        assert DailyReport.objects.count() == 1
        of(20)
        services.run(wait_seconds=0)
        days = DailyReport.objects.values_list("day", flat=True)
        assert set(days) == {day(20), *(day(back) for back in range(1, 9))}

    def test_say_what_they_can_not_tell_of_then(self) -> None:
        of(3)
        services.run(wait_seconds=0)
        yesterday, before = (DailyReport.objects.get(day=day(back)) for back in (1, 2))
        assert "made late" in before.content["run"]
        assert "made late" not in yesterday.content["run"]

    def test_have_the_figures_of_their_cut_off(self) -> None:
        money.member(1_000_00)  # today
        report = of(4)
        assert report.content["safeguarding"]["requirement_cents"] == 0
        assert report.content["cut_off"].startswith((day(4)).isoformat())

    def test_ring_until_they_have_one(self) -> None:
        of(20)
        for back in (1, 2, 4, 5, 6, 7, 8):
            of(back)
        found = report_missing()
        assert found == {"no report of": [day(3).isoformat()]}
        of(3)
        assert report_missing() is None

    def test_take_nothing_from_what_happened_on_the_days_after_them(self) -> None:
        of(3)
        breaks.one()
        services.run(wait_seconds=0)
        late, yesterday = (DailyReport.objects.get(day=day(back)) for back in (2, 1))
        assert happened(late) == happened(yesterday) > 0
        assert happened(making.make_anew(yesterday.pk, reason="late", by=ASKER)) > 0


class TestAnotherVersion:
    @pytest.fixture
    def report(self) -> DailyReport:
        return of(3)

    def test_is_of_the_same_day_and_has_its_maker(self, report: DailyReport) -> None:
        made = making.make_anew(report.pk, reason="the statement came late", by=ASKER)
        assert (made.day, made.version, made.maker) == (day(3), 2, "Akinyi")
        assert (made.reason, made.made_by) == ("the statement came late", ASKER.id)
        entry = AuditEntry.objects.get(action="report.made", actor_id=ASKER.id)
        assert (entry.reason, entry.channel) == ("the statement came late", "admin")
        assert chain.first_broken() is None
        with pytest.raises(making.OwnReport):
            making.sign(made.pk, note="mine", by=ASKER)
        making.sign(made.pk, note="looked at all", by=DECIDER)

    def test_supersedes_the_last_one_only(self, report: DailyReport) -> None:
        making.make_anew(report.pk, reason="late", by=ASKER)
        with pytest.raises(making.Superseded):
            making.make_anew(report.pk, reason="late", by=DECIDER)
        with pytest.raises(making.NoSuchReport):
            making.make_anew(0, reason="late", by=ASKER)
        with pytest.raises(InvalidReason):
            making.make_anew(last().pk, reason=" ", by=ASKER)

    def test_is_of_a_recent_day(self) -> None:
        old = of(33)
        with pytest.raises(making.TooOld):
            making.make_anew(old.pk, reason="late", by=ASKER)
        assert page(old, "anew") not in html(
            officer("view_dailyreport", "sign_dailyreport"), page(old)
        )


class TestThePage:
    @pytest.fixture
    def report(self) -> DailyReport:
        return of(3)

    def test_a_person_makes_one_and_can_not_sign_it(self, report: DailyReport) -> None:
        maker: Member = StaffFactory.create()
        client = signed_in(maker)
        assert page(report, "anew") in html(client, page(report))
        answer = client.post(page(report, "anew"), {"reason": "the statement came late"})
        made = last()
        assert answer.headers["Location"] == page(made)
        assert (made.version, made.made_by) == (2, maker.pk)
        shown = html(client, page(made))
        assert page(made, "anew") in shown
        assert page(made, "sign") not in shown
        refused = client.post(page(made, "sign"), {"reason": "mine"})
        assert "Somebody else has to sign it off" in refused.content.decode()

    def test_it_takes_a_reason_and_a_post(self, report: DailyReport) -> None:
        client = officer("view_dailyreport", "sign_dailyreport")
        client.get(page(report, "anew"))
        client.post(page(report, "anew"), {"reason": " "})
        assert DailyReport.objects.count() == 1

    def test_it_takes_the_token_of_the_form(self, report: DailyReport) -> None:
        maker: Member = StaffFactory.create()
        client = Client(enforce_csrf_checks=True)
        client.cookies = signed_in(maker).cookies
        answer = client.post(page(report, "anew"), {"reason": "late"})
        assert answer.status_code == 403
        assert DailyReport.objects.count() == 1

    def test_who_may_only_look_makes_none(self, report: DailyReport) -> None:
        answer = officer("view_dailyreport").post(page(report, "anew"), {"reason": "late"})
        assert answer.status_code == 403
        assert officer("sign_dailyreport").get(page(report, "anew")).status_code == 403
        assert DailyReport.objects.count() == 1

    def test_links_show_to_who_may_and_where_they_work(self, report: DailyReport) -> None:
        links = (page(report, "sign"), page(report, "anew"))
        looks = html(officer("view_dailyreport"), page(report))
        may = html(officer("view_dailyreport", "sign_dailyreport"), page(report))
        making.make_anew(report.pk, reason="late", by=ASKER)
        superseded = html(officer("view_dailyreport", "sign_dailyreport"), page(report))
        for link in links:
            assert link in may
            assert link not in looks
            assert link not in superseded


class TestTheCommand:
    def _run(self, **given: Any) -> int:
        out = io.StringIO()
        try:
            call_command("reconcile", wait=0, stdout=out, stderr=out, **given)
        except SystemExit as end:
            return int(str(end.code))
        return 0

    def test_another_version_has_the_maker_that_is_named(self) -> None:
        maker: Member = StaffFactory.create()
        assert self._run() == 0
        assert self._run(supersede="late", by=maker.worker_id) == 0
        assert (last().version, last().made_by) == (2, maker.pk)

    def test_nobody_makes_one_without_a_name_of_the_staff(self) -> None:
        nobody = money.member()
        assert self._run() == 0
        for by in ("", "NW-0000000", nobody.worker_id):
            assert self._run(supersede="late", by=by) == 2
        assert self._run(by=nobody.worker_id) == 2
        assert DailyReport.objects.count() == 1
