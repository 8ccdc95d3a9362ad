"""The front page of the admin: what waits, for whom it shows, and what looking costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.front_page import CARDS
from config.roles import Role
from nannychain.actors import Actor
from nannychain.alerts import raise_alert
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.ids import first_since
from nannychain.notifications.models import Sms
from nannychain.operating.models import StoppedFlow
from nannychain.staff import front
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.reports.models import DailyReport
from payments.withdrawals.models import Desk, Withdrawal
from tests.config.test_alert_rules import ago, reported, signed
from tests.factories.browsers import html, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.ledger.manual import services as manual
from wallets.ledger.recipes import Leg
from wallets.stellar.watching.models import Movement
from workers.identity.models import Member
from workers.identity.pins.models import Pin

pytestmark = pytest.mark.django_db
QUERIES_MAX = 40
REPORT = {"safeguarding": {"shortfall_cents": 0}, "breaks": {"open": []}}
PAYBILL = {"amount_cents": 5_000, "shortcode": "600990", "told_by": "callback"}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def withdrawal(count: int = 1, **fields: Any) -> None:
    who: Member = MemberFactory.create()
    sums = {"asked_cents": 10_000, "amount_cents": 10_000, "fee_cents": 0, "tax_cents": 0}
    given = {**sums, "phone": who.phone, "shortcode": "600998", "channel": "ussd", **fields}
    Withdrawal.objects.bulk_create(Withdrawal(member=who, **given) for _ in range(count))


def deposit(count: int = 1, **fields: Any) -> None:
    who: Member = MemberFactory.create()
    sums = {"wanted_cents": 10_000, "amount_cents": 10_000}
    given = {"phone": who.phone, "channel": "ussd", "shortcode": "600990", **sums, **fields}
    first = Deposit.objects.count()
    Deposit.objects.bulk_create(
        Deposit(member=who, reference=f"D{first + n}", expires_at=timezone.now(), **given)
        for n in range(count)
    )


def paybill(count: int = 1, **fields: Any) -> None:
    first = PaybillPayment.objects.count()
    PaybillPayment.objects.bulk_create(
        PaybillPayment(receipt=f"TJ{first + n:08}", **{**PAYBILL, **fields}) for n in range(count)
    )


def sms(count: int = 1, **fields: Any) -> None:
    plain = {"phone": "+254712000001", "kind": "welcome", "language": "en", "text": "x", "parts": 1}
    given = {**plain, "is_urgent": False, "expires_at": timezone.now(), **fields}
    Sms.objects.bulk_create(Sms(**given) for _ in range(count))


def pin(count: int = 1, **fields: Any) -> None:
    for _ in range(count):
        Pin.objects.create(
            member=MemberFactory.create(),
            hash="$argon2id$x",
            pepper_id="x",
            made_by=b"x" * 32,
            **fields,
        )


def asked(count: int = 1, *, by: Member | None = None) -> None:
    asker = by or StaffFactory.create()
    for _ in range(count):
        approvals.ask(
            "member.reset_pin",
            subject_type="workers.member",
            subject_id=MemberFactory.create().pk,
            payload={},
            by=actor(asker),
            reason="She came to the office",
        )


def actor(member: Member) -> Any:
    return Actor(id=member.pk, name=str(member))


def proposed(count: int = 1) -> None:
    bank = accounts.open_account(Kind.OWN_BANK, label="KCB")
    equity = accounts.open_account(Kind.EQUITY)
    by = StaffFactory.create()
    for n in range(count):
        legs = (Leg(bank, 100 + n), Leg(equity, -100 - n))
        manual.propose(
            legs, effective_at=ago(hours=1), reason="Capital", by=by.pk, name=by.worker_id
        )


def difference(count: int = 1) -> None:
    first = Break.objects.count()
    for n in range(count):
        found = breaks.Found(
            kind=BreakKind.FLOAT_DIFFERS,
            subject=f"float:{first + n}",
            amount_cents=-5_000,
            since=ago(days=2),
        )
        breaks.find(found, source="balance")


def report(count: int = 1) -> None:
    """Make reports to sign off: of each day also an older version, which is superseded."""
    first = 1 + DailyReport.objects.count()  # two a day, so that no day has any yet
    for day in range(first, first + count):
        for version in (1, 2):
            reported(days_ago=day, version=version, made_at=ago(hours=25), content=REPORT)
    signed(reported(days_ago=first + count, content=REPORT))


def movement(count: int = 1, **fields: Any) -> None:
    first = Movement.objects.count()
    Movement.objects.bulk_create(
        Movement(
            at=ago(days=2),
            direction="in",
            asset="native",
            type="payment",
            paging_token=str(first + n),
            address="GA",
            transaction_hash="ab" * 32,
            **fields,
        )
        for n in range(count)
    )


def everything(count: int = 1) -> None:
    """Make as many of each matter, and of each something beside it that needs nobody."""
    withdrawal(count, state="NEEDS_REVIEW", created_at=ago(hours=5))
    withdrawal(count, state="SENT", created_at=ago(hours=2))
    withdrawal(state="SENT")
    withdrawal(state="PAID", receipt=None)
    deposit(count, state="UNKNOWN", created_at=ago(hours=2))
    deposit(state="PAID")
    paybill(count, state="SUSPENSE", created_at=ago(days=3))
    paybill(count, state="RETURNING", created_at=ago(days=2))
    paybill(state="UNCONFIRMED")
    sms(count, state="FAILED", created_at=ago(hours=2))
    sms(state="FAILED", text="", sealed_text=b"x", key_id="k")
    sms(state="DELIVERED")
    sms(state="FAILED", id=first_since(ago(days=4)))
    pin(count, locked_until=timezone.now() + timedelta(hours=1))
    pin(count, reset_proved_at=ago(minutes=5))
    pin(locked_until=ago(hours=1))
    asked(count)
    proposed(count)
    for n in range(count):
        raise_alert(key=f"x:{n}", title="Something", details={})
    difference(count)
    report(count)
    movement(count)
    movement(is_expected=True)


def role(which: Role) -> Client:
    member = StaffFactory.create(is_superuser=False)
    member.groups.set([Group.objects.get(name=which.value)])
    return signed_in(member)


def cards(client: Client) -> dict[str, front.Shown]:
    found = client.get("/admin/").context
    return {shown.card.title: shown for shown in (*found["waiting"], *found["clear"])}


class TestTheCards:
    def test_each_tells_how_many_lie_in_the_list_behind_it(self) -> None:
        everything(3)
        Desk.objects.create(shortcode="600998", stopped_at=ago(minutes=1), stop_reason="key")
        StoppedFlow.objects.create(
            flow="deposit", stopped_at=ago(hours=3), stopped_by=StaffFactory.create().pk,
            stopper="NW-1", reason="test",
        )  # fmt: skip
        client = signed_in(StaffFactory.create(is_superuser=True))
        shown = cards(client)
        assert set(shown) == {card.title for card in CARDS}
        for title, each in shown.items():
            listed = client.get(each.address).context["cl"].result_count
            assert each.waiting.count == listed, title
            assert listed == (1 if title in {"Payouts stopped", "Flows that stand still"} else 3)

    def test_each_tells_how_long_the_oldest_has_waited_and_the_late_come_first(self) -> None:
        everything()
        withdrawal(state="NEEDS_REVIEW", created_at=ago(minutes=10))
        page = signed_in(StaffFactory.create(is_superuser=True)).get("/admin/")
        shown = {each.card.title: each for each in page.context["waiting"]}
        assert shown["Withdrawals to decide"].age == "5 h"
        assert shown["Withdrawals to decide"].is_late
        assert shown["Money in suspense"].age == "3 days"
        assert shown["Members who wait for a new PIN"].age == "5 min"
        assert not shown["Members who wait for a new PIN"].is_late
        assert shown["Locked PINs"].age == ""
        lateness = [each.is_late for each in page.context["waiting"]]
        assert lateness == sorted(lateness, reverse=True)
        assert "oldest 5 h, late" in page.content.decode()

    def test_where_nothing_waits_the_page_says_so(self) -> None:
        page = html(signed_in(StaffFactory.create(is_superuser=True)), "/admin/")
        assert "Nothing waits for you." in page
        assert "oldest" not in page

    def test_what_one_asked_for_oneself_waits_for_others(self) -> None:
        asker = StaffFactory.create(is_superuser=True)
        asked(by=asker)
        title = "Decisions that wait for you"
        assert cards(signed_in(asker))[title].waiting.count == 0
        assert cards(signed_in(StaffFactory.create(is_superuser=True)))[title].waiting.count == 1

    def test_what_was_decided_waits_for_nobody(self) -> None:
        asked()
        request = ApprovalRequest.objects.get()
        by = actor(StaffFactory.create(is_superuser=True))
        approvals.decide(request.pk, by=by, approve=False, reason="No")
        client = signed_in(StaffFactory.create(is_superuser=True))
        assert cards(client)["Decisions that wait for you"].waiting.count == 0

    def test_what_was_sent_again_no_longer_waits(self) -> None:
        sms(state="FAILED")
        sms(state="DELIVERED", again_of=Sms.objects.get())
        client = signed_in(StaffFactory.create(is_superuser=True))
        assert cards(client)["SMS that came to nothing"].waiting.count == 0

    def test_counting_stops_where_nobody_counts_any_more(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(front, "COUNT_MAX", 2)
        paybill(5, state="SUSPENSE")
        client = signed_in(StaffFactory.create(is_superuser=True))
        assert cards(client)["Money in suspense"].number == "2+"


class TestWhoSeesWhat:
    SEEN = {
        Role.SUPPORT: {
            *("Withdrawals to decide", "Payouts stuck", "Deposits nobody knows about"),
            *("Money in suspense", "Paybill payments in doubt", "Decisions that wait for you"),
            *("Alerts nobody has seen", "SMS that came to nothing", "Locked PINs"),
            *("Members who wait for a new PIN", "Flows that stand still"),
        },
        Role.OPERATIONS: {card.title for card in CARDS}
        - {"Manual journals to decide", "Reports to sign off"},
        Role.FINANCE: {
            *("Withdrawals to decide", "Payouts stuck", "Deposits nobody knows about"),
            *("Money in suspense", "Paybill payments in doubt", "Decisions that wait for you"),
            *("Alerts nobody has seen", "Payouts stopped", "Manual journals to decide"),
            *("Flows that stand still", "Strange movements on Stellar"),
            *("Differences to M-Pesa and the bank", "Reports to sign off"),
        },
        Role.COMPLIANCE: {
            *("Decisions that wait for you", "Alerts nobody has seen", "Locked PINs"),
            *("Members who wait for a new PIN", "Flows that stand still"),
            *("Strange movements on Stellar", "Differences to M-Pesa and the bank"),
            "Reports to sign off",
        },
    }
    CHARTS = {
        Role.SUPPORT: (),
        Role.OPERATIONS: ("What we owe", "Rows that are due", "Money in and out"),
        Role.FINANCE: ("What we owe", "Money in and out"),
        Role.COMPLIANCE: ("What we owe", "Money in and out"),
    }

    @pytest.mark.parametrize("which", list(Role))
    def test_each_role_sees_its_own_cards_and_can_open_each(self, which: Role) -> None:
        everything()
        client = role(which)
        shown = cards(client)
        assert set(shown) == self.SEEN[which]
        for each in shown.values():
            assert client.get(each.address).status_code == 200

    @pytest.mark.parametrize("which", list(Role))
    def test_each_role_sees_its_own_charts(self, which: Role) -> None:
        page = html(role(which), "/admin/")
        for title in ("What we owe", "Rows that are due", "Money in and out"):
            assert (title in page) == (title in self.CHARTS[which]), title

    def test_staff_without_a_role_see_nothing_and_nothing_is_read_for_them(self) -> None:
        everything()
        client = signed_in(StaffFactory.create(is_superuser=False))
        with CaptureQueriesContext(connection) as made:
            assert cards(client) == {}
        assert not any("payments_" in query["sql"].replace("-", "") for query in made)

    def test_nobody_else_sees_the_page(self) -> None:
        member = Client()
        member.force_login(MemberFactory.create())
        for client in (Client(), member):
            assert client.get("/admin/").status_code == 302


class TestWhatLookingCosts:
    def test_the_number_of_queries_is_bounded_however_much_waits(self) -> None:
        client = signed_in(StaffFactory.create(is_superuser=True))
        everything(1)
        with CaptureQueriesContext(connection) as few:
            client.get("/admin/")
        everything(20)
        cache.clear()
        with CaptureQueriesContext(connection) as many:
            client.get("/admin/")
        assert len(few) == len(many) <= QUERIES_MAX

    def test_counting_reads_no_more_rows_than_it_says(self) -> None:
        rows = Sms.objects.filter(state="FAILED")
        with CaptureQueriesContext(connection) as made:
            front.waiting(rows, "created_at")
        assert f"LIMIT {front.COUNT_MAX + 1}" in made[0]["sql"]
