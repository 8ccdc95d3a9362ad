"""Daily reports in the admin: to read, to take out as CSV and PDF, to sign off and make anew."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from payments.reconciliation.reports import csv_file, layout, selectors, services
from payments.reconciliation.reports.models import DailyReport
from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.tables import Cell, Table, when

_SIGN = "payments.sign_dailyreport"
_SIGNED = "Signed off"
_LINK = "text-primary-600 dark:text-primary-500 underline"


class SignedFilter(admin.SimpleListFilter):
    """Reports that wait for a signature: those that a newer version supersedes do not."""

    title = "sign-off"
    parameter_name = "sign_off"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer what waits."""
        return [("waits", "to sign off")]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[DailyReport],
    ) -> QuerySet[DailyReport]:
        """Narrow the list."""
        if self.value() == "waits":
            return queryset & selectors.unsigned(at=timezone.now())
        return queryset


@admin.register(DailyReport)
class DailyReportAdmin(LedgerAdmin):
    """All reports, the newest day first."""

    list_display = ("name", "covered", "open_breaks", "signed", "maker", "made_at")
    list_filter = (SignedFilter, ("day", admin.DateFieldListFilter))
    list_select_related = ("sign_off",)
    ordering = ("-day", "-version")
    fieldsets = (
        (
            "Report",
            {
                "fields": (
                    ("name", "covered"),
                    ("period_from", "cut_off"),
                    ("maker", "made_at"),
                    "reason",
                    "ways",
                )
            },
        ),
        (_SIGNED, {"fields": ("signed", "signature")}),
        ("Digest", {"fields": ("digest", "previous_digest")}),
    )
    readonly_fields = ("name", "covered", "signed", "signature", "ways", "to_sign", "to_make_anew")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyReport]:
        """Read who signed along with each."""
        reports: QuerySet[DailyReport] = super().get_queryset(request)
        return reports.select_related("sign_off")

    # Acts.

    def get_urls(self) -> Any:
        """Add the downloads, and the pages where a report is signed off or made anew."""
        own = (
            ("sign", self.sign),
            ("anew", self.anew),
            ("csv", self.csv),
            ("pdf", self.pdf),
        )
        pages = [
            path(
                f"<int:report_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"payments_dailyreport_{name}",
            )
            for name, view in own
        ]
        return [*pages, *super().get_urls()]

    def sign(self, request: HttpRequest, report_id: int) -> HttpResponse:
        """Sign a report off."""
        report = self._report(request, report_id)

        def run(cleaned: Mapping[str, Any]) -> str:
            services.sign(report.pk, note=cleaned["reason"], by=actor(request))
            return reverse("admin:payments_dailyreport_change", args=[report.pk])

        line = report.content["safeguarding"]
        act = Act(
            title=f"Sign off the report of {report}",
            button="Sign it off",
            permission=_SIGN,
            run=run,
            done="Signed off.",
            sentences=(
                f"Owed to customers: KES {layout.cents(line['requirement_cents'])}. "
                f"Held for them: KES {layout.cents(line['resource_cents'])}.",
                f"Breaks that are not settled: {_open(report):,}.",
                "With your name you say that you have looked at it. It can't be taken back.",
            ),
        )
        return act_page(self, request, act)

    def anew(self, request: HttpRequest, report_id: int) -> HttpResponse:
        """Make another version of the report."""
        report = self._report(request, report_id)

        def run(cleaned: Mapping[str, Any]) -> str:
            made = services.make_anew(report.pk, reason=cleaned["reason"], by=actor(request))
            return reverse("admin:payments_dailyreport_change", args=[made.pk])

        act = Act(
            title=f"Make a new version of the report of {report}",
            button="Make a new version",
            permission=_SIGN,
            run=run,
            done="Made. Somebody else has to sign it off.",
            sentences=(
                "It supersedes this one, which stays as it is. What the books say is as of the end"
                " of that day; breaks and what M-Pesa says are as of now.",
                "You will be its maker, so that somebody else has to sign it off.",
            ),
        )
        return act_page(self, request, act)

    def csv(self, request: HttpRequest, report_id: int) -> HttpResponse:
        """Give the report as CSV."""
        report = self._report(request, report_id)
        answer = HttpResponse(csv_file.of(report), content_type="text/csv; charset=utf-8")
        return _as_file(answer, report, "csv")

    def pdf(self, request: HttpRequest, report_id: int) -> HttpResponse:
        """Give the report as it was printed."""
        report = self._report(request, report_id)
        document = selectors.document(report)
        if document is None:
            raise Http404
        answer = HttpResponse(bytes(document.pdf), content_type="application/pdf")
        return _as_file(answer, report, "pdf")

    def _report(self, request: HttpRequest, report_id: int) -> DailyReport:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = self.get_queryset(request).filter(pk=min(report_id, 2**63 - 1)).first()
        if report is None:
            raise Http404
        return report

    # Showing.

    def tables(self, shown: DailyReport, *, request: HttpRequest) -> Iterator[Table]:  # noqa: ARG002
        """Show the report."""
        for sheet in layout.sheets(shown.content):
            rows = [
                [
                    Cell(header, cell, place in sheet.amounts, cell.startswith("-"))
                    for place, (header, cell) in enumerate(zip(sheet.headers, row, strict=True))
                ]
                for row in sheet.rows
            ]
            yield Table(sheet.title, rows, sheet.empty)

    @display(description="Day", ordering="day")
    def name(self, report: DailyReport) -> str:
        """Show the day, and the version where there are several."""
        return str(report)

    @display(description="Customers' money", label={"covered": "success", "short": "danger"})
    def covered(self, report: DailyReport) -> str:
        """Show whether customers' money was covered."""
        return "short" if report.content["safeguarding"]["shortfall_cents"] else "covered"

    @display(description="Open breaks")
    def open_breaks(self, report: DailyReport) -> str:
        """Show how many breaks were not settled."""
        return f"{_open(report):,}"

    @display(description="Sign-off", label={"signed": "success", "not signed": "warning"})
    def signed(self, report: DailyReport) -> str:
        """Show whether somebody has signed it off."""
        return "signed" if _signature(report) is not None else "not signed"

    @display(description="By")
    def signature(self, report: DailyReport) -> str:
        """Show who has signed it off."""
        found = _signature(report)
        return f"{found.signer}, {when(found.signed_at)}: {found.note}" if found else "-"

    @display(description="Do")
    def to_sign(self, report: DailyReport) -> str:
        """Show the way to sign it off."""
        return _way(report, "sign", "Sign it off")

    @display(description="Correct")
    def to_make_anew(self, report: DailyReport) -> str:
        """Show the way to another version."""
        return _way(report, "anew", "Make a new version")

    def get_fieldsets(self, request: HttpRequest, obj: DailyReport | None = None) -> Any:
        """Offer what this person may do with this report."""
        fieldsets = super().get_fieldsets(request, obj)
        ways = tuple(_open_ways(request, obj)) if obj is not None else ()
        return [
            (title, {**options, "fields": (*options["fields"], *ways)})
            if title == _SIGNED
            else (title, options)
            for title, options in fieldsets
        ]

    @display(description="Take out")
    def ways(self, report: DailyReport) -> str:
        """Show the ways to the files."""
        names = ["csv"] + (["pdf"] if report.documents.exists() else [])
        return format_html_join(
            " · ",
            '<a class="{}" href="{}">{}</a>',
            (
                (
                    _LINK,
                    reverse(f"admin:payments_dailyreport_{each}", args=[report.pk]),
                    each.upper(),
                )
                for each in names
            ),
        )


def _open(report: DailyReport) -> int:
    return sum(each["count"] for each in report.content["breaks"]["open"])


def _open_ways(request: HttpRequest, report: DailyReport) -> Iterator[str]:
    """Yield the fields that lead on: only where the act behind them would not be refused."""
    if not request.user.has_perm(_SIGN) or not selectors.is_last(report):
        return
    if _signature(report) is None and report.made_by != request.user.pk:
        yield "to_sign"
    if services.can_be_made_anew(report, at=timezone.now()):
        yield "to_make_anew"


def _way(report: DailyReport, act: str, words: str) -> str:
    there = reverse(f"admin:payments_dailyreport_{act}", args=[report.pk])
    return format_html('<a class="{}" href="{}">{}</a>', _LINK, there, words)


def _signature(report: DailyReport) -> Any:
    return getattr(report, "sign_off", None)


def _as_file(answer: HttpResponse, report: DailyReport, ending: str) -> HttpResponse:
    name = f"reconciliation-{report.day:%Y-%m-%d}-v{report.version}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
