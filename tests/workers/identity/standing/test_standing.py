"""Whether money may leave: frozen members, silent numbers, swapped SIMs, caps."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.reasons import InvalidReason
from nannychain.states.models import StateChange
from tests.factories.members import MemberFactory
from tests.factories.phones import other_than, sent_code, texts_to
from wallets.stellar.models import FundingRequest
from workers.identity.codes import services as codes
from workers.identity.models import Member
from workers.identity.standing import services
from workers.identity.standing.models import Standing

pytestmark = pytest.mark.django_db
BY = Actor(id=uuid4(), name="NW-STAFF")


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(phone="+254712345678", phone_proved=True)


def must_prove(member: Member) -> bool:
    try:
        services.ensure_may_send(member.id)
    except services.MustProveAgain:
        return True
    return False


class TestFreezing:
    def test_a_new_member_may_send(self, member: Member) -> None:
        with CaptureQueriesContext(connection) as queries:
            services.ensure_may_send(member.id)
        assert len(queries) == 1

    def test_a_frozen_member_may_not(self, member: Member) -> None:
        services.freeze(member.id, reason="reported stolen", by=BY)

        with pytest.raises(services.Frozen):
            services.ensure_may_send(member.id)
        assert "on hold" in texts_to(member.phone)[-1]

    def test_unfrozen_the_member_may_again(self, member: Member) -> None:
        services.freeze(member.id, reason="reported stolen", by=BY)
        services.unfreeze(member.id, reason="phone came back", by=BY)

        services.ensure_may_send(member.id)
        assert "works again" in texts_to(member.phone)[-1]

    def test_who_froze_whom_and_why_is_written_down(self, member: Member) -> None:
        services.freeze(member.id, reason="  reported\n stolen ", by=BY)

        entry = AuditEntry.objects.get(action="member.frozen")
        assert (entry.subject_id, entry.actor_id, entry.actor, entry.reason, entry.after) == (
            str(member.id),
            BY.id,
            BY.name,
            "reported stolen",
            {"state": "FROZEN"},
        )
        change = StateChange.objects.get(machine="identity.standing")
        assert (change.source, change.target, change.why) == ("OPEN", "FROZEN", "reported stolen")

    def test_frozen_twice_is_frozen_once(self, member: Member) -> None:
        services.freeze(member.id, reason="one", by=BY)
        services.freeze(member.id, reason="two", by=BY)

        assert Standing.objects.get().reason == "one"
        assert len(texts_to(member.phone)) == 1

    @pytest.mark.parametrize("act", [services.freeze, services.unfreeze])
    def test_without_a_reason_nothing_is_done(self, member: Member, act) -> None:
        with pytest.raises(InvalidReason):
            act(member.id, reason=" \n", by=BY)

    def test_nobody_sends_for_somebody_who_is_not_there(self) -> None:
        with pytest.raises(services.Frozen):
            services.ensure_may_send(uuid4())


class TestSilence:
    def test_after_90_days_of_silence_the_number_is_proved_again(self, member: Member) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=89)):
            assert not must_prove(member)
        with time_machine.travel(timezone.now() + timedelta(days=91)):
            assert must_prove(member)

    def test_dialling_again_does_not_wipe_the_silence_away(self, member: Member) -> None:
        now = timezone.now() + timedelta(days=91)
        with time_machine.travel(now):
            services.seen(member.id, now)
            assert must_prove(member)

    def test_who_dials_now_and_then_need_not(self, member: Member) -> None:
        start = timezone.now()
        for days in (60, 120, 180):
            services.seen(member.id, start + timedelta(days=days))
        with time_machine.travel(start + timedelta(days=190)):
            assert not must_prove(member)

    def test_a_code_proves_it(self, member: Member) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=91)):
            code = sent_code(member.phone)
            services.prove_again(member.id, code=code, channel="ussd")

            assert not must_prove(member)
            member.refresh_from_db()
            assert member.phone_proved_at is not None
            assert timezone.now() - member.phone_proved_at < timedelta(minutes=1)
        assert AuditEntry.objects.filter(action="member.phone_proved").count() == 1

    def test_a_wrong_code_does_not(self, member: Member) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=91)):
            code = sent_code(member.phone)
            with pytest.raises(codes.Refused):
                services.prove_again(member.id, code=other_than(code), channel="ussd")
            assert must_prove(member)

    def test_the_first_proof_is_told_to_who_funds_accounts(self) -> None:
        member = MemberFactory.create()
        assert FundingRequest.objects.get().proved_at is None

        services.prove_again(member.id, code=sent_code(member.phone), channel="api")

        assert FundingRequest.objects.get().proved_at is not None

    def test_being_seen_is_one_statement_that_writes_once_a_day(self, member: Member) -> None:
        def version() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT ctid::text FROM workers_standing")
                return cursor.fetchone()[0]

        later = timezone.now() + timedelta(days=1)
        with CaptureQueriesContext(connection) as queries:
            services.seen(member.id, later)
        assert len(queries) == 1
        written = version()
        services.seen(member.id, later + timedelta(hours=23))
        assert version() == written
        services.seen(member.id, later + timedelta(hours=24))
        assert version() != written


class TestSimSwap:
    def test_a_new_sim_has_to_be_proved_and_what_leaves_is_capped(self, member: Member) -> None:
        now = timezone.now()
        services.note_sim_swap(member.id, now + timedelta(minutes=1))

        assert must_prove(member)
        assert services.outgoing_cap_cents(member.id, at=now) == 2_000_00
        assert services.has_fresh_sim(member.id, at=now)
        assert not services.has_fresh_sim(member.id, at=now + timedelta(hours=73))

    def test_proved_by_a_code_it_may_send_up_to_the_cap(self, member: Member) -> None:
        services.note_sim_swap(member.id, timezone.now() + timedelta(minutes=1))

        services.prove_again(member.id, code=sent_code(member.phone), channel="ussd")

        assert not must_prove(member)
        assert services.outgoing_cap_cents(member.id, at=timezone.now()) == 2_000_00

    def test_a_sim_changed_before_the_phone_was_proved_means_nothing(self, member: Member) -> None:
        services.note_sim_swap(member.id, timezone.now() - timedelta(days=4))

        assert not must_prove(member)
        assert services.outgoing_cap_cents(member.id, at=timezone.now()) is None

    def test_the_same_swap_told_again_after_the_proof_changes_nothing(self, member: Member) -> None:
        swapped_at = timezone.now() + timedelta(minutes=1)
        services.note_sim_swap(member.id, swapped_at)
        services.prove_again(member.id, code=sent_code(member.phone), channel="ussd")

        services.note_sim_swap(member.id, swapped_at)

        assert not must_prove(member)
        assert AuditEntry.objects.filter(action="member.sim_swapped").count() == 1

    def test_a_cap_upon_a_cap_ends_later_and_began_when_the_first_did(self, member: Member) -> None:
        now = timezone.now()
        services.note_sim_swap(member.id, now + timedelta(minutes=1))
        began = services.cap_began_at(member.id)
        with time_machine.travel(now + timedelta(hours=20)):
            services.note_sim_swap(member.id, now + timedelta(hours=20))

        at = now + timedelta(hours=43)
        assert services.outgoing_cap_cents(member.id, at=at) == 2_000_00
        assert services.cap_began_at(member.id) == began

    def test_who_was_never_capped_has_no_cap(self, member: Member) -> None:
        assert services.cap_began_at(member.id) is None
