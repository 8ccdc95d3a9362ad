"""Making the daily report, and signing it off."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain import audit, locks, queues, reasons
from nannychain.actors import Actor
from nannychain.audit.services import SYSTEM
from nannychain.clock import NAIROBI, nairobi_date
from nannychain.errors import Conflict, Forbidden, NotFound
from nannychain.locks import Lock
from payments.reconciliation.reports import chain, contents
from payments.reconciliation.reports.models import NAME_LENGTH_MAX, DailyReport, SignOff

_UNIQUE_VIOLATION = "23505"


class NoSuchReport(NotFound):
    """There is no such report."""

    code = "reports.no_such_report"
    message = "There is no such report."


class SignedBefore(Conflict):
    """It is signed off already."""

    code = "reports.signed_before"
    message = "This report is signed off already."


class Superseded(Conflict):
    """There is a later version of it."""

    code = "reports.superseded"
    message = "There is a later version of this report: sign that one off."


class OwnReport(Forbidden):
    """Who had it made can't sign it off."""

    code = "reports.own_report"
    message = "You had this report made. Somebody else has to sign it off."


def day_to_report(*, at: datetime) -> date:
    """Return the last day that is over in Nairobi: the one that a report made now is about."""
    return nairobi_date(at) - timedelta(days=1)


def make(
    *, at: datetime, by: Actor | None = None, supersede: str = "", run: Mapping[str, Any]
) -> tuple[DailyReport, bool]:
    """Make the report of the day that is over, and return it; False where it was there before.

    With a reason to `supersede`, another version of it is made. `run` is what the daily run notes
    of itself. Raises InvalidReason.
    """
    reason = reasons.clean(supersede) if supersede else ""
    day = day_to_report(at=at)
    begins, ends = (
        datetime.combine(each, time(), tzinfo=NAIROBI) for each in (day, day + timedelta(days=1))
    )
    with transaction.atomic():
        locks.take(Lock.REPORT, "")  # each names the one before it
        last = DailyReport.objects.filter(day=day).order_by("-version").first()
        if last is not None and not reason:
            return last, False
        before = DailyReport.objects.order_by("-pk").first()
        period = contents.Period(
            begins=begins,
            cut_off=ends - timedelta(microseconds=1),
            since=before.made_at if before is not None else begins,
            at=at,
        )
        version = last.version + 1 if last is not None else 1
        said = {
            **contents.of(period),
            "day": day.isoformat(),
            "version": version,
            "reason": reason if last is not None else "",
            "run": dict(run),
        }
        previous = before.digest if before is not None else chain.FIRST
        report = DailyReport.objects.create(
            day=day,
            version=version,
            period_from=period.begins,
            cut_off=period.cut_off,
            content=said,
            previous_digest=previous,
            digest=chain.digest(said, previous=previous),
            reason=said["reason"],
            made_at=at,
            made_by=by.id if by else None,
            maker=by.name[:NAME_LENGTH_MAX] if by else SYSTEM,
        )
        audit.record(
            "report.made",
            subject=report,
            actor_id=report.made_by,
            actor=report.maker,
            after={"day": day.isoformat(), "version": version, "digest": report.digest},
            reason=report.reason,
        )
        queues.enqueue_after_commit("payments.reconciliation.print_report", report_id=report.pk)
    return report, True


def sign(report_id: int, *, note: str, by: Actor) -> SignOff:
    """Sign a report off, once, for good.

    Raises NoSuchReport, InvalidReason, OwnReport, Superseded and SignedBefore.
    """
    words = reasons.clean(note)
    with transaction.atomic():
        report = DailyReport.objects.filter(pk=report_id).first()
        if report is None:
            raise NoSuchReport
        if report.made_by == by.id:
            raise OwnReport
        if DailyReport.objects.filter(day=report.day, version__gt=report.version).exists():
            raise Superseded
        signed = _keep(report, words=words, by=by)
        audit.record(
            "report.signed",
            subject=report,
            actor_id=by.id,
            actor=by.name,
            after={"day": report.day.isoformat(), "digest": report.digest},
            reason=words,
            channel="admin",
        )
        queues.enqueue_after_commit("payments.reconciliation.print_report", report_id=report.pk)
    return signed


def _keep(report: DailyReport, *, words: str, by: Actor) -> SignOff:
    try:
        with transaction.atomic():
            return SignOff.objects.create(
                report=report,
                signed_at=timezone.now(),
                signed_by=by.id,
                signer=by.name[:NAME_LENGTH_MAX],
                maker_id=report.made_by,
                note=words,
            )
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) == _UNIQUE_VIOLATION:
            raise SignedBefore from error
        raise
