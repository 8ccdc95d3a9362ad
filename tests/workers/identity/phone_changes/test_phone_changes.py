"""A number changes hands: both are shown, everything else stays, and nobody is told too much."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.errors import TooOften
from nannychain.notifications.models import Sms
from nannychain.outbox.models import OutboxEvent
from nannychain.phone import InvalidPhone
from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, last_code, other_than, texts_to
from workers.identity import services as identity
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import selectors, services
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.states import State
from workers.identity.pins import services as pins
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens

pytestmark = pytest.mark.django_db
OLD, NEW = "+254712345678", "+254733000111"
BY = Actor(id=uuid4(), name="NW-STAFF")


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(phone=OLD)


def ask(member: Member, new: str = NEW) -> PhoneChange:
    return services.ask(member.id, new_phone=new, channel="api")


def leave(change: PhoneChange) -> PhoneChange:
    return services.prove(change.pk, purpose=Purpose.LEAVE_PHONE, code=last_code(change.old_phone))


def take(change: PhoneChange) -> PhoneChange:
    return services.prove(change.pk, purpose=Purpose.TAKE_PHONE, code=last_code(change.new_phone))


class TestByCodes:
    @pytest.mark.parametrize("steps", [(leave, take), (take, leave)])
    def test_with_both_codes_in_any_order_the_number_changes(self, member: Member, steps) -> None:
        change = ask(member)
        first, second = steps
        assert first(change).state == State.ASKED
        member.refresh_from_db()
        assert member.phone == OLD

        assert second(change).state == State.DONE

        member.refresh_from_db()
        assert member.phone == NEW
        assert member.phone_proved_at is not None

    def test_the_old_number_is_nobodys_afterwards(self, member: Member) -> None:
        change = ask(member)
        leave(change)
        take(change)

        account = identity.create_account(OLD, channel="ussd")
        assert not account.already_exists

    def test_the_pin_stays_all_devices_are_signed_out_and_what_leaves_is_capped(
        self, member: Member
    ) -> None:
        choose_pin(member)
        access = tokens.open_session(member, device="x").access
        change = ask(member)
        leave(change)
        take(change)

        assert pins.verify(member.id, pin=PIN, attempt_key="k", channel="test").is_right
        assert tokens.authenticate(access) is None
        assert standing.outgoing_cap_cents(member.id, at=timezone.now()) == 2_000_00
        standing.ensure_may_send(member.id)

    def test_both_numbers_are_told_and_neither_of_the_whole_of_the_other(
        self, member: Member
    ) -> None:
        change = ask(member)
        leave(change)
        take(change)

        assert "moved from this number to +254******111" in texts_to(OLD)[-1]
        assert f"account {member.worker_id} now belongs to this number" in texts_to(NEW)[-1]

    def test_who_changed_what_is_written_down_with_masked_numbers(self, member: Member) -> None:
        change = ask(member)
        leave(change)
        take(change)

        entry = AuditEntry.objects.get(action="member.phone_changed")
        assert entry.before == {"phone": "+254******678"}
        assert entry.after == {"phone": "+254******111"}
        assert OutboxEvent.objects.get(name="member.phone_changed").payload == {
            "member_id": str(member.id)
        }

    @pytest.mark.parametrize("purpose", [Purpose.LEAVE_PHONE, Purpose.TAKE_PHONE])
    def test_a_wrong_code_shows_nothing(self, member: Member, purpose: Purpose) -> None:
        change = ask(member)
        wrong = other_than(last_code(OLD if purpose == Purpose.LEAVE_PHONE else NEW))

        with pytest.raises(codes.Refused):
            services.prove(change.pk, purpose=purpose, code=wrong)
        change.refresh_from_db()
        assert (change.old_proved_at, change.new_proved_at) == (None, None)

    def test_the_code_of_one_number_does_not_show_the_other(self, member: Member) -> None:
        change = ask(member)
        old, new = last_code(OLD), last_code(NEW)

        assert old == new or self.is_refused(change, Purpose.TAKE_PHONE, old)
        assert old == new or self.is_refused(change, Purpose.LEAVE_PHONE, new)

    def is_refused(self, change: PhoneChange, purpose: Purpose, code: str) -> bool:
        try:
            services.prove(change.pk, purpose=purpose, code=code)
        except codes.Refused:
            return True
        return False

    def test_a_code_can_be_sent_again(self, member: Member) -> None:
        change = ask(member)
        services.send_again(change.pk, purpose=Purpose.TAKE_PHONE)
        leave(change)

        assert take(change).state == State.DONE

    def test_sending_again_and_again_is_limited(self, member: Member) -> None:
        change = ask(member)
        with pytest.raises(TooOften):
            for _ in range(3):
                services.send_again(change.pk, purpose=Purpose.TAKE_PHONE)


class TestRefusals:
    def test_a_number_that_is_none_or_the_same_is_refused(self, member: Member) -> None:
        with pytest.raises(InvalidPhone):
            ask(member, "12345")
        with pytest.raises(services.SamePhone):
            ask(member, "0712 345 678")
        assert not Sms.objects.exists()

    def test_that_a_number_is_taken_is_told_to_who_holds_it_only(self, member: Member) -> None:
        MemberFactory.create(phone=NEW)
        change = ask(member)
        leave(change)

        with pytest.raises(services.PhoneTaken):
            take(change)
        change.refresh_from_db()
        assert change.state == State.CANCELLED
        member.refresh_from_db()
        assert member.phone == OLD

    def test_a_number_that_joined_meanwhile_is_taken(self, member: Member) -> None:
        change = ask(member)
        take(change)
        identity.create_account(NEW, channel="ussd")

        with pytest.raises(services.PhoneTaken):
            leave(change)

    def test_a_newer_wish_cancels_the_one_before(self, member: Member) -> None:
        first = ask(member)
        ask(member, "+254733000222")

        with pytest.raises(services.NoSuchChange):
            leave(first)
        assert PhoneChange.objects.get(pk=first.pk).state == State.CANCELLED

    def test_after_a_day_it_is_too_late(self, member: Member) -> None:
        change = ask(member)
        with time_machine.travel(timezone.now() + timedelta(hours=24)):
            with pytest.raises(services.NoSuchChange):
                leave(change)
            assert services.expire() == 1
            assert services.expire() == 0
        change.refresh_from_db()
        assert change.state == State.EXPIRED

    def test_what_was_taken_back_does_not_happen(self, member: Member) -> None:
        change = ask(member)
        services.cancel(change.pk)
        services.cancel(change.pk)
        services.cancel(uuid4())

        with pytest.raises(services.NoSuchChange):
            leave(change)

    def test_a_frozen_member_asks_staff(self, member: Member) -> None:
        standing.freeze(member.id, reason="x", by=BY)

        with pytest.raises(standing.Frozen):
            ask(member)

    def test_with_a_new_sim_one_asks_staff(self, member: Member) -> None:
        standing.note_sim_swap(member.id, timezone.now())

        with pytest.raises(services.TooSoon):
            ask(member)


class TestByStaff:
    def release(self, member: Member) -> PhoneChange:
        return services.release(member.id, new_phone="0733000111", by=BY, reason="lost her phone")

    def test_the_new_number_has_still_to_be_shown(self, member: Member) -> None:
        change = self.release(member)
        assert change.state == State.ASKED
        member.refresh_from_db()
        assert member.phone == OLD

        assert take(change).state == State.DONE

        member.refresh_from_db()
        assert member.phone == NEW

    def test_the_old_number_is_warned_at_once_and_gets_no_code(self, member: Member) -> None:
        self.release(member)

        assert "Not you?" in texts_to(OLD)[-1]
        assert not Sms.objects.filter(phone=OLD, kind="code").exists()

    def test_why_and_by_whom_is_written_down(self, member: Member) -> None:
        self.release(member)

        entry = AuditEntry.objects.get(action="member.phone_released")
        assert (entry.actor, entry.reason) == ("NW-STAFF", "lost her phone")

    def test_where_the_member_has_shown_the_new_number_it_is_done_at_once(
        self, member: Member
    ) -> None:
        take(ask(member))

        assert self.release(member).state == State.DONE

    def test_a_number_that_is_taken_is_refused_and_nothing_changes(self, member: Member) -> None:
        take(ask(member))
        identity.create_account(NEW, channel="ussd")

        with pytest.raises(services.PhoneTaken):
            self.release(member)
        assert PhoneChange.objects.get().released_by is None

    def test_whoever_calls_from_the_new_number_finds_what_waits_for_her(
        self, member: Member
    ) -> None:
        assert selectors.waiting_for(NEW) is None
        change = self.release(member)

        assert selectors.waiting_for(NEW) == change
        assert selectors.waiting_of(member.id) == change
        assert selectors.waiting_for(OLD) is None
        take(change)
        assert selectors.waiting_for(NEW) is None
        assert selectors.waiting_of(member.id) is None
