"""A member's page: her money, what happened to her, her devices; and what each role sees of it."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.roles import Role
from config.timeline import SOURCES
from nannychain import audit, notifications
from nannychain.audit.models import AuditEntry
from nannychain.ids import first_since, new_id
from nannychain.money import display as written
from nannychain.staff import timeline
from payments.deposits.models import Deposit
from payments.withdrawals.models import Withdrawal
from tests.config.test_front_page import ago, role
from tests.factories import money
from tests.factories.browsers import html, officer, page_of, signed_in
from tests.factories.members import StaffFactory
from workers.identity.models import Member
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session

pytestmark = pytest.mark.django_db
SECRET = "Your code is 481516"


@pytest.fixture
def wanjiku() -> Member:
    return money.member(70_050, phone="+254712345678", name="Wanjiku")


def deposit_of(member: Member, at: datetime, **fields: Any) -> Deposit:
    reference = f"D{Deposit.objects.count()}"
    return Deposit.objects.create(
        **{"id": first_since(at), "state": "PAID", **fields}, member=member, phone=member.phone,
        reference=reference, wanted_cents=5_000, amount_cents=5_000, channel="ussd",
        shortcode="600990", expires_at=at, created_at=at,
    )  # fmt: skip


def happenings(member: Member) -> None:
    deposit_of(member, ago(minutes=50), state="PAID")
    sums = {"asked_cents": 3_000, "amount_cents": 3_000, "fee_cents": 0, "tax_cents": 0}
    Withdrawal.objects.create(
        member=member, phone=member.phone, shortcode="600998", channel="ussd",
        state="SENT", **sums,
    )  # fmt: skip
    notifications.queue(phone=member.phone, kind="code", text=SECRET, language="en")
    SimSwapLookup.objects.create(member=member, state="TOLD", swapped_on="2026-11-02")
    standing.freeze(member.pk, reason="lost her phone", by=money.STAFF)
    tokens.open_session(member, device="Tecno Pop")


def kinds(client: Any, member: Member) -> set[str]:
    page = html(client, f"{page_of(member)[: -len('change/')]}timeline/")
    return set(re.findall(r'<span class="desk-kind">([^<]+)</span>', page))


class TestMoney:
    def test_what_lies_in_the_wallet_is_shown_with_the_way_to_every_entry(
        self, wanjiku: Member
    ) -> None:
        page = html(role(Role.FINANCE), page_of(wanjiku))
        assert written(70_050) in page
        assert f"{written(0)} held, {written(70_050)} free" in page
        way = re.search(r'href="(/admin/wallets/account/\d+/change/)"', page)
        assert way is not None
        assert role(Role.FINANCE).get(way[1]).status_code == 200

    def test_who_may_not_see_accounts_sees_no_money(self, wanjiku: Member) -> None:
        page = html(role(Role.SUPPORT), page_of(wanjiku))
        assert written(70_050) not in page
        assert "In the wallet" not in page


class TestTheSim:
    def test_when_it_was_changed_and_when_we_asked(self, wanjiku: Member) -> None:
        client = role(Role.SUPPORT)
        assert "no change known" in html(client, page_of(wanjiku))
        happenings(wanjiku)
        assert "no change known; asked" in html(client, page_of(wanjiku))


class TestTheTimeline:
    SEEN = {
        Role.SUPPORT: {"Deposit", "Withdrawal", "SMS", "Device", "SIM"},
        Role.OPERATIONS: {"Deposit", "Withdrawal", "SMS", "SIM", "Act"},
        Role.FINANCE: {"Deposit", "Withdrawal"},
        Role.COMPLIANCE: {"Device", "SIM", "Act"},
    }

    @pytest.mark.parametrize("which", list(Role))
    def test_each_role_sees_the_kinds_whose_pages_it_may_open(
        self, which: Role, wanjiku: Member
    ) -> None:
        happenings(wanjiku)
        assert kinds(role(which), wanjiku) == self.SEEN[which]

    def test_a_kind_that_one_may_not_see_is_not_read(self, wanjiku: Member) -> None:
        happenings(wanjiku)
        client = officer("view_member", "view_deposit")
        with CaptureQueriesContext(connection) as made:
            assert kinds(client, wanjiku) == {"Deposit"}
        assert not any("payments_withdrawal" in query["sql"] for query in made)

    def test_texts_and_codes_never_show(self, wanjiku: Member) -> None:
        happenings(wanjiku)
        client = signed_in(StaffFactory.create(is_superuser=True))
        for page in (page_of(wanjiku), page_of(wanjiku).replace("change", "timeline")):
            assert "481516" not in html(client, page)

    def test_the_newest_come_first_and_the_page_of_the_member_shows_some(
        self, wanjiku: Member
    ) -> None:
        for minutes in range(1, 30):
            deposit_of(wanjiku, ago(minutes=minutes))
        page = html(officer("view_member", "view_deposit"), page_of(wanjiku))
        assert page.count('<span class="desk-kind">Deposit</span>') == 12

    @pytest.mark.parametrize("apart", [timedelta(milliseconds=1), timedelta(days=1)])
    def test_page_after_page_everything_shows_once(self, wanjiku: Member, apart: timedelta) -> None:
        start = datetime(2026, 11, 2, 9, tzinfo=UTC)
        for n in range(12):  # three at each instant
            key = uuid.UUID(int=first_since(start + n // 3 * apart).int + n)
            deposit_of(wanjiku, start, id=key, state="PAID")
        request = type("Request", (), {"user": StaffFactory.create(is_superuser=True)})
        seen: list[str] = []
        before: datetime | None = timezone.now() + timedelta(days=60)
        while before is not None:
            page, before = timeline.moments(wanjiku, request=request, before=before, size=4)
            seen += [moment.address for moment in page if moment.kind == "Deposit"]
        assert len(seen) == len(set(seen)) == 12

    @pytest.mark.parametrize("before", ["", "x", "2026-11-02", "9999-99-99T00:00:00Z", "\x00"])
    def test_what_is_no_instant_shows_the_newest(self, wanjiku: Member, before: str) -> None:
        deposit_of(wanjiku, ago(minutes=1))
        address = page_of(wanjiku).replace("change", "timeline")
        answer = officer("view_member", "view_deposit").get(address, {"before": before})
        assert answer.status_code == 200
        assert "Deposit" in answer.content.decode()

    def test_who_may_not_see_members_and_strangers_are_turned_away(self, wanjiku: Member) -> None:
        address = page_of(wanjiku).replace("change", "timeline")
        assert officer("view_deposit").get(address).status_code == 403
        nobody = f"/admin/workers/member/{new_id()}/timeline/"
        assert officer("view_member").get(nobody).status_code == 404
        assert Client().get(address).status_code == 302

    def test_it_costs_a_query_for_each_kind_however_much_there_is(self, wanjiku: Member) -> None:
        address = page_of(wanjiku).replace("change", "timeline")
        client = signed_in(StaffFactory.create(is_superuser=True))
        happenings(wanjiku)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for minutes in range(80):
            deposit_of(wanjiku, ago(minutes=minutes, seconds=30))
        with CaptureQueriesContext(connection) as many:
            client.get(address)
        assert len(many) == len(few) <= len(SOURCES) + 6


class TestDevices:
    def test_one_device_is_signed_out_and_the_others_stay(self, wanjiku: Member) -> None:
        lost, kept = (tokens.open_session(wanjiku, device=name) for name in ("Tecno", "Nokia"))
        by = StaffFactory.create(is_superuser=True)
        client = signed_in(by)
        session = Session.objects.get(device="Tecno")
        there = f"/admin/workers/session/{session.pk}/sign-out/"
        assert there in html(client, page_of(wanjiku))
        answer = client.post(there, {"reason": "stolen"})
        assert answer.headers["Location"] == page_of(wanjiku)
        assert tokens.authenticate(lost.access) is None
        assert tokens.authenticate(kept.access) is not None
        entry = AuditEntry.objects.get(action="member.signed_out")
        assert (entry.actor_id, entry.channel) == (by.pk, "admin")
        assert entry.reason == "staff: stolen"
        assert client.get(there).status_code == 404

    def test_only_who_may_sign_members_out_can(self, wanjiku: Member) -> None:
        tokens.open_session(wanjiku, device="Tecno")
        there = f"/admin/workers/session/{Session.objects.get().pk}/sign-out/"
        assert officer("view_session").post(there, {"reason": "x"}).status_code == 403
        assert officer("sign_out_member").post(there, {"reason": "x"}).status_code == 403
        assert Session.objects.get().closed_at is None

    def test_everywhere_names_who_did_it_too(self, wanjiku: Member) -> None:
        tokens.open_session(wanjiku, device="Tecno")
        by = StaffFactory.create(is_superuser=True)
        signed_in(by).post(page_of(wanjiku).replace("change", "sign_out"), {"reason": "stolen"})
        assert AuditEntry.objects.get(action="member.signed_out").actor_id == by.pk


class TestTheAuditTrail:
    def entry(self, member: Member, **fields: Any) -> None:
        audit.record(
            action="member.frozen",
            subject=member,
            before={"state": "OPEN"},
            after={"state": "FROZEN"},
            reason="lost",
            **fields,
        )

    def listed(self, **narrowed: str) -> list[str]:
        client = signed_in(StaffFactory.create(is_superuser=True))
        answer = client.get("/admin/nannychain/auditentry/", narrowed)
        assert answer.status_code == 200
        return [entry.action for entry in answer.context["cl"].result_list]

    def test_before_after_who_and_from_where_show(self, wanjiku: Member) -> None:
        by = StaffFactory.create(is_superuser=True)
        client = signed_in(by)
        address = page_of(wanjiku).replace("change", "freeze")
        client.post(address, {"reason": "lost her phone"}, headers={"X-Forwarded-For": "6.6.6.6"})
        entry = AuditEntry.objects.get(action="member.frozen")
        page = html(client, f"/admin/nannychain/auditentry/{entry.pk}/change/")
        assert "<td>OPEN</td><td>FROZEN</td>" in page
        assert by.worker_id.replace("-", "\N{NON-BREAKING HYPHEN}") in page
        assert "lost her phone" in page
        assert "127.0.0.1" in page
        assert "6.6.6.6" not in page  # nobody is trusted to name another address

    def test_it_is_narrowed_by_who_acted(self, wanjiku: Member) -> None:
        other = StaffFactory.create()
        before = len(self.listed(who=other.worker_id))
        self.entry(wanjiku, actor_id=other.pk, actor=other.worker_id)
        self.entry(wanjiku)
        assert len(self.listed(who=other.worker_id.lower())) == before + 1
        assert len(self.listed(who=other.phone)) == before + 1
        assert self.listed(who="nobody") == []

    def test_it_is_narrowed_by_what_it_is_about(self, wanjiku: Member) -> None:
        AuditEntry.objects.filter(subject_id=str(wanjiku.pk)).count()
        self.entry(money.member())
        before = len(self.listed(about=wanjiku.worker_id))
        self.entry(wanjiku)
        for text in (wanjiku.worker_id, "0712 345 678", str(wanjiku.pk), wanjiku.pk.hex):
            assert len(self.listed(about=text)) == before + 1
        assert self.listed(about="' OR 1=1") == []

    def test_it_is_narrowed_by_a_day_of_nairobi(self, wanjiku: Member) -> None:
        last = datetime(2026, 11, 2, 20, 59, 59, tzinfo=UTC)  # a second before midnight there
        for at in (last, last + timedelta(seconds=1)):
            AuditEntry.objects.create(
                at=at, action=f"x.{at.second}", actor="x", subject_type="x", subject_id="1"
            )
        assert self.listed(day="2026-11-02") == ["x.59"]
        assert self.listed(day="2026-11-03") == ["x.0"]
        for nonsense in ("2026-13-40", "yesterday", "\x00"):
            assert self.listed(day=nonsense) == []

    def test_nobody_changes_or_removes_a_line(self, wanjiku: Member) -> None:
        self.entry(wanjiku)
        entry = AuditEntry.objects.latest("pk")
        client = signed_in(StaffFactory.create(is_superuser=True))
        for verb in ("change", "delete"):
            there = f"/admin/nannychain/auditentry/{entry.pk}/{verb}/"
            assert client.post(there, {"post": "yes"}).status_code == 403
        assert client.get("/admin/nannychain/auditentry/add/").status_code == 403
