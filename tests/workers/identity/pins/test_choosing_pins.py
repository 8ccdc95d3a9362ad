"""Choosing a first PIN, changing it, and starting over."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.outbox.models import OutboxEvent
from tests.factories.members import MemberFactory
from tests.factories.phones import (
    PIN,
    choose_pin,
    other_than,
    receive_money,
    sent_code,
    texts_to,
)
from workers.identity.codes import services as codes
from workers.identity.codes.models import Code
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.pins import counting, rules, services
from workers.identity.pins.models import Pin
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session

pytestmark = pytest.mark.django_db
NEW = "8264"
BY = Actor(id=uuid4(), name="NW-STAFF")


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(phone="+254712345678")


def choose(member: Member, pin: str = PIN, *, key: str = "k", code: str | None = None) -> None:
    services.choose_first(member.id, pin=pin, attempt_key=key, channel="test", code=code)


def change(member: Member, *, old: str = PIN, new: str = NEW, key: str = "c") -> counting.Verdict:
    return services.change(member.id, old=old, new=new, attempt_key=key, channel="test")


def is_pin(member: Member, pin: str) -> bool:
    key = uuid4().hex
    return services.verify(member.id, pin=pin, attempt_key=key, channel="test").is_right


class TestTheFirst:
    def test_before_money_has_come_it_is_simply_chosen(self, member: Member) -> None:
        assert not services.has_pin(member.id)

        choose(member)

        assert services.has_pin(member.id)
        assert is_pin(member, PIN)
        assert standing.outgoing_cap_cents(member.id, at=timezone.now()) is None
        assert "you have chosen a PIN" in texts_to(member.phone)[-1]
        assert AuditEntry.objects.filter(action="pin.chosen").count() == 1

    def test_a_weak_one_is_refused(self, member: Member) -> None:
        with pytest.raises(rules.WeakPin):
            choose(member, "1234")
        assert not services.has_pin(member.id)

    def test_there_is_no_second_first(self, member: Member) -> None:
        choose(member)

        with pytest.raises(services.PinExists):
            choose(member, NEW, key="other")
        with pytest.raises(services.PinExists):
            choose(member, PIN, key="other")
        assert is_pin(member, PIN)

    def test_the_same_attempt_again_changes_nothing(self, member: Member) -> None:
        choose(member)
        choose(member)

        assert len(texts_to(member.phone)) == 1

    def test_after_money_has_come_it_needs_a_code(self, member: Member) -> None:
        receive_money(member)

        with pytest.raises(services.CodeNeeded):
            choose(member)
        assert not services.has_pin(member.id)

    def test_a_wrong_code_is_refused_and_counted(self, member: Member) -> None:
        receive_money(member)
        code = sent_code(member.phone, Purpose.SET_PIN)

        with pytest.raises(codes.Refused):
            choose(member, code=other_than(code))
        assert not services.has_pin(member.id)
        assert Code.objects.get().tries_left == codes.TRIES - 1

    @pytest.mark.parametrize("purpose", [Purpose.PROVE_PHONE, Purpose.RESET_PIN])
    def test_a_code_for_something_else_is_refused(self, member: Member, purpose: Purpose) -> None:
        receive_money(member)

        with pytest.raises(codes.Refused):
            choose(member, code=sent_code(member.phone, purpose))

    def test_with_the_code_it_is_chosen_and_what_leaves_is_capped_for_a_day(
        self, member: Member
    ) -> None:
        receive_money(member)

        choose(member, code=sent_code(member.phone, Purpose.SET_PIN))

        now = timezone.now()
        assert is_pin(member, PIN)
        assert standing.outgoing_cap_cents(member.id, at=now) == 2_000_00
        assert standing.outgoing_cap_cents(member.id, at=now + timedelta(hours=23)) == 2_000_00
        assert standing.outgoing_cap_cents(member.id, at=now + timedelta(hours=24)) is None
        began = standing.cap_began_at(member.id)
        assert began is not None
        assert began <= now

    def test_the_same_attempt_again_needs_no_second_code(self, member: Member) -> None:
        receive_money(member)
        code = sent_code(member.phone, Purpose.SET_PIN)
        choose(member, code=code)
        choose(member, code=code)

        assert is_pin(member, PIN)

    def test_a_code_that_nobody_needs_is_not_used_up(self, member: Member) -> None:
        code = sent_code(member.phone, Purpose.SET_PIN)

        choose(member, code=code)

        assert Code.objects.get().used_at is None


class TestChanging:
    @pytest.fixture(autouse=True)
    def _pin(self, member: Member) -> None:
        choose_pin(member)

    def test_with_the_old_one_the_new_one_takes_its_place(self, member: Member) -> None:
        assert change(member).is_right

        assert is_pin(member, NEW)
        assert not is_pin(member, PIN)
        assert "your PIN was changed" in texts_to(member.phone)[-1]
        assert AuditEntry.objects.filter(action="pin.changed").count() == 1

    def test_with_a_wrong_one_nothing_changes_and_a_try_is_counted(self, member: Member) -> None:
        assert change(member, old="9173") == counting.Verdict(False, 2, None)

        assert is_pin(member, PIN)

    def test_wrong_old_ones_lock_like_all_others(self, member: Member) -> None:
        verdicts = [change(member, old="9173", key=str(n)) for n in range(3)]

        assert verdicts[-1].locked_until is not None
        assert not change(member, key="right").is_right

    def test_a_weak_or_equal_new_one_is_refused_without_a_try(self, member: Member) -> None:
        with pytest.raises(rules.WeakPin):
            change(member, old="9173", new="1234")
        with pytest.raises(services.SamePin):
            change(member, old="9173", new="9173")
        assert Pin.objects.get().tries == 0

    def test_the_same_attempt_again_answers_the_same(self, member: Member) -> None:
        assert change(member) == change(member)

        assert is_pin(member, NEW)
        assert len(texts_to(member.phone)) == 2

    def test_the_same_key_with_another_new_one_is_another_attempt(self, member: Member) -> None:
        change(member)

        assert not change(member, new="7391").is_right
        assert is_pin(member, NEW)

    def test_who_has_none_is_told_so(self) -> None:
        with pytest.raises(services.NoPin):
            change(MemberFactory.create())

    def test_a_verdict_on_the_old_one_is_no_verdict_for_a_change(self, member: Member) -> None:
        services.verify(member.id, pin=PIN, attempt_key="c", channel="test")
        change(member)

        assert is_pin(member, NEW)


class TestStartingOver:
    @pytest.fixture(autouse=True)
    def _pin(self, member: Member) -> None:
        choose_pin(member)

    def ask(self, member: Member) -> None:
        code = sent_code(member.phone, Purpose.RESET_PIN)
        services.ask_reset(member.id, code=code, channel="test")

    def test_by_code_and_staff_the_old_one_is_gone_everywhere(self, member: Member) -> None:
        tokens.open_session(member, device="phone")
        self.ask(member)

        services.reset(member.id, by=BY, reason="she called")

        assert not services.has_pin(member.id)
        assert not Session.objects.filter(closed_at__isnull=True).exists()
        assert "your old PIN is gone" in texts_to(member.phone)[-1]
        entry = AuditEntry.objects.get(action="pin.reset")
        assert (entry.actor, entry.reason) == ("NW-STAFF", "she called")
        choose(member, NEW)
        assert is_pin(member, NEW)

    def test_it_opens_a_pin_that_is_locked_for_good(self, member: Member) -> None:
        Pin.objects.update(locked_until=counting.UNTIL_RESET, locks=4)
        self.ask(member)

        services.reset(member.id, by=BY, reason="x")

        choose(member, NEW)
        assert is_pin(member, NEW)

    def test_after_it_the_next_first_one_needs_a_code_where_money_has_come(
        self, member: Member
    ) -> None:
        receive_money(member)
        self.ask(member)
        services.reset(member.id, by=BY, reason="x")

        with pytest.raises(services.CodeNeeded):
            choose(member, NEW)

    def test_no_verdict_from_before_is_repeated(self, member: Member) -> None:
        services.verify(member.id, pin=PIN, attempt_key="hop", channel="test")
        self.ask(member)
        services.reset(member.id, by=BY, reason="x")

        with pytest.raises(services.NoPin):
            services.verify(member.id, pin=PIN, attempt_key="hop", channel="test")

    def test_staff_alone_can_not_do_it(self, member: Member) -> None:
        with pytest.raises(services.ResetNotProved):
            services.reset(member.id, by=BY, reason="x")
        assert services.has_pin(member.id)

    def test_a_code_of_last_week_is_not_enough(self, member: Member) -> None:
        self.ask(member)

        with (
            time_machine.travel(timezone.now() + timedelta(days=8)),
            pytest.raises(services.ResetNotProved),
        ):
            services.reset(member.id, by=BY, reason="x")

    def test_a_wrong_code_asks_for_nothing(self, member: Member) -> None:
        code = sent_code(member.phone, Purpose.RESET_PIN)

        with pytest.raises(codes.Refused):
            services.ask_reset(member.id, code=other_than(code), channel="test")
        with pytest.raises(services.ResetNotProved):
            services.reset(member.id, by=BY, reason="x")
        assert not OutboxEvent.objects.filter(name="pin.reset_asked").exists()

    def test_that_it_was_asked_for_is_told_upward(self, member: Member) -> None:
        self.ask(member)

        assert OutboxEvent.objects.get(name="pin.reset_asked").payload == {
            "member_id": str(member.id)
        }

    def test_within_three_days_of_a_new_sim_it_waits(self, member: Member) -> None:
        standing.note_sim_swap(member.id, timezone.now() - timedelta(days=1))
        self.ask(member)

        with pytest.raises(services.ResetTooSoon):
            services.reset(member.id, by=BY, reason="x")
        with time_machine.travel(timezone.now() + timedelta(days=2, minutes=1)):
            services.reset(member.id, by=BY, reason="x")

    def test_who_has_none_asks_for_nothing(self) -> None:
        other = MemberFactory.create()
        with pytest.raises(services.NoPin):
            services.ask_reset(other.id, code="123456", channel="test")
        with pytest.raises(services.NoPin):
            services.reset(other.id, by=BY, reason="x")
