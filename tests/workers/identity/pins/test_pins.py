"""The PIN: right, wrong, locked, and asked for twice."""

import importlib.util
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from tests.factories.members import MemberFactory
from tests.factories.phones import PIN, choose_pin, texts_to
from workers.identity.models import Member
from workers.identity.pins import counting, hashing, services
from workers.identity.pins.counting import TRIES, UNTIL_RESET, Verdict
from workers.identity.pins.models import Pin

pytestmark = pytest.mark.django_db
WRONG = "9173"
RIGHT = Verdict(is_right=True, tries_left=TRIES, locked_until=None)


@pytest.fixture
def member() -> Member:
    member: Member = MemberFactory.create(phone="+254712345678")
    choose_pin(member)
    return member


def try_pin(member: Member, pin: str, *, key: str) -> Verdict:
    return services.verify(member.id, pin=pin, attempt_key=key, channel="test")


def lock(member: Member, *, round_: str = "") -> Verdict:
    """Enter three wrong PINs."""
    return [try_pin(member, WRONG, key=f"wrong {round_} {n}") for n in range(TRIES)][-1]


class TestVerifying:
    def test_the_right_pin_is_right(self, member: Member) -> None:
        assert try_pin(member, PIN, key="a") == RIGHT

    @pytest.mark.parametrize("typed", [WRONG, "", "482", "48266", " 4826", "4826\x00", "٤٨٢٦"])
    def test_everything_else_is_wrong_and_a_try(self, member: Member, typed: str) -> None:
        assert try_pin(member, typed, key="a") == Verdict(False, 2, None)

    def test_a_right_one_forgives_the_wrong_ones_before(self, member: Member) -> None:
        try_pin(member, WRONG, key="a")
        try_pin(member, WRONG, key="b")

        assert try_pin(member, PIN, key="c") == RIGHT
        assert try_pin(member, WRONG, key="d").tries_left == 2

    def test_a_member_without_a_pin_is_told_so(self) -> None:
        with pytest.raises(services.NoPin):
            try_pin(MemberFactory.create(), PIN, key="a")

    def test_who_has_no_pin_costs_as_much_hashing(
        self, member: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashing.fits(PIN, member_id=member.id, stored=None)  # the hash of nobody is made once
        verified: list[str] = []
        hasher = hashing._HASHER

        class Counting:
            def verify(self, stored: str, secret: str) -> bool:
                verified.append(stored.split("$")[3])
                return hasher.verify(stored, secret)

        monkeypatch.setattr(hashing, "_HASHER", Counting())
        with pytest.raises(services.NoPin):
            try_pin(MemberFactory.create(), PIN, key="a")
        try_pin(member, PIN, key="a")

        assert len(verified) == 2
        assert len(set(verified)) == 1

    def test_a_hash_costs_what_owasp_asks_for(self) -> None:
        """Of the module as it is loaded anew: all other tests have a cheap one."""
        spec = importlib.util.find_spec(hashing.__name__)
        assert spec is not None
        assert spec.loader is not None
        as_it_is = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(as_it_is)
        stored = as_it_is.hashed(PIN, member_id=new_id())
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_a_hash_that_was_copied_to_somebody_else_fits_nobody_there(
        self, member: Member
    ) -> None:
        thief = MemberFactory.create()
        choose_pin(thief, "8264")
        stolen = Pin.objects.get(pk=member.id).hash
        Pin.objects.filter(pk=thief.id).update(hash=stolen)

        assert not try_pin(thief, PIN, key="a").is_right

    def test_with_another_pepper_no_try_is_counted(self, member: Member, settings) -> None:
        settings.PIN_PEPPER = "another"

        with pytest.raises(services.PepperChanged):
            try_pin(member, PIN, key="a")
        assert Pin.objects.get().tries == 0
        assert Alert.objects.get().key == "pin:pepper"

    def test_the_database_takes_nothing_that_is_no_hash(self, member: Member) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Pin.objects.update(hash=PIN)


class TestRepeating:
    def test_the_same_attempt_gets_the_same_verdict_and_counts_once(self, member: Member) -> None:
        first = try_pin(member, WRONG, key="hop")
        try_pin(member, WRONG, key="another hop")

        assert try_pin(member, WRONG, key="hop") == first == Verdict(False, 2, None)
        assert Pin.objects.get().tries == 2

    def test_a_right_attempt_stays_right_after_the_lock(self, member: Member) -> None:
        try_pin(member, PIN, key="hop")
        lock(member)

        assert try_pin(member, PIN, key="hop") == RIGHT

    def test_an_attempt_that_met_a_lock_is_told_of_the_lock_again(self, member: Member) -> None:
        locked = lock(member)
        met = try_pin(member, PIN, key="hop")
        Pin.objects.update(locked_until=timezone.now())

        assert met == try_pin(member, PIN, key="hop") == Verdict(False, 0, locked.locked_until)

    def test_another_pin_under_the_same_key_is_another_try(self, member: Member) -> None:
        try_pin(member, PIN, key="hop")

        assert not try_pin(member, WRONG, key="hop").is_right

    def test_the_same_key_of_another_member_is_another_attempt(self, member: Member) -> None:
        other = MemberFactory.create()
        choose_pin(other, "8264")
        try_pin(member, PIN, key="hop")

        assert not try_pin(other, PIN, key="hop").is_right

    def test_old_verdicts_are_forgotten(self, member: Member) -> None:
        try_pin(member, PIN, key="hop")
        assert services.forget_old() == 0
        with time_machine.travel(timezone.now() + services.KEPT + timedelta(minutes=1)):
            assert services.forget_old() == 1


class TestLocking:
    def test_three_wrong_ones_lock_and_an_sms_says_until_when(self, member: Member) -> None:
        before = timezone.now()

        verdict = lock(member)

        assert verdict.tries_left == 0
        assert verdict.locked_until is not None
        assert counting.WAITS[0] <= verdict.locked_until - before < timedelta(minutes=16)
        assert "locked until" in texts_to(member.phone)[-1]
        assert (
            AuditEntry.objects.filter(action="pin.locked", subject_id=str(member.id)).count() == 1
        )

    def test_while_it_is_locked_the_right_one_is_not_taken_and_nothing_is_counted(
        self, member: Member
    ) -> None:
        locked = lock(member)

        assert try_pin(member, PIN, key="x") == locked
        assert try_pin(member, WRONG, key="y") == locked
        assert len(texts_to(member.phone)) == 2

    def test_after_the_wait_the_right_one_is_taken(self, member: Member) -> None:
        lock(member)

        with time_machine.travel(timezone.now() + counting.WAITS[0]):
            assert try_pin(member, PIN, key="x") == RIGHT

    def test_the_waits_grow_until_only_a_reset_opens_it(self, member: Member) -> None:
        waits: list[timedelta | datetime | None] = []
        now = timezone.now()
        for round_ in range(4):
            with time_machine.travel(now, tick=False):
                until = lock(member, round_=str(round_)).locked_until
            assert until is not None
            waits.append(until if until == UNTIL_RESET else until - now)
            now = until

        assert waits == [*counting.WAITS, UNTIL_RESET]
        with time_machine.travel(datetime(2099, 1, 1, tzinfo=now.tzinfo)):
            verdict = try_pin(member, PIN, key="x")
        assert verdict.needs_reset
        assert "Call 0800 000 000 for a new one" in texts_to(member.phone)[-1]

    def test_a_right_one_soon_after_a_lock_does_not_make_the_next_wait_short(
        self, member: Member
    ) -> None:
        lock(member)
        now = timezone.now() + counting.WAITS[0]
        with time_machine.travel(now, tick=False):
            try_pin(member, PIN, key="x")
            assert lock(member, round_="2").locked_until == now + counting.WAITS[1]

    def test_a_right_one_a_day_after_it_does(self, member: Member) -> None:
        lock(member)
        now = timezone.now() + counting.WAITS[0] + timedelta(days=1)
        with time_machine.travel(now, tick=False):
            try_pin(member, PIN, key="x")
            assert lock(member, round_="2").locked_until == now + counting.WAITS[0]

    def test_guessing_between_the_owners_right_ones_locks_too(self, member: Member) -> None:
        left = []
        for number in range(counting.WRONG_IN_A_DAY):
            left.append(try_pin(member, WRONG, key=f"thief {number}").tries_left)
            assert try_pin(member, PIN, key=f"owner {number}").is_right

        assert left == [2, 2, 2, 2, 2, 1]
        assert try_pin(member, WRONG, key="thief").locked_until is not None

    def test_what_was_wrong_the_day_before_is_forgiven(self, member: Member) -> None:
        for number in range(counting.WRONG_IN_A_DAY):
            try_pin(member, WRONG, key=f"thief {number}")
            try_pin(member, PIN, key=f"owner {number}")

        with time_machine.travel(timezone.now() + timedelta(days=1)):
            assert try_pin(member, WRONG, key="thief") == Verdict(False, 2, None)

    def test_locks_of_one_member_are_no_other_members(self, member: Member) -> None:
        other = MemberFactory.create()
        choose_pin(other)
        lock(member)

        assert try_pin(other, PIN, key="x") == RIGHT
