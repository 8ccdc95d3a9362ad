"""Rules: each rings when its trouble is there, is over when it is, and has a runbook."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from config import alerts as alert_rules
from config.alerts import RULES
from config.celery import QUEUES, app
from nannychain import alerts
from nannychain.alerts import rules
from nannychain.alerts.models import Alert
from nannychain.clock import nairobi_date
from nannychain.health import services as health
from nannychain.inbox.models import InboxMessage
from nannychain.notifications.models import Sms
from nannychain.outbox.models import OutboxEvent
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.services import explain
from payments.reconciliation.reports.models import DailyReport
from payments.reconciliation.reports.services import sign
from payments.withdrawals.models import Withdrawal
from tests.architecture import tree
from tests.factories import breaks
from tests.factories.members import MemberFactory
from tests.factories.money import member as member_with
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.ledger.checking.models import BooksCheck
from wallets.ledger.models import Journal
from wallets.stellar.models import Network
from workers.identity.models import Member
from workers.identity.pins.models import PinAttempt

RUNBOOKS = tree.ROOT / "docs" / "runbooks"
LOOK = {rule.name: rule.look for rule in RULES}


def ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


def withdrawal(**fields: Any) -> None:
    who: Member = MemberFactory.create()
    amounts = {"asked_cents": 10_000, "amount_cents": 10_000, "fee_cents": 0, "tax_cents": 0}
    given = {**amounts, "phone": who.phone, "shortcode": "600998", "channel": "ussd", **fields}
    Withdrawal.objects.create(member=who, **given)


def deposit(**fields: Any) -> None:
    who: Member = MemberFactory.create()
    Deposit.objects.create(
        member=who,
        phone=who.phone,
        reference=f"D{Deposit.objects.count()}",
        wanted_cents=10_000,
        amount_cents=10_000,
        channel="ussd",
        shortcode="600990",
        expires_at=timezone.now(),
        **fields,
    )


def sms(count: int = 1, **fields: Any) -> None:
    plain = {"phone": "+254712000001", "kind": "welcome", "language": "en", "text": "x", "parts": 1}
    rows = [
        Sms(**plain, is_urgent=False, expires_at=timezone.now(), **fields) for _ in range(count)
    ]
    Sms.objects.bulk_create(rows)


def callback(count: int = 1, **fields: Any) -> None:
    InboxMessage.objects.bulk_create(
        InboxMessage(source="x", digest=f"{fields}{n}"[:64], body={}, **fields)
        for n in range(count)
    )


def wrong_pins(count: int, *, at: datetime) -> None:
    who = MemberFactory.create()
    PinAttempt.objects.bulk_create(
        PinAttempt(
            member=who, digest=bytes([n]) * 32, is_right=False, tries_left=1, channel="ussd", at=at
        )
        for n in range(count)
    )


def payment(**fields: Any) -> None:
    PaybillPayment.objects.create(
        receipt="R1", state="SUSPENSE", amount_cents=1, shortcode="1", told_by="x", **fields
    )


def old_break(*, hours: int) -> None:
    item = breaks.one()  # of a class that may last for two days
    Break.objects.filter(pk=item.pk).update(due_at=item.due_at - timedelta(hours=hours))


def explained_break() -> None:
    item = breaks.one(subject="explained")
    Break.objects.filter(pk=item.pk).update(due_at=ago(days=1))
    explain(item.pk, reason="a charge", by=breaks.ASKER)


def reported(
    *,
    days_ago: int,
    version: int = 1,
    made_at: datetime | None = None,
    content: dict[str, Any] | None = None,
) -> DailyReport:
    digest = f"{days_ago}{version}".rjust(64, "0")
    cut_off = ago(days=days_ago)
    return DailyReport.objects.create(
        day=nairobi_date(ago(days=days_ago)),
        version=version,
        period_from=cut_off - timedelta(days=1),
        cut_off=cut_off,
        content=content or {},
        previous_digest=digest[::-1],
        digest=digest,
        reason="late" if version > 1 else "",
        made_at=made_at or timezone.now(),
        maker="system",
    )


def signed(report: DailyReport) -> None:
    sign(report.pk, note="looked at", by=breaks.ASKER)


def event(**fields: Any) -> None:
    OutboxEvent.objects.create(name="x", payload={}, **fields)


def paid_deposits(count: int, *, told_by: str) -> None:
    for _ in range(count):
        deposit(state="PAID", told_by=told_by, due_at=None)


def booked() -> None:
    member_with(1_00)
    assert Journal.objects.exists()


def withdrawal_from_float(**fields: Any) -> None:
    accounts.open_account(Kind.PAYOUT_FLOAT, label="600998")
    withdrawal(**fields)


def no_heartbeat() -> None:
    cache.set(health.HEARTBEAT_KEY, time.time() - 31)


def redis_is_away() -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    _settings.CACHES = {"default": away}  # type: ignore[attr-defined]


def messages(count: int) -> None:
    for _ in range(count):
        app.send_task("nannychain.health.beat", queue="stellar", expires=60)


def funding_account(xlm: str) -> None:
    """A day takes a hundred accounts of 1 XLM each, at the least."""
    stroops = int(Decimal(xlm) * 10_000_000)
    Network.objects.create(name=settings.STELLAR_NETWORK, funding_balance_stroops=stroops)


_settings: object = None


@pytest.fixture(autouse=True)
def all_is_well(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Beat is heard, Redis answers, queues are short: what the tables of this file begin with."""
    global _settings  # noqa: PLW0603 - the tables call plain functions
    _settings = settings
    settings.STELLAR_FUNDING_POLICY = "eager"
    monkeypatch.setattr(alert_rules, "QUEUE_LONG", 3)
    with app.connection_for_write() as broker:
        for name in QUEUES:  # other tests enqueue, and nobody works it off
            broker.default_channel.queue_purge(name)
    monkeypatch.setattr(alert_rules, "REDIS_PAUSE_SECONDS", 0.0)
    health.beat()
    yield
    with app.connection_for_write() as connection, connection.channel() as channel:
        channel.queue_purge("stellar")


# The rule, what makes it ring, and what is just not enough.
CASES: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
    (
        "float_low",
        lambda: withdrawal_from_float(state="SENT"),
        lambda: withdrawal_from_float(state="FAILED", due_at=None),
    ),
    (
        "payouts_old",
        lambda: withdrawal(state="SENT", created_at=ago(minutes=31)),
        lambda: withdrawal(state="SENT", created_at=ago(minutes=29)),
    ),
    (
        "reviews_wait",
        lambda: withdrawal(state="NEEDS_REVIEW", created_at=ago(hours=5)),
        lambda: withdrawal(state="NEEDS_REVIEW", created_at=ago(hours=3)),
    ),
    (
        "deposits_unknown",
        lambda: deposit(state="UNKNOWN", created_at=ago(minutes=61)),
        lambda: deposit(state="UNKNOWN", created_at=ago(minutes=59)),
    ),
    (
        "callbacks_silent",
        lambda: paid_deposits(5, told_by="status"),
        lambda: (paid_deposits(5, told_by="status"), paid_deposits(1, told_by="callback")),
    ),
    (
        "suspense_old",
        lambda: payment(created_at=ago(hours=25)),
        lambda: payment(created_at=ago(hours=23)),
    ),
    (
        "breaks_old",
        lambda: old_break(hours=49),
        lambda: (old_break(hours=47), explained_break()),
    ),
    (
        "safeguarding_short",
        lambda: breaks.one(subject="safeguarding", kind=BreakKind.SAFEGUARDING_SHORT),
        breaks.one,
    ),
    ("report_missing", lambda: reported(days_ago=3), lambda: reported(days_ago=1)),
    (
        "report_unsigned",
        lambda: reported(days_ago=1, made_at=ago(hours=25)),
        lambda: (
            reported(days_ago=1, made_at=ago(hours=23)),
            signed(reported(days_ago=2, made_at=ago(hours=47))),
            reported(days_ago=3, made_at=ago(hours=71)),
            signed(reported(days_ago=3, version=2, made_at=ago(hours=70))),
        ),
    ),
    (
        "sms_failing",
        lambda: (sms(3, state="FAILED"), sms(7, state="DELIVERED")),
        lambda: (sms(2, state="FAILED"), sms(8, state="DELIVERED")),
    ),
    ("sms_stuck", lambda: sms(due_at=ago(minutes=16)), lambda: sms(due_at=ago(minutes=14))),
    (
        "pins_attacked",
        lambda: wrong_pins(100, at=ago(minutes=5)),
        lambda: (wrong_pins(99, at=ago(minutes=5)), wrong_pins(99, at=ago(minutes=61))),
    ),
    (
        "callbacks_untrusted",
        lambda: callback(20, trusted=False),
        lambda: (callback(19, trusted=False), callback(20, trusted=True)),
    ),
    ("events_stuck", lambda: event(due_at=ago(minutes=6)), lambda: event(due_at=ago(minutes=4))),
    (
        "callbacks_stuck",
        lambda: callback(trusted=True, due_at=ago(minutes=6)),
        lambda: callback(trusted=True, due_at=ago(minutes=4)),
    ),
    (
        "books_unchecked",
        lambda: BooksCheck.objects.create(
            started_at=ago(hours=27), milliseconds=1, journals=0, postings=0
        ),
        booked,
    ),
    ("beat_silent", no_heartbeat, lambda: cache.set(health.HEARTBEAT_KEY, time.time() - 28)),
    ("redis_away", redis_is_away, health.beat),
    ("queues_long", lambda: messages(4), lambda: messages(3)),
    ("funding_low", lambda: funding_account("49.9"), lambda: funding_account("50")),
]


@pytest.mark.django_db
class TestEachRule:
    @pytest.mark.parametrize(("name", "trouble", "_"), CASES, ids=[case[0] for case in CASES])
    def test_rings_while_its_trouble_is_there(
        self, name: str, trouble: Callable[[], object], _: object
    ) -> None:
        assert LOOK[name]() is None
        trouble()
        found = LOOK[name]()
        assert found
        assert "+254" not in str(found)

    @pytest.mark.parametrize(("name", "_", "calm"), CASES, ids=[case[0] for case in CASES])
    def test_is_silent_where_it_is_not_enough(
        self, name: str, _: object, calm: Callable[[], object]
    ) -> None:
        calm()
        assert LOOK[name]() is None

    def test_is_tried_here(self) -> None:
        assert [case[0] for case in CASES] == [rule.name for rule in RULES]


@pytest.mark.django_db
class TestLooking:
    def test_an_alert_is_raised_once_and_closed_by_itself(self) -> None:
        event(due_at=ago(minutes=6))
        assert rules.evaluate() == ["events_stuck"]
        assert rules.evaluate() == ["events_stuck"]
        alert = Alert.objects.get()
        assert (alert.key, alert.count) == ("rule:events_stuck", 2)
        assert alert.details["what to do"] == "docs/runbooks/events_stuck.md"
        OutboxEvent.objects.update(delivered_at=timezone.now())
        assert rules.evaluate() == []
        alert.refresh_from_db()
        assert alert.resolved_at is not None

    def test_a_rule_that_breaks_keeps_its_alert_and_the_others_going(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event(due_at=ago(minutes=6))

        def breaks() -> dict[str, Any]:
            raise ValueError

        broken = rules.Rule(name="a_broken_one", title="x", look=breaks)
        others = dict(rules._registered)
        monkeypatch.setattr(rules, "_registered", {broken.name: broken, **others})
        alerts.raise_alert(key=broken.key, title="x")
        assert rules.evaluate() == ["events_stuck"]
        assert Alert.objects.get(key=broken.key).resolved_at is None


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    pages = {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md")}
    index, _ = pages.pop("README"), pages.pop("events")  # what rings once, for one event
    assert set(pages) == {rule.name for rule in RULES}
    for rule in RULES:
        page = pages[rule.name]
        assert page.startswith(f"# {rule.title}\n")
        for part in ("**It rings when:** ", "**What it means:** ", "\n## What to do\n\n1. "):
            assert part in page
        assert f"({rule.name}.md)" in index
