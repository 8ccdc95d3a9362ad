"""The charts of the admin's front page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from redis.exceptions import RedisError

from config import money_by_day, told_balances
from config.celery import QUEUES
from nannychain.alerts.models import AlertDelivery
from nannychain.inbox.models import InboxMessage
from nannychain.money import CENTS_PER_SHILLING
from nannychain.money import display as money
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from nannychain.outbox.models import OutboxEvent
from nannychain.queues import depths
from nannychain.staff import charts, front
from nannychain.staff.charts import Bar, Series
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.reconciliation.safeguarding.selectors import RESOURCE
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import UNFINISHED
from wallets.ledger import reading
from wallets.ledger.chart import CHART, Kind
from wallets.ledger.models import Account
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import Funding
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import State as LookupState

DAYS = (14, 30)
POSITION_KEPT_SECONDS = 60
_POSITION_KEY = "front:position"
_NAMES = {line.kind: line.name for line in CHART}


# What we owe and what we hold


def owed_and_held(request: HttpRequest) -> SafeString:
    """Draw what we owe members beside what our books say lies at M-Pesa and the bank.

    M-Pesa's own word stands below, for who may see it: our books alone prove nothing about it.
    """
    found = position_now()
    total = sum(found.held.values())
    rows = [Bar("Owed to members", max(0, found.owed), "warn", address=_accounts())]
    rows.append(Bar("Held in all", max(0, total), "good"))
    rows += [Bar(f"of it: {name}", max(0, cents), "soft") for name, cents in found.held.items()]
    chart = charts.bars("What we owe, and what we hold", rows, show=money)
    verdict = _verdict(found.owed, total, found.at)
    if not request.user.has_perm("payments.view_balancereading"):
        return format_html("{}{}", chart, verdict)
    return format_html("{}{}{}", chart, verdict, told_balances.draw(at=timezone.now()))


class Position(NamedTuple):
    """What we owe members, and what we hold for that, by account, in cents, at one instant."""

    owed: int
    held: dict[str, int]
    at: datetime


def position_now() -> Position:
    """Return the position, read once in a minute.

    It adds up a row for each member, which is more than each look at the page should cost. Both
    sides are kept together: an old figure beside a new one would be a difference that isn't there.
    """
    try:
        kept: Position | None = cache.get(_POSITION_KEY)
    except (RedisError, OSError):
        return _position()
    if kept is None:
        kept = _position()
        try:
            cache.set(_POSITION_KEY, kept, timeout=POSITION_KEPT_SECONDS)
        except (RedisError, OSError):
            return kept
    return kept


def _position() -> Position:
    accounts = Account.objects.filter(kind__in=RESOURCE, owner_id__isnull=True).order_by("kind_id")
    named = {
        pk: f"{_NAMES[Kind(kind)]} {label}".strip()
        for pk, kind, label in accounts.values_list("pk", "kind_id", "label")
    }
    owed, balances = reading.position(named)
    return Position(owed, {name: balances[pk] for pk, name in named.items()}, timezone.now())


def _verdict(owed: int, held: int, at: datetime) -> SafeString:
    apart = money(abs(held - owed)).replace(" ", "\N{NO-BREAK SPACE}")
    if held >= owed:
        words = f"What we hold covers what we owe, and {apart} is ours."
        kind = "desk-calm"
    else:
        words = f"{apart} is missing: we owe more than we hold. Call finance now."
        kind = "desk-alarm"
    return format_html(
        '<p class="desk-say {}">{}</p>'
        '<p class="desk-say">So far by our own books alone, at {}.</p>',
        kind,
        words,
        f"{timezone.localtime(at):%H:%M}",
    )


def _accounts() -> str:
    return reverse("admin:wallets_account_changelist")


# In and out by day


def by_day(request: HttpRequest) -> SafeString:
    """Draw what came in and went out on each of the last 14 or 30 days."""
    asked = request.GET.get("days", "")
    days = next((each for each in DAYS if str(each) == asked), DAYS[0])
    found = money_by_day.last(days)
    choice = format_html_join(
        "",
        '<a href="?days={}"{}>{} days</a>',
        ((each, _current(is_it=each == days), each) for each in DAYS),
    )
    title = format_html(
        'Money in and out over M-Pesa, by day <span class="desk-choice">{}</span>', choice
    )
    return charts.columns(
        title,
        [f"{each.day:%-d %b}" for each in found],
        [
            Series("in", [each.in_cents for each in found], "good"),
            Series("out", [each.out_cents for each in found], "warn"),
        ],
        show=money,
        scale=lambda cents: charts.short(cents // CENTS_PER_SHILLING),
    )


def _current(*, is_it: bool) -> SafeString:
    return format_html(' aria-current="{}"', "true") if is_it else SafeString("")


# What waits for a machine


class Work(NamedTuple):
    """Rows that a sweep works off when they are due, along the index of the sweep."""

    name: str
    rows: Callable[[], QuerySet[Any]]


WORK = (
    Work("SMS to send", lambda: Sms.objects.filter(state=SmsState.QUEUED)),
    Work("Deposits", lambda: Deposit.objects.filter(due_at__isnull=False)),
    Work("Withdrawals", lambda: Withdrawal.objects.filter(state__in=UNFINISHED)),
    Work("Paybill payments", lambda: PaybillPayment.objects.filter(due_at__isnull=False)),
    Work("Accounts on Stellar", lambda: FundingRequest.objects.filter(state=Funding.WAITING)),
    Work("Questions about SIMs", lambda: SimSwapLookup.objects.filter(state=LookupState.WAITING)),
    Work("Events (outbox)", lambda: OutboxEvent.objects.filter(delivered_at__isnull=True)),
    Work("Callbacks (inbox)", lambda: InboxMessage.objects.filter(handled_at__isnull=True)),
    Work("Alerts to tell", lambda: AlertDelivery.objects.filter(ended_at__isnull=True)),
)


def queues(_: HttpRequest) -> SafeString:
    """Draw the rows that are due in each sweep, and the messages in Celery's queues."""
    now = timezone.now()
    due = charts.bars("Rows that are due", [_due(work, now) for work in WORK])
    try:
        rung = charts.bars("Messages in queues", [Bar(*each) for each in depths(QUEUES).items()])
    except ConnectionError:
        rung = format_html('<p class="desk-say desk-alarm">{}</p>', "The broker can't be reached.")
    return format_html('{}<div class="desk-say">{}</div>', due, rung)


def _due(work: Work, now: datetime) -> Bar:
    found = front.waiting(work.rows().filter(due_at__lte=now), "due_at")
    note = f"for {front.in_words(now - found.oldest)}" if found.oldest else ""
    return Bar(work.name, found.count, "plain", note)
