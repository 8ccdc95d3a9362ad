"""Which figures of the business Prometheus gets, and from where each is read.

Each is one query along an index, but for two that look at a row for each member: what is owed, and
how many there are. They are read at most once in some seconds, however many ask.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Model, Q, QuerySet
from django.utils import timezone

from config.celery import QUEUES
from nannychain import metrics, queues
from nannychain.alerts.models import Alert
from nannychain.clock import nairobi_date
from nannychain.health import services as health
from nannychain.ids import first_since
from nannychain.inbox.models import InboxMessage
from nannychain.metrics import Figure, Sample
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from nannychain.outbox.models import OutboxEvent
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.reconciliation.safeguarding.selectors import RESOURCE
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import UNFINISHED
from ussd.engine import sessions as ussd_sessions
from ussd.engine.models import ScreenFigure, SessionFigure
from wallets.ledger import reading
from wallets.ledger.chart import Kind
from wallets.ledger.checking.models import BooksCheck
from wallets.ledger.models import Account
from wallets.stellar import runway
from wallets.stellar.models import Network
from workers.identity.models import Member
from workers.identity.pins.models import Pin

_DAY = timedelta(days=1)
_CLEARING = (Kind.PAYOUT_CLEARING, Kind.RECEIPT_CLEARING)
_SUSPENSE = (Kind.SUSPENSE_RECEIPTS, Kind.SUSPENSE_PAYOUTS, Kind.SUSPENSE_DIFFERENCES)


def _one(value: float) -> list[Sample]:
    return [Sample(value)]


def _by_state(rows: QuerySet[Any]) -> list[Sample]:
    counts = rows.order_by().values_list("state").annotate(rows=Count("pk"))
    return [Sample(count, {"state": state}) for state, count in sorted(counts)]


def _of_a_day(model: type[Model]) -> list[Sample]:
    # Ids are in the order of time, so the primary key leads to the last day.
    return _by_state(model._default_manager.filter(pk__gte=first_since(timezone.now() - _DAY)))


def _age(rows: QuerySet[Any], field: str) -> list[Sample]:
    """Return for how many seconds the oldest of the rows has waited; 0 where there is none."""
    oldest = rows.aggregate(oldest=Min(field))["oldest"]
    seconds = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return _one(max(0.0, round(seconds, 1)))


def _standings(kinds: Iterable[Kind]) -> list[Sample]:
    accounts = Account.objects.filter(kind__in=kinds, owner_id__isnull=True)
    named = {pk: (Kind(kind), label) for pk, kind, label in accounts.values_list(*_NAMING)}
    return [
        Sample(each.balance, {"kind": named[pk][0].name.lower(), "label": named[pk][1]})
        for pk, each in sorted(reading.standings(named).items())
    ]


_NAMING = ("pk", "kind_id", "label")


def _undelivered() -> QuerySet[OutboxEvent]:
    return OutboxEvent.objects.filter(delivered_at__isnull=True)


def _unhandled() -> QuerySet[InboxMessage]:
    return InboxMessage.objects.filter(handled_at__isnull=True)


def _queued() -> QuerySet[Sms]:
    return Sms.objects.filter(state=SmsState.QUEUED)


def _unfinished() -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(state__in=UNFINISHED)


def _waiting_deposits() -> QuerySet[Deposit]:
    return Deposit.objects.filter(due_at__isnull=False)


def _suspense() -> QuerySet[PaybillPayment]:
    return PaybillPayment.objects.filter(state=PaybillState.SUSPENSE.value)


def _components() -> list[Sample]:
    found = health.components().items()
    return [Sample(int(state == "ok"), {"component": name}) for name, state in found]


def _alerts() -> list[Sample]:
    counts = Alert.objects.filter(resolved_at__isnull=True).aggregate(
        seen=Count("pk", filter=Q(acknowledged_at__isnull=False)),
        unseen=Count("pk", filter=Q(acknowledged_at__isnull=True)),
    )
    return [Sample(counts[name], {"state": name}) for name in ("seen", "unseen")]


def _books_age() -> list[Sample]:
    last = BooksCheck.objects.order_by("-pk").values_list("started_at", flat=True).first()
    return [] if last is None else _one(round((timezone.now() - last).total_seconds(), 1))


def _books_faults() -> list[Sample]:
    last = BooksCheck.objects.order_by("-pk").first()
    return [] if last is None else _one(len(last.faults))


def _queues() -> list[Sample]:
    return [Sample(depth, {"queue": name}) for name, depth in queues.depths(QUEUES).items()]


def _runways() -> list[Sample]:
    known = Network.objects.filter(funding_balance_stroops__isnull=False).order_by("name")
    return [Sample(round(runway.of(each).days, 2), {"network": each.name}) for each in known]


def _funding() -> list[Sample]:
    known = Network.objects.filter(funding_balance_stroops__isnull=False)
    balances = known.order_by("name").values_list("name", "funding_balance_stroops")
    return [Sample(stroops or 0, {"network": name}) for name, stroops in balances]


def _locked_pins() -> list[Sample]:
    return _one(Pin.objects.filter(locked_until__gt=timezone.now()).count())


def _ussd_today(*names: str) -> list[Sample]:
    """Return, for each screen of today in Kenya, the sum of the first name less the others."""
    rows = ScreenFigure.objects.filter(day=nairobi_date(timezone.now())).order_by("screen")
    return [
        Sample(max(0, first - sum(others)), {"screen": screen})
        for screen, first, *others in rows.values_list("screen", *names)
    ]


def _ussd_lengths() -> list[Sample]:
    rows = SessionFigure.objects.filter(day=nairobi_date(timezone.now()))
    return [
        Sample(sessions, {"what": what, "upto": str(upto)})
        for what, upto, sessions in rows.order_by("what", "upto").values_list(
            "what", "upto", "sessions"
        )
    ]


FIGURES = (
    Figure("nannychain_component_up", "1 where a component answers", _components),
    Figure("nannychain_members", "members", lambda: _one(Member.objects.count())),
    Figure(
        "nannychain_owed_to_customers_cents",
        "what we owe customers, in cents",
        lambda: _one(reading.owed_to_customers()),
    ),
    Figure(
        "nannychain_float_cents",
        "what our books say lies at M-Pesa, at the bank, and on its way between them, in cents",
        lambda: _standings(RESOURCE),
    ),
    Figure(
        "nannychain_clearing_cents",
        "money that is on its way, in cents",
        lambda: _standings(_CLEARING),
    ),
    Figure(
        "nannychain_suspense_cents",
        "money whose place is not known, in cents",
        lambda: _standings(_SUSPENSE),
    ),
    Figure(
        "nannychain_deposits_of_a_day",
        "deposits asked for in the last 24 hours, by state",
        lambda: _of_a_day(Deposit),
    ),
    Figure(
        "nannychain_withdrawals_of_a_day",
        "withdrawals asked for in the last 24 hours, by state",
        lambda: _of_a_day(Withdrawal),
    ),
    Figure(
        "nannychain_deposits_waiting",
        "deposits that are to be looked at again, by state",
        lambda: _by_state(_waiting_deposits()),
    ),
    Figure(
        "nannychain_withdrawals_unfinished",
        "withdrawals that have not ended, by state",
        lambda: _by_state(_unfinished()),
    ),
    Figure(
        "nannychain_deposit_unknown_oldest_seconds",
        "age of the oldest deposit of which nobody has said how it ended",
        lambda: _age(_waiting_deposits().filter(state=DepositState.UNKNOWN), "created_at"),
    ),
    Figure(
        "nannychain_withdrawal_oldest_seconds",
        "age of the oldest withdrawal that has not ended",
        lambda: _age(_unfinished(), "created_at"),
    ),
    Figure(
        "nannychain_paybill_suspense_oldest_seconds",
        "age of the oldest payment in suspense",
        lambda: _age(_suspense(), "created_at"),
    ),
    Figure("nannychain_sms_queued", "SMS that wait", lambda: _one(_queued().count())),
    Figure(
        "nannychain_sms_oldest_seconds",
        "for how long the oldest SMS that is due has been due",
        lambda: _age(_queued(), "due_at"),
    ),
    Figure("nannychain_sms_of_a_day", "SMS of the last 24 hours, by state", lambda: _of_a_day(Sms)),
    Figure(
        "nannychain_outbox_undelivered",
        "events that not all have heard of",
        lambda: _one(_undelivered().count()),
    ),
    Figure(
        "nannychain_outbox_oldest_seconds",
        "for how long the oldest of them has been due",
        lambda: _age(_undelivered(), "due_at"),
    ),
    Figure(
        "nannychain_inbox_unhandled",
        "callbacks that are not worked out",
        lambda: _one(_unhandled().count()),
    ),
    Figure(
        "nannychain_inbox_oldest_seconds",
        "for how long the oldest of them has been due",
        lambda: _age(_unhandled(), "due_at"),
    ),
    Figure("nannychain_alerts_open", "open alerts, by whether anybody has seen them", _alerts),
    Figure("nannychain_books_check_age_seconds", "since the last check of all books", _books_age),
    Figure("nannychain_books_faults", "faults that it found", _books_faults),
    Figure("nannychain_funding_stroops", "what the Stellar funding account holds", _funding),
    Figure(
        "nannychain_funding_runway_days",
        "for how many days like the last ones it lasts",
        _runways,
    ),
    Figure("nannychain_queue_messages", "messages in each of Celery's queues", _queues),
    Figure("nannychain_pins_locked", "PINs that are locked now", _locked_pins),
    Figure(
        "nannychain_ussd_sessions_open",
        "USSD sessions in Redis: open, or ended within their time to live",
        lambda: _one(ussd_sessions.count()),
    ),
    Figure(
        "nannychain_ussd_begun_today",
        "USSD sessions begun today in Kenya, by first screen",
        lambda: _ussd_today("began"),
    ),
    Figure(
        "nannychain_ussd_shown_today",
        "how often a screen was shown today",
        lambda: _ussd_today("shown"),
    ),
    Figure(
        "nannychain_ussd_given_up_today",
        "how often nothing came after a screen today, so far",
        lambda: _ussd_today("shown", "left"),
    ),
    Figure(
        "nannychain_ussd_wrong_today",
        "inputs that made no sense on a screen today",
        lambda: _ussd_today("wrong"),
    ),
    Figure(
        "nannychain_ussd_ended_today",
        "sessions that ended today, by last screen",
        lambda: _ussd_today("ended"),
    ),
    Figure(
        "nannychain_ussd_lengths_today",
        "sessions of today by how many seconds or hops they took at most",
        _ussd_lengths,
    ),
)


def connect() -> None:
    """Have them told."""
    metrics.register(FIGURES)
