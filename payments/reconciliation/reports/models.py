"""Daily reports, who signed them off, and their documents. Nothing here is ever changed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

NAME_LENGTH_MAX = 80
REASON_LENGTH_MAX = 200


class DailyReport(models.Model):
    """The report of a day in Nairobi, as of its last instant, `cut_off`.

    `digest` is over `content` and `previous_digest`, that of the report made before (64 zeros for
    the first). `made_by` is a person's id where one had it made, none for beat. A `version` above 1
    supersedes the one before, for `reason`.
    """

    day = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    period_from = models.DateTimeField("from")
    cut_off = models.DateTimeField("to")
    content = models.JSONField()
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField("supersedes, because", max_length=REASON_LENGTH_MAX, blank=True)
    made_at = models.DateTimeField("made", default=timezone.now)
    made_by = models.UUIDField(null=True, editable=False)
    maker = models.CharField("made by", max_length=NAME_LENGTH_MAX)

    class Meta:
        default_permissions = ("view",)
        permissions = [("sign_dailyreport", "Can sign off a daily report")]
        constraints = [
            models.UniqueConstraint(fields=["day", "version"], name="report_once_a_day"),
            models.UniqueConstraint(fields=["previous_digest"], name="report_followed_once"),
            models.CheckConstraint(
                condition=Q(version=1, reason="") | Q(version__gt=1) & ~Q(reason=""),
                name="report_supersedes_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(period_from__lt=F("cut_off")), name="report_of_a_period"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        version = f", version {self.version}" if self.version > 1 else ""
        return f"{self.day:%Y-%m-%d}{version}"


class SignOff(models.Model):
    """That a person has looked at a report and signs it off. Not the one who had it made."""

    report = models.OneToOneField(DailyReport, on_delete=models.PROTECT, related_name="sign_off")
    signed_at = models.DateTimeField("signed", default=timezone.now)
    signed_by = models.UUIDField(editable=False)
    signer = models.CharField("signed by", max_length=NAME_LENGTH_MAX)
    maker_id = models.UUIDField(null=True, editable=False)
    note = models.CharField(max_length=REASON_LENGTH_MAX)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(maker_id__isnull=True) | ~Q(signed_by=F("maker_id")),
                name="report_signed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(signer="") & ~Q(note=""), name="report_signed_with_name"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.report} signed by {self.signer}"


class ReportDocument(models.Model):
    """The PDF of a report, as it was printed when it was made, and again when it was signed."""

    report = models.ForeignKey(DailyReport, on_delete=models.PROTECT, related_name="documents")
    is_signed = models.BooleanField()
    pdf = models.BinaryField()
    printed_at = models.DateTimeField("printed", default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["report", "is_signed"], name="report_printed_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"PDF of {self.report}"
