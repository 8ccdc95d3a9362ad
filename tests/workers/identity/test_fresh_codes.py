"""What is dangerous in the admin wants a code that is not old, or else one now."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.ids import new_id
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.second_factors import code_of, enrolled
from tests.factories.sign_ins import SECOND, first_step
from workers.identity.models import Member
from workers.identity.standing.models import Standing
from workers.identity.standing.states import State as Stands
from workers.identity.two_people import FORGET_DEVICE

pytestmark = pytest.mark.django_db
CONFIRM = "/admin/confirm/"
Signed = tuple[Member, tuple[str, ...], Client]


@pytest.fixture
def signed() -> Signed:
    """A member of the staff who signed in twenty minutes ago."""
    member, shown = enrolled(StaffFactory.create())
    with time_machine.travel(timezone.now() - timedelta(minutes=20)):
        client = first_step(member)
        client.post(SECOND, {"code": shown[0]})
    return member, shown[1:], client


def _freeze(member: Member) -> str:
    return f"/admin/workers/member/{member.pk}/freeze/"


def _is_frozen(member: Member) -> bool:
    return Standing.objects.get(pk=member.pk).state == Stands.FROZEN


def test_an_act_wants_a_code_that_is_not_old(signed: Signed) -> None:
    staff, _, client = signed
    member = MemberFactory.create()

    for answer in (client.get(_freeze(member)), client.post(_freeze(member), {"reason": "x"})):
        parts = urlsplit(answer.headers["Location"])
        assert parts.path == CONFIRM
        assert parse_qs(parts.query) == {"next": [_freeze(member)]}
    assert not _is_frozen(member)

    answer = client.post(f"{CONFIRM}?next={_freeze(member)}", {"code": code_of(staff)})
    assert answer.headers["Location"] == _freeze(member)
    assert client.get(_freeze(member)).status_code == 200
    client.post(_freeze(member), {"reason": "Her phone was stolen"})
    assert _is_frozen(member)


def test_who_has_just_signed_in_is_not_asked_again() -> None:
    staff, shown = enrolled(StaffFactory.create())
    client = first_step(staff)
    client.post(SECOND, {"code": shown[0]})
    assert client.get(_freeze(MemberFactory.create())).status_code == 200


def test_an_approval_wants_a_code_that_is_not_old(signed: Signed) -> None:
    _, shown, client = signed
    colleague, _ = enrolled(StaffFactory.create())
    request: ApprovalRequest = approvals.ask(
        FORGET_DEVICE.code,
        subject_type="workers.member",
        subject_id=colleague.pk,
        by=Actor(new_id(), "NW-ASKER"),
        reason="Lost",
    )
    page = f"/admin/nannychain/approvalrequest/{request.pk}/"
    form = {"decision": "approve", "reason": "Spoke with her"}

    answer = client.post(f"{page}decide/", form)
    assert urlsplit(answer.headers["Location"]).path == CONFIRM
    request.refresh_from_db()
    assert request.state == State.ASKED

    there = client.post(answer.headers["Location"], {"code": shown[0]}).headers["Location"]
    assert there == f"{page}change/"
    client.post(f"{page}decide/", form)
    request.refresh_from_db()
    assert request.state == State.APPROVED


def test_a_refusal_needs_no_code(signed: Signed) -> None:
    _, _, client = signed
    request = approvals.ask(
        FORGET_DEVICE.code,
        subject_type="workers.member",
        subject_id=StaffFactory.create().pk,
        by=Actor(new_id(), "NW-ASKER"),
        reason="Lost",
    )
    page = f"/admin/nannychain/approvalrequest/{request.pk}/"
    client.post(f"{page}decide/", {"decision": "refuse", "reason": "No"})
    request.refresh_from_db()
    assert request.state == State.REFUSED


def test_a_wrong_code_leads_nowhere_and_five_lock(signed: Signed) -> None:
    _, _, client = signed
    member = MemberFactory.create()
    statuses = [client.post(CONFIRM, {"code": "000000"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert client.get(_freeze(member)).status_code == 302


def test_it_leads_to_no_other_site(signed: Signed) -> None:
    _, shown, client = signed
    for code, there in zip(shown, ("https://evil.example/", "//evil.example/", ""), strict=False):
        answer = client.post(f"{CONFIRM}?next={there}", {"code": code})
        assert answer.headers["Location"] == "/admin/"


def test_strangers_are_not_asked_for_a_code() -> None:
    assert (
        Client().post(CONFIRM, {"code": "000000"}).headers["Location"].startswith("/admin/login/")
    )


def test_a_manual_journal_is_approved_with_a_code_that_is_not_old(signed: Signed) -> None:
    _, _, client = signed
    address = f"/admin/wallets/manualjournal/{new_id()}/decide/"
    answer = client.post(address, {"decision": "approve", "reason": "true"})
    assert urlsplit(answer.headers["Location"]).path == CONFIRM
