"""The table of rules that ring by themselves and are over by themselves.

Each look is one query or two along an index, or one question to Redis or the broker. What is told
at once by whoever meets it (a refused credential, wrong books) has no line here.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from config.celery import QUEUES
from config.mpesa_alerts import callbacks_silent, float_low
from nannychain import queues
from nannychain.alerts import rules
from nannychain.alerts.rules import Found, Rule
from nannychain.clock import nairobi_date
from nannychain.health import services as health
from nannychain.ids import first_since
from nannychain.inbox.models import InboxMessage
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from nannychain.outbox.models import OutboxEvent
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.breaks import selectors as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.reports import selectors as reports
from payments.reconciliation.reports import services as reports_of_days
from payments.withdrawals import selectors as withdrawals
from wallets.ledger.checking.models import BooksCheck
from wallets.ledger.models import Journal
from wallets.stellar import runway
from wallets.stellar.models import Network
from workers.identity.pins.models import PinAttempt

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REVIEW_AGE = timedelta(hours=4)
SMS_AGE = timedelta(minutes=15)
QUEUE_AGE = timedelta(minutes=5)
BOOKS_AGE = timedelta(hours=26)
REPORT_BY = timedelta(hours=6)  # after midnight
SMS_LEAST = 10  # fewer prove nothing
SMS_FAILED_PERCENT = 30
WRONG_PINS = 100
UNTRUSTED = 20
QUEUE_LONG = 1_000
REDIS_PAUSE_SECONDS = 1.0
_SMS_LOST = (SmsState.FAILED, SmsState.REJECTED, SmsState.UNKNOWN)
_SMS_WELL = (SmsState.ACCEPTED, SmsState.DELIVERED)


def _older(rows: QuerySet[Any], field: str, *, than: timedelta) -> Found:
    """Return how many of the rows have waited for longer, and since when; None without any."""
    late = rows.filter(**{f"{field}__lt": timezone.now() - than})
    found = late.aggregate(rows=Count("pk"), since=Min(field))
    if not found["rows"]:
        return None
    return {"how many": found["rows"], "since": _told(found["since"])}


def _told(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def payouts_old() -> Found:
    """Tell of withdrawals that neither went through nor failed for long."""
    return _older(withdrawals.late(), "created_at", than=withdrawals.LATE_AFTER)


def reviews_wait() -> Found:
    """Tell of withdrawals that two of the staff are to decide about."""
    return _older(withdrawals.to_decide(), "created_at", than=REVIEW_AGE)


def deposits_unknown() -> Found:
    """Tell of deposits of which nobody has said how they ended."""
    rows = Deposit.objects.filter(due_at__isnull=False, state=DepositState.UNKNOWN)
    return _older(rows, "created_at", than=HOUR)


def suspense_old() -> Found:
    """Tell of money that has been in suspense for more than a day."""
    rows = PaybillPayment.objects.filter(state=PaybillState.SUSPENSE.value)
    return _older(rows, "created_at", than=DAY)


def breaks_old() -> Found:
    """Tell of differences that nobody has explained in the time that their class allows."""
    now = timezone.now()
    found = breaks.overdue(at=now).aggregate(rows=Count("pk"), since=Min("since"))
    if not found["rows"]:
        return None
    return {"how many": found["rows"], "oldest": _told(found["since"])}


def safeguarding_short() -> Found:
    """Tell when we hold less for customers than we owe them."""
    rows = breaks.unsettled().filter(kind=BreakKind.SAFEGUARDING_SHORT)
    found = rows.values("amount_cents", "since").first()
    if found is None:
        return None
    return {"short_cents": -(found["amount_cents"] or 0), "since": _told(found["since"])}


def report_missing() -> Found:
    """Tell in the morning of days of the last week without a report, once there are books."""
    day = reports_of_days.day_to_report(at=timezone.now() - REPORT_BY)
    if reports.last_day() is None:
        first = Journal.objects.order_by("pk").values_list("recorded_at", flat=True).first()
        return None if first is None or nairobi_date(first) > day else {"last report": "never"}
    missing = [each.isoformat() for each in reports.missing_days(up_to=day)]
    return {"no report of": missing} if missing else None


def report_unsigned() -> Found:
    """Tell of reports that nobody has signed off for a day."""
    rows = reports.unsigned(at=timezone.now(), older_than=DAY)
    found = rows.aggregate(rows=Count("pk"), since=Min("made_at"))
    if not found["rows"]:
        return None
    return {"how many": found["rows"], "since": _told(found["since"])}


def sms_failing() -> Found:
    """Tell when many SMS of the last hour came to nothing."""
    rows = Sms.objects.filter(pk__gte=first_since(timezone.now() - HOUR))
    found = rows.aggregate(
        lost=Count("pk", filter=Q(state__in=_SMS_LOST)),
        well=Count("pk", filter=Q(state__in=_SMS_WELL)),
    )
    ended = found["lost"] + found["well"]
    if ended < SMS_LEAST or 100 * found["lost"] < SMS_FAILED_PERCENT * ended:
        return None
    return {"SMS of the last hour": ended, "came to nothing": found["lost"]}


def sms_stuck() -> Found:
    """Tell of SMS that have been due for long."""
    return _older(Sms.objects.filter(state=SmsState.QUEUED), "due_at", than=SMS_AGE)


def pins_attacked() -> Found:
    """Tell when far more wrong PINs came in an hour than people mistype."""
    since = timezone.now() - HOUR
    wrong = PinAttempt.objects.filter(at__gte=since, is_right=False)
    found = wrong.aggregate(rows=Count("pk"), members=Count("member", distinct=True))
    if found["rows"] < WRONG_PINS:
        return None
    return {"wrong PINs of the last hour": found["rows"], "members": found["members"]}


def callbacks_untrusted() -> Found:
    """Tell when many callbacks came that could not be authenticated."""
    rows = InboxMessage.objects.filter(trusted=False, received_at__gte=timezone.now() - HOUR)
    found = rows.aggregate(rows=Count("pk"), sources=Count("source", distinct=True))
    if found["rows"] < UNTRUSTED:
        return None
    return {"callbacks of the last hour": found["rows"], "addresses": found["sources"]}


def events_stuck() -> Found:
    """Tell of events that were not delivered for long."""
    rows = OutboxEvent.objects.filter(delivered_at__isnull=True)
    return _older(rows, "due_at", than=QUEUE_AGE)


def callbacks_stuck() -> Found:
    """Tell of callbacks that were not worked out for long."""
    return _older(InboxMessage.objects.filter(handled_at__isnull=True), "due_at", than=QUEUE_AGE)


def books_unchecked() -> Found:
    """Tell when the last check of the books is not of last night, once there are books."""
    limit = timezone.now() - BOOKS_AGE
    last = BooksCheck.objects.aggregate(last=Max("started_at"))["last"]
    if last is None:
        first = Journal.objects.order_by("pk").values_list("recorded_at", flat=True).first()
        return None if first is None or first > limit else {"last check": "never"}
    return None if last > limit else {"last check": _told(last)}


def beat_silent() -> Found:
    """Tell when beat, the broker or the worker that answers has been silent; see the watchdog."""
    if not health.is_redis_there():
        return None  # nobody can tell; that has a rule of its own
    age = health.heartbeat_age_seconds()
    if age is not None and age <= health.HEARTBEAT_SECONDS_MAX:
        return None
    return {"last heartbeat": "none is known" if age is None else f"{age:.0f} seconds ago"}


def redis_away() -> Found:
    """Tell when Redis does not answer, nor a second later."""
    if health.is_redis_there():
        return None
    time.sleep(REDIS_PAUSE_SECONDS)
    return None if health.is_redis_there() else {"Redis": "does not answer"}


def queues_long() -> Found:
    """Tell which queues nobody works off. Old messages are dropped when taken."""
    found = queues.depths(QUEUES)
    return {name: depth for name, depth in found.items() if depth > QUEUE_LONG} or None


def funding_low() -> Found:
    """Tell when what the Stellar funding account can spend lasts for a day or less."""
    network = Network.objects.filter(
        name=settings.STELLAR_NETWORK, funding_balance_stroops__isnull=False
    ).first()
    low = runway.running_low(network) if network else None
    if low is None:
        return None
    return {
        "account": settings.STELLAR_FUNDING_ACCOUNT,
        "spendable_stroops": low.spendable,
        "a_day_needs_stroops": low.day_need,
    }


RULES = (
    Rule(name="float_low", title="The float for payouts lasts for less than a day", look=float_low),
    Rule(name="payouts_old", title="Payouts have been under way for long", look=payouts_old),
    Rule(name="reviews_wait", title="Withdrawals wait for a decision", look=reviews_wait),
    Rule(
        name="deposits_unknown",
        title="Nobody says how some deposits ended",
        look=deposits_unknown,
    ),
    Rule(name="callbacks_silent", title="M-Pesa's callbacks don't come", look=callbacks_silent),
    Rule(name="suspense_old", title="Money in suspense waits for its owner", look=suspense_old),
    Rule(name="breaks_old", title="Differences are not explained in time", look=breaks_old),
    Rule(
        name="safeguarding_short",
        title="Customers' money is not covered",
        look=safeguarding_short,
    ),
    Rule(name="report_missing", title="There is no daily report", look=report_missing),
    Rule(
        name="report_unsigned",
        title="A daily report is not signed off",
        look=report_unsigned,
    ),
    Rule(name="sms_failing", title="Many SMS come to nothing", look=sms_failing),
    Rule(name="sms_stuck", title="SMS that are due don't go out", look=sms_stuck),
    Rule(name="pins_attacked", title="Somebody may be guessing PINs", look=pins_attacked),
    Rule(
        name="callbacks_untrusted",
        title="Many callbacks can't be authenticated",
        look=callbacks_untrusted,
    ),
    Rule(name="events_stuck", title="Events are not delivered", look=events_stuck),
    Rule(name="callbacks_stuck", title="Callbacks are not worked out", look=callbacks_stuck),
    Rule(name="books_unchecked", title="The books were not checked", look=books_unchecked),
    Rule(name="beat_silent", title="Beat or its worker is silent", look=beat_silent),
    Rule(name="redis_away", title="Redis does not answer", look=redis_away),
    Rule(name="queues_long", title="Nobody works off a queue", look=queues_long),
    Rule(name="funding_low", title="The Stellar funding account is low", look=funding_low),
)


def connect() -> None:
    """Have them looked at."""
    rules.register(RULES)
