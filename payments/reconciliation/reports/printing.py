"""Printing reports, in a worker. Whatever has no PDF yet is printed; safe to run twice, at once."""

from django.db import transaction

from payments.reconciliation.reports import pdf, selectors
from payments.reconciliation.reports.models import DailyReport, ReportDocument

_AT_ONCE = 50


def print_report(report_id: int) -> None:
    """Print a report as it stands, and keep the PDF."""
    report = DailyReport.objects.select_related("sign_off").filter(pk=report_id).first()
    if report is None:
        return
    signed = getattr(report, "sign_off", None)
    for sign_off in (None, signed) if signed is not None else (None,):
        is_signed = sign_off is not None
        if report.documents.filter(is_signed=is_signed).exists():
            continue
        document = ReportDocument(report=report, is_signed=is_signed, pdf=pdf.of(report, sign_off))
        with transaction.atomic():
            ReportDocument.objects.bulk_create([document], ignore_conflicts=True)


def print_all() -> int:
    """Print what is not printed yet; return how many reports that were."""
    ids = list(selectors.not_printed().values_list("pk", flat=True)[:_AT_ONCE])
    for report_id in ids:
        print_report(report_id)
    return len(ids)
