"""The second step: enrolled once, every code counts once, and nothing of it is kept in plain."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from nannychain import boxes
from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from tests.factories.threads import at_once
from workers.identity import staff
from workers.identity.models import Member
from workers.identity.second_factor import codes, selectors, services
from workers.identity.second_factor.models import RecoveryCode, SecondFactor

pytestmark = pytest.mark.django_db
_RFC_SECRET = b"12345678901234567890"


# Reckoning


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    assert codes.at(_RFC_SECRET, second // codes.STEP_SECONDS) == code


def test_the_picture_says_what_the_page_spells() -> None:
    member = StaffFactory.create()
    asked = services.enrolment(member)

    assert f"secret={asked.secret}" in asked.address
    assert asked.address.startswith(f"otpauth://totp/NannyChain%3A{member.worker_id}?")
    assert len(b32decode(asked.secret)) == 20
    assert member.phone not in asked.address


# Enrolling


def test_a_code_of_the_device_enrols_it_and_gives_ten_recovery_codes() -> None:
    member = StaffFactory.create()
    shown = services.enrol(member, code=code_of(member))

    assert len(set(shown)) == 10
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", each) for each in shown)
    assert selectors.is_enrolled(member.pk)
    assert AuditEntry.objects.filter(action="staff.device_enrolled").count() == 1


@pytest.mark.parametrize("code", ["", "000000", "12345", "abcdef", "٣٣٣٣٣٣", "x" * 5000])
def test_a_wrong_code_enrols_nothing(code: str) -> None:
    member = StaffFactory.create()
    with pytest.raises(services.WrongCode):
        services.enrol(member, code=code)
    assert not selectors.is_enrolled(member.pk)


def test_the_code_that_enrolled_does_not_sign_in_as_well() -> None:
    member = StaffFactory.create()
    code = code_of(member)
    services.enrol(member, code=code)
    with pytest.raises(services.WrongCode):
        services.check(member, code=code)


def test_nobody_enrols_who_was_not_invited_or_a_day_too_late() -> None:
    with pytest.raises(services.EnrolmentClosed):
        services.enrolment(MemberFactory.create())
    member = StaffFactory.create()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        with pytest.raises(services.EnrolmentClosed):
            services.enrolment(member)
        with pytest.raises(services.EnrolmentClosed):
            services.enrol(member, code=code_of(member))
        staff.appoint(member, password="another long password", is_superuser=False)
        services.enrol(member, code=code_of(member))


def test_a_device_is_not_enrolled_over_another_one() -> None:
    member, _ = enrolled(StaffFactory.create())
    with pytest.raises(services.AlreadyEnrolled):
        services.enrolment(member)
    with pytest.raises(services.AlreadyEnrolled):
        services.enrol(member, code=code_of(member))
    staff.appoint(member, password="another long password", is_superuser=False)
    assert selectors.is_enrolled(member.pk)


# Codes of the device


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_the_neighbours_of_the_present_code_count_too(steps: int) -> None:
    member, _ = enrolled(StaffFactory.create())
    assert services.check(member, code=code_of(member, steps=steps)) == services.How.DEVICE


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_codes_from_further_off_do_not_count(steps: int) -> None:
    member, _ = enrolled(StaffFactory.create())
    with pytest.raises(services.WrongCode):
        services.check(member, code=code_of(member, steps=steps))


def test_a_code_counts_once_and_so_does_every_older_one() -> None:
    member, _ = enrolled(StaffFactory.create())
    services.check(member, code=code_of(member))
    for steps in (0, -1):
        with pytest.raises(services.WrongCode):
            services.check(member, code=code_of(member, steps=steps))
    assert services.check(member, code=code_of(member, steps=1)) == services.How.DEVICE


def test_a_code_may_be_typed_with_a_space() -> None:
    member, _ = enrolled(StaffFactory.create())
    code = code_of(member)
    assert services.check(member, code=f" {code[:3]} {code[3:]} ") == services.How.DEVICE


@pytest.mark.django_db(transaction=True)
def test_of_many_who_show_the_same_code_at_once_one_is_right() -> None:
    member, shown = enrolled(StaffFactory.create())
    for code in (code_of(member), shown[0]):

        def check(code: str = code) -> bool:
            try:
                services.check(member, code=code)
            except services.WrongCode:
                return False
            return True

        assert sum(at_once(check, times=8)) == 1


# Recovery codes


def test_a_recovery_code_counts_once_in_any_spelling() -> None:
    member, shown = enrolled(StaffFactory.create())
    assert services.check(member, code=shown[0].lower()) == services.How.RECOVERY_CODE
    assert services.check(member, code=shown[1].replace("-", " ")) == services.How.RECOVERY_CODE
    for code in shown[:2]:
        with pytest.raises(services.WrongCode):
            services.check(member, code=code)
    device = selectors.device(member.pk)
    assert device is not None
    assert device.recovery_codes_left == 8
    entries = AuditEntry.objects.filter(action="staff.recovery_code_used").order_by("id")
    assert [entry.after["left"] for entry in entries] == [9, 8]


def test_new_recovery_codes_replace_the_old() -> None:
    member, old = enrolled(StaffFactory.create())
    new = services.new_recovery_codes(member)
    with pytest.raises(services.WrongCode):
        services.check(member, code=old[0])
    assert services.check(member, code=new[0]) == services.How.RECOVERY_CODE


def test_somebody_elses_codes_do_not_count() -> None:
    (one, codes_of_one), (other, _) = (
        enrolled(StaffFactory.create()),
        enrolled(StaffFactory.create()),
    )
    for code in (codes_of_one[0], code_of(one)):
        with pytest.raises(services.WrongCode):
            services.check(other, code=code)


@pytest.mark.parametrize("code", ["", " ", "-", "0" * 5000, "\x00", "🙂🙂🙂🙂🙂", "12345a"])
def test_hostile_codes_are_answered_calmly(code: str) -> None:
    member, _ = enrolled(StaffFactory.create())
    with pytest.raises(services.WrongCode):
        services.check(member, code=code)


# Forgetting a device


def test_a_device_that_is_forgotten_counts_no_more_and_a_new_one_can_be_enrolled() -> None:
    member, shown = enrolled(StaffFactory.create())
    old = code_of(member, steps=1)
    services.reset(member.pk, by=Actor(new_id(), "NW-OTHER"), reason="Lost", channel="admin")
    member.refresh_from_db()

    for code in (old, shown[0]):
        with pytest.raises(services.WrongCode):
            services.check(member, code=code)
    assert len(services.enrol(member, code=code_of(member))) == 10
    entry = AuditEntry.objects.get(action="staff.device_forgotten")
    assert (entry.actor, entry.reason) == ("NW-OTHER", "Lost")


def test_who_stops_being_staff_has_no_device_any_more() -> None:
    member, _ = enrolled(StaffFactory.create())
    staff.set_rights(member, is_staff=False, groups=(), by=StaffFactory.create())
    assert not SecondFactor.objects.filter(pk=member.pk).exists()


# What is kept


def test_no_secret_and_no_recovery_code_stands_in_the_database_in_plain() -> None:
    member = StaffFactory.create()
    spelled = services.enrolment(member).secret
    _, shown = enrolled(member)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(f)::text FROM workers_secondfactor f")
        rows = [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT row_to_json(c)::text FROM workers_recoverycode c")
        rows += [row for (row,) in cursor.fetchall()]
    dump = "\n".join(rows).lower()
    assert b32decode(spelled).hex() not in dump
    assert spelled.lower() not in dump
    for code in shown:
        assert code.lower() not in dump
        assert code.replace("-", "").encode().hex() not in dump


def test_a_locked_secret_opens_for_its_own_member_only() -> None:
    one, other = StaffFactory.create(), StaffFactory.create()
    stolen = SecondFactor.objects.get(pk=one.pk)
    SecondFactor.objects.filter(pk=other.pk).update(locked_secret=stolen.locked_secret)
    with pytest.raises(boxes.BoxBroken):
        services.enrolment(other)


def test_under_another_pepper_no_secret_opens(settings: Settings) -> None:
    member = StaffFactory.create()
    settings.PIN_PEPPER = "another pepper, which is long enough too"
    with pytest.raises(boxes.KeyChanged):
        services.enrolment(member)


def test_recovery_codes_are_stored_as_keyed_hashes(settings: Settings) -> None:
    member, shown = enrolled(StaffFactory.create())
    digests = {bytes(code.digest) for code in RecoveryCode.objects.all()}
    assert codes.recovery_digest(shown[0], member_id=member.pk) in digests
    settings.PIN_PEPPER = "another pepper, which is long enough too"
    assert codes.recovery_digest(shown[0], member_id=member.pk) not in digests


def test_all_sessions_end_when_the_epoch_counts_up() -> None:
    member = StaffFactory.create()
    before = member.get_session_auth_hash()
    services.end_sessions(member.pk)
    assert Member.objects.get(pk=member.pk).get_session_auth_hash() != before
