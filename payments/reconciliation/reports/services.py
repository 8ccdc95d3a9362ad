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
from payments.reconciliation.reports import chain, contents, selectors
from payments.reconciliation.reports.models import NAME_LENGTH_MAX, DailyReport, SignOff

_UNIQUE_VIOLATION = "23505"
# What a report of an earlier day than the last one says of its day, and what it can't.
_LATE = {
    "made late": "what our books say is as of the cut-off; what M-Pesa has less, its balances,"
    " breaks, suspense, payments without an outcome, the count on Stellar and the check of the"
    " books are of when it was made",
}
_ANEW = {"asked outside": "nothing: a person had it made anew"}
# Each report adds up all that was booked since its day.
ANEW_WITHIN = timedelta(days=31)


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
    message = "There is a later version of this report: look at that one."


class TooOld(Conflict):
    """Its day is too long ago for another version: its figures would be reckoned back from now."""

    code = "reports.too_old"
    message = "This day is too long ago for another version."


class OwnReport(Forbidden):
    """Who had it made can't sign it off."""

    code = "reports.own_report"
    message = "You had this report made. Somebody else has to sign it off."


def day_to_report(*, at: datetime) -> date:
    """Return the last day that is over in Nairobi: the one that a report made now is about."""
    return nairobi_date(at) - timedelta(days=1)


def make(
    *,
    at: datetime,
    by: Actor | None = None,
    supersede: str = "",
    run: Mapping[str, Any],
    day: date | None = None,
    channel: str = "",
) -> tuple[DailyReport, bool]:
    """Make the report of the day that is over, and return it; False where it was there before.

    With a reason to `supersede`, another version of it is made. `run` is what the daily run notes
    of itself. `day` is an earlier day, whose report says what it can't tell of then. `channel` is
    where a person has it made. Raises InvalidReason.
    """
    reason = reasons.clean(supersede) if supersede else ""
    last_day = day_to_report(at=at)
    day = day or last_day
    notes = {**run, **(_LATE if day < last_day else {})}
    with transaction.atomic():
        locks.take(Lock.REPORT, "")  # each names the one before it
        last = DailyReport.objects.filter(day=day).order_by("-version").first()
        if last is not None and not reason:
            return last, False
        before = DailyReport.objects.order_by("-pk").first()
        period = _period(day, at=at)
        version = last.version + 1 if last is not None else 1
        said = {
            **contents.of(period),
            "day": day.isoformat(),
            "version": version,
            "reason": reason if last is not None else "",
            "run": notes,
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
            channel=channel,
        )
        queues.enqueue_after_commit("payments.reconciliation.print_report", report_id=report.pk)
    return report, True


def _period(day: date, *, at: datetime) -> contents.Period:
    """Return what the report is about. Events count from the report of the day before on, as it was
    first made; where that is missing or came late, from the day's beginning.
    """
    begins, ends = (
        datetime.combine(each, time(), tzinfo=NAIROBI) for each in (day, day + timedelta(days=1))
    )
    earlier = DailyReport.objects.filter(day__lt=day)
    before = earlier.order_by("-day", "version").first()
    return contents.Period(
        begins=begins,
        cut_off=ends - timedelta(microseconds=1),
        since=before.made_at if before is not None and before.made_at < ends else begins,
        at=at,
    )


def make_missing(*, at: datetime, by: Actor | None = None, run: Mapping[str, Any]) -> int:
    """Make the reports of the days before the last one that have none; return how many."""
    before = day_to_report(at=at) - timedelta(days=1)
    days = selectors.missing_days(up_to=before)
    return sum(make(at=at, by=by, run=run, day=day)[1] for day in days)


def make_anew(report_id: int, *, reason: str, by: Actor) -> DailyReport:
    """Make another version of a day's report for a person, who can't sign that one off.

    Nothing is asked outside: it says what is known by now, as after a statement that came late.
    Raises NoSuchReport, InvalidReason, Superseded and TooOld.
    """
    instant, words = timezone.now(), reasons.clean(reason)
    with transaction.atomic():
        locks.take(Lock.REPORT, "")  # of two people who want one, the second has to look first
        report = DailyReport.objects.filter(pk=report_id).first()
        if report is None:
            raise NoSuchReport
        if not selectors.is_last(report):
            raise Superseded
        if not can_be_made_anew(report, at=instant):
            raise TooOld
        made, _ = make(
            at=instant, by=by, supersede=words, run=_ANEW, day=report.day, channel="admin"
        )
    return made


def can_be_made_anew(report: DailyReport, *, at: datetime) -> bool:
    """Tell whether another version may supersede it: it is the last, and of a recent day."""
    return report.cut_off > at - ANEW_WITHIN and selectors.is_last(report)


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
        if not selectors.is_last(report):
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
