"""Reading daily reports."""

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from payments.reconciliation.reports.models import DailyReport, ReportDocument

# Holes of longer ago are left: a report says what breaks there are when it is made.
DAYS_BACK = 7


def newest() -> DailyReport | None:
    """Return the newest report of the newest day."""
    return DailyReport.objects.order_by("-day", "-version").first()


def last_day() -> date | None:
    """Return the newest day that has a report."""
    return DailyReport.objects.order_by("-day").values_list("day", flat=True).first()


def missing_days(*, up_to: date) -> list[date]:
    """Return the days of the week up to that one that have no report, the oldest first.

    Before the first report there was nobody to make one.
    """
    first = DailyReport.objects.order_by("day").values_list("day", flat=True).first()
    if first is None:
        return []
    week = [up_to - timedelta(days=back) for back in reversed(range(DAYS_BACK))]
    reported = set(DailyReport.objects.filter(day__in=week).values_list("day", flat=True))
    return [day for day in week if day > first and day not in reported]


def is_last(report: DailyReport) -> bool:
    """Tell whether no later version supersedes it."""
    return not DailyReport.objects.filter(day=report.day, version__gt=report.version).exists()


def unsigned(*, at: datetime, older_than: timedelta = timedelta(0)) -> QuerySet[DailyReport]:
    """Return the reports that nobody has signed off, and none supersedes."""
    later = DailyReport.objects.filter(day=OuterRef("day"), version__gt=OuterRef("version"))
    rows = DailyReport.objects.filter(sign_off__isnull=True, made_at__lte=at - older_than)
    return rows.exclude(Exists(later))


def not_printed() -> QuerySet[DailyReport]:
    """Return the reports that have no PDF of how they stand now."""
    plain = ReportDocument.objects.filter(report=OuterRef("pk"), is_signed=False)
    signed = ReportDocument.objects.filter(report=OuterRef("pk"), is_signed=True)
    rows = DailyReport.objects.order_by("pk")
    return rows.filter(~Exists(plain)) | rows.filter(~Exists(signed), sign_off__isnull=False)


def document(report: DailyReport) -> ReportDocument | None:
    """Return the PDF of a report, the signed one where there is."""
    return report.documents.order_by("-is_signed").first()
