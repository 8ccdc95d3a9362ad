"""The commands about the second step: reset_second_factor, demo_code."""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from nannychain.audit.models import AuditEntry
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.second_factors import enrolled
from workers.identity.models import Member
from workers.identity.second_factor import selectors, services

pytestmark = pytest.mark.django_db
DEMO_PHONE = "0700000001"


def _printed(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_the_command_line_forgets_a_device_and_writes_it_down() -> None:
    member, _ = enrolled(StaffFactory.create())

    assert member.worker_id in _printed("reset_second_factor", member.phone)

    assert not selectors.is_enrolled(member.pk)
    assert services.enrolment(member).secret
    entry = AuditEntry.objects.get(action="staff.device_forgotten")
    assert (entry.actor, entry.channel) == ("system", "command")


@pytest.mark.parametrize(
    ("phone", "complaint"),
    [("0799999999", "No member of the staff"), ("hello", "not a Kenyan mobile number")],
)
def test_it_refuses_who_is_not_staff(phone: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        _printed("reset_second_factor", phone)
    with pytest.raises(CommandError, match="No member of the staff"):
        _printed("reset_second_factor", MemberFactory.create().phone)


def test_the_demo_admin_signs_in_without_a_device(tmp_path: Path) -> None:
    _printed("seed_demo", data_folder=tmp_path)
    client = Client()
    password = (tmp_path / "demo-admin-password").read_text().strip()
    client.post("/admin/login/", {"username": DEMO_PHONE, "password": password})

    code = _printed("demo_code").strip()
    assert re.fullmatch(r"\d{6}", code)
    client.post("/admin/second-step/", {"code": code})

    assert client.get("/admin/").status_code == 200


def test_each_run_lets_the_demo_admin_enrol_for_another_day(tmp_path: Path) -> None:
    _printed("seed_demo", data_folder=tmp_path)
    member = Member.objects.get(phone="+254700000001")
    with time_machine.travel(timezone.now() + timedelta(hours=30)):
        with pytest.raises(services.EnrolmentClosed):
            services.enrolment(member)
        _printed("seed_demo", data_folder=tmp_path)
        assert services.enrolment(member).secret


@pytest.mark.parametrize("where", ["partner", "licensed", "production"])
def test_the_demo_code_is_refused_in_the_real_thing(
    settings: Settings, tmp_path: Path, where: str
) -> None:
    _printed("seed_demo", data_folder=tmp_path)
    if where == "production":
        settings.SETTINGS_MODULE = "config.settings.production"
    else:
        settings.OPERATING_MODE = where
    with pytest.raises(CommandError, match=r"production|sandbox"):
        _printed("demo_code")


def test_without_a_demo_admin_there_is_no_demo_code() -> None:
    with pytest.raises(CommandError, match="seed_demo"):
        _printed("demo_code")
