"""What a dial tells of the phone: that it is in its owner's hands, and that it is in use."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory
from tests.ussd.phone import Phone
from wallets.stellar.models import FundingRequest
from workers.identity.me import selectors as me
from workers.identity.models import Member
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.standing import services as standing
from workers.identity.standing.models import Standing

pytestmark = pytest.mark.django_db
LATER = timedelta(days=91)


@pytest.fixture
def member(phone: Phone) -> Member:
    return MemberFactory.create(phone=phone.number, channel="api")


def is_proved(member: Member) -> bool:
    member.refresh_from_db()
    request = FundingRequest.objects.get(wallet=member.wallet)
    assert (member.phone_proved_at is None) == (request.proved_at is None)
    return member.phone_proved_at is not None


def to_do(member: Member) -> list[str]:
    return [thing.code for thing in me.dashboard(member).things_to_do]


def must_prove(member: Member) -> bool:
    return Standing.objects.get(pk=member.pk).must_prove_since is not None


class TestProving:
    def test_a_dial_proves_a_phone_that_nothing_proved_yet(
        self, phone: Phone, member: Member
    ) -> None:
        assert "prove_phone" in to_do(member)
        phone.dial()
        assert is_proved(member)
        assert "prove_phone" not in to_do(member)
        assert AuditEntry.objects.filter(action="member.phone_proved").count() == 1

    def test_so_does_one_that_brings_a_text_at_once(self, phone: Phone, member: Member) -> None:
        phone.enter("1")
        assert is_proved(member)

    def test_the_first_proof_stays(self, phone: Phone, member: Member) -> None:
        phone.dial()
        member.refresh_from_db()
        first = member.phone_proved_at
        phone.dial()
        standing.proved_by_dial(member.pk)
        member.refresh_from_db()
        assert member.phone_proved_at == first
        assert AuditEntry.objects.filter(action="member.phone_proved").count() == 1

    @override_settings(USSD_API_KEY="", OPERATING_MODE="partner")
    def test_a_gateway_that_shows_no_key_proves_nothing(self, phone: Phone, member: Member) -> None:
        phone.dial()
        phone.enter("1")
        assert not is_proved(member)

    def test_after_silence_a_dial_opens_the_account_and_still_wants_a_code(
        self, phone: Phone, member: Member
    ) -> None:
        with time_machine.travel(timezone.now() + LATER):
            phone.dial()
            assert is_proved(member)
            assert must_prove(member)

    def test_a_sim_that_was_changed_before_the_dial_still_wants_a_code(
        self, phone: Phone, member: Member
    ) -> None:
        """Whoever has her number since may be the one who dials; the network tells afterwards."""
        swapped_at = timezone.now() + timedelta(days=1)
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            phone.dial()
            assert is_proved(member)
            standing.note_sim_swap(member.pk, swapped_at)
            row = Standing.objects.get(pk=member.pk)
            assert row.must_prove_since is not None
            assert row.capped_until is not None

    def test_a_sim_that_was_changed_before_she_joined_is_no_news(
        self, phone: Phone, member: Member
    ) -> None:
        phone.dial()
        standing.note_sim_swap(member.pk, timezone.now() - timedelta(days=100))
        assert not must_prove(member)


class TestSeeing:
    def test_whoever_always_dials_with_a_text_is_not_silent(
        self, phone: Phone, member: Member
    ) -> None:
        start = timezone.now()
        for days in (45, 100):
            with time_machine.travel(start + timedelta(days=days)):
                Phone(phone.number).enter("1")
                seen_at = Standing.objects.get(pk=member.pk).last_seen_at
                assert timezone.now() - seen_at < timedelta(minutes=1)
        assert not must_prove(member)

    def test_the_silence_before_a_dial_with_a_text_counts(
        self, phone: Phone, member: Member
    ) -> None:
        with time_machine.travel(timezone.now() + LATER):
            phone.enter("1")
        assert must_prove(member)

    def test_a_dial_with_a_text_has_the_sim_asked_about_once(
        self, phone: Phone, member: Member
    ) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            phone.enter("9", "1")
        assert SimSwapLookup.objects.filter(member_id=member.pk).count() == 1

    def test_a_session_that_redis_lost_is_no_new_dial_where_its_effects_are_kept(
        self, phone: Phone, member: Member
    ) -> None:
        phone.enter("9", "2")
        Standing.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
        phone.lose_session()
        phone.enter("1")
        assert Standing.objects.get(pk=member.pk).last_seen_at < timezone.now() - timedelta(days=1)
