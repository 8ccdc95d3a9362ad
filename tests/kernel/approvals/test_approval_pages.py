"""Requests for approval on their pages: who sees them, who decides, whatever is sent."""

from typing import Any

import pytest
from django.test import Client

from nannychain.approvals import kinds, services
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.ids import new_id
from nannychain.staff.acting import Actor
from tests.factories.browsers import html, officer, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from tests.kernel.approvals.samples import CLOSE, alert, asked, is_closed

pytestmark = pytest.mark.django_db
LIST = "/admin/nannychain/approvalrequest/"


def _page(request: ApprovalRequest) -> str:
    return f"{LIST}{request.pk}/change/"


def _decide(
    client: Client, request: ApprovalRequest, decision: str, reason: str = "Looked at it"
) -> Any:
    address = f"{LIST}{request.pk}/decide/"
    answer = client.post(address, {"decision": decision, "reason": reason}, follow=True)
    request.refresh_from_db()
    return answer


@pytest.fixture
def decider() -> Client:
    return officer("change_alert")


def test_the_list_and_the_page_say_what_is_asked_for_by_whom_and_why(decider: Client) -> None:
    about = alert()
    request = asked(about, payload={"note": "by phone"})

    for page in (html(decider, LIST), html(decider, _page(request))):
        assert "Close the alert" in page
        assert "waits for a second person" in page
        assert about.title in page
        assert f"/admin/nannychain/alert/{about.pk}/change/" in page
        assert "It is over" in page
        assert "NW-ASKER" in page
    assert "note: by phone" in html(decider, _page(request))


def test_a_decision_on_the_page_is_carried_out(decider: Client) -> None:
    request = asked()
    page = html(decider, _page(request))
    assert 'value="approve"' in page
    assert 'value="refuse"' in page
    assert 'value="withdraw"' not in page

    answer = _decide(decider, request, "approve")

    assert "Approved, and done." in answer.content.decode()
    assert request.state == State.APPROVED
    assert is_closed(request)
    assert 'name="decision"' not in html(decider, _page(request))


def test_a_refusal_on_the_page_does_nothing_else(decider: Client) -> None:
    request = asked()

    assert "Refused." in _decide(decider, request, "refuse").content.decode()
    assert request.state == State.REFUSED
    assert not is_closed(request)


def test_who_asked_can_only_take_it_back() -> None:
    member = StaffFactory.create()
    client = signed_in(member)
    request = asked(by=Actor(member.pk, member.worker_id))
    page = html(client, _page(request))
    assert 'value="approve"' not in page
    assert "You have asked for this" in page

    answer = _decide(client, request, "approve")
    assert answer.status_code == 403
    assert "Somebody else has to decide" in answer.content.decode()
    assert request.state == State.ASKED

    _decide(client, request, "withdraw")
    assert request.state == State.WITHDRAWN


def test_who_may_only_ask_sees_it_and_does_not_decide() -> None:
    client, request = officer("view_alert"), asked()

    assert 'name="decision"' not in html(client, _page(request))
    for decision in ("approve", "refuse"):
        assert _decide(client, request, decision).status_code == 403
    assert request.state == State.ASKED


def test_who_has_no_part_in_it_neither_sees_nor_decides() -> None:
    client, request = officer("view_member"), asked()

    assert client.get(LIST).status_code == 403
    assert _page(request) not in client.get(_page(request), follow=True).content.decode()
    for decision in ("approve", "refuse", "withdraw"):
        assert _decide(client, request, decision).status_code == 404
    assert request.state == State.ASKED


def test_who_has_a_part_in_some_kinds_sees_no_others() -> None:
    other = kinds.Kind(
        code="test.other",
        words="do something else",
        permission="workers.view_member",
        carry_out=CLOSE.carry_out,
    )
    kinds.register((*kinds.registered(), other))
    mine, others = asked(kind="test.other"), asked()
    client = officer("view_member")

    page = html(client, LIST)
    assert str(mine.pk) in page
    assert str(others.pk) not in page
    page = html(officer("view_approvalrequest"), LIST)
    assert str(mine.pk) in page
    assert str(others.pk) in page


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_decision_without_a_good_reason_is_asked_for_again(decider: Client, reason: str) -> None:
    request = asked()
    answer = _decide(decider, request, "approve", reason=reason)

    assert answer.status_code == 200
    assert 'value="approve"' in answer.content.decode()
    assert request.state == State.ASKED


def test_what_hinders_the_act_is_said(decider: Client) -> None:
    request = asked(kind="test.fail")

    assert "Something is in the way." in _decide(decider, request, "approve").content.decode()
    assert request.state == State.ASKED


def test_a_second_decision_says_that_it_is_closed_already(decider: Client) -> None:
    request = asked()
    _decide(decider, request, "refuse")

    assert "closed already" in _decide(decider, request, "approve").content.decode()
    assert request.state == State.REFUSED


def test_hostile_addresses_and_decisions_are_answered_calmly(decider: Client) -> None:
    request = asked()
    assert decider.get(f"{LIST}{request.pk}/decide/").status_code == 405
    assert decider.post(f"{LIST}{new_id()}/decide/", {"decision": "approve"}).status_code == 404
    assert decider.post(f"{LIST}x/decide/", {"decision": "approve"}).status_code in {302, 404}
    for decision in ("", "expire", "APPROVE", "delete"):
        assert _decide(decider, request, decision).status_code == 404
    stranger = Client()
    stranger.force_login(MemberFactory.create())
    assert stranger.post(f"{LIST}{request.pk}/decide/", {"decision": "approve"}).status_code == 302
    request.refresh_from_db()
    assert request.state == State.ASKED


def test_a_request_about_what_is_gone_is_still_shown(decider: Client) -> None:
    for subject_type in ("nannychain.alert", "nowhere.nothing", "nonsense"):
        request = services.ask(
            CLOSE.code,
            subject_type=subject_type,
            subject_id="77",
            by=Actor(new_id(), "NW-ASKER"),
            reason="Why not",
        )
        assert f"{subject_type} 77" in html(decider, _page(request))


def test_nobody_adds_changes_or_deletes_by_the_admin(decider: Client) -> None:
    request = asked()
    for client in (decider, signed_in(StaffFactory.create())):
        assert client.get(f"{LIST}add/").status_code == 403
        assert client.post(_page(request), {"reason": "x"}).status_code == 403
        assert client.post(f"{LIST}{request.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_page_of_a_member_shows_the_requests_about_it() -> None:
    member = MemberFactory.create()
    services.ask(
        CLOSE.code,
        subject_type="workers.member",
        subject_id=member.pk,
        by=Actor(new_id(), "NW-ASKER"),
        reason="She asked for it",
    )
    page = f"/admin/workers/member/{member.pk}/change/"

    assert "She asked for it" in html(officer("view_member", "view_approvalrequest"), page)
    assert "She asked for it" not in html(officer("view_member"), page)
