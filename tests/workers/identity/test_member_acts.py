"""What staff do about a member on her page: freeze, ban, sign out, level, and what takes two."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State as Asked
from nannychain.audit.models import AuditEntry
from nannychain.notifications.models import Sms
from tests.factories.browsers import html, page_of, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.second_factors import enrolled
from workers.identity.models import Member
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.pins import services as pins
from workers.identity.pins.models import Pin
from workers.identity.second_factor import selectors as second_factor
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens
from workers.kyc.levels import Level
from workers.kyc.selectors import level_of

pytestmark = pytest.mark.django_db
APPROVALS = "/admin/nannychain/approvalrequest/"
REASON = {"reason": "Her phone was stolen"}


def in_role(*roles: str) -> tuple[Member, Client]:
    """Return a member of the staff who has these roles, and the browser."""
    member = StaffFactory.create(is_superuser=False)
    member.groups.set(Group.objects.filter(name__in=roles))
    return member, signed_in(member)


def act(client: Client, member: Member, name: str, **form: Any) -> Any:
    """Send the form of one button; return the answer."""
    return client.post(f"/admin/workers/member/{member.pk}/{name}/", form or REASON)


def is_frozen(member: Member) -> bool:
    """Tell whether money may not leave."""
    try:
        standing.ensure_may_send(member.pk)
    except standing.Frozen:
        return True
    except standing.MustProveAgain:
        return False
    return False


# Freezing


def test_support_freezes_with_a_reason_and_operations_unfreeze() -> None:
    by, support = in_role("Support")
    other, operations = in_role("Operations")
    member = MemberFactory.create(phone_proved=True)

    assert act(support, member, "freeze").headers["Location"] == page_of(member)
    assert is_frozen(member)
    entry = AuditEntry.objects.get(action="member.frozen")
    assert (entry.actor_id, entry.reason) == (by.pk, "Her phone was stolen")
    assert Sms.objects.filter(phone=member.phone, kind="security").count() == 1

    page = html(support, page_of(member))
    assert "frozen since" in page
    assert "standing of" not in page
    assert act(operations, member, "unfreeze", reason="Found it").status_code == 302
    assert "frozen" not in html(support, page_of(member))
    assert not is_frozen(member)
    entry = AuditEntry.objects.get(action="member.unfrozen")
    assert (entry.actor_id, entry.reason) == (other.pk, "Found it")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_nobody_is_frozen_without_a_good_reason(reason: str) -> None:
    _, support = in_role("Support")
    member = MemberFactory.create()

    assert act(support, member, "freeze", reason=reason).status_code == 200
    assert not is_frozen(member)


def test_the_page_of_an_act_says_what_it_does_and_does_nothing_by_being_looked_at() -> None:
    _, support = in_role("Support")
    member = MemberFactory.create()
    page = html(support, f"/admin/workers/member/{member.pk}/freeze/")
    assert "none can leave" in page
    assert member.worker_id in page
    assert not is_frozen(member)


def test_buttons_are_those_that_make_sense_for_this_person_and_this_member() -> None:
    member = MemberFactory.create()
    _, finance = in_role("Finance")
    assert "/freeze/" not in html(finance, page_of(member))

    _, compliance = in_role("Compliance")
    page = html(compliance, page_of(member))
    for shown, name in [(True, "freeze"), (False, "unfreeze"), (True, "ban"), (True, "sign_out")]:
        assert (f"{member.pk}/{name}/" in page) == shown, name
    assert f"{member.pk}/ask_device_reset/" not in page
    act(compliance, member, "freeze")
    page = html(compliance, page_of(member))
    assert f"{member.pk}/unfreeze/" in page
    assert f"{member.pk}/freeze/" not in page


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("freeze", REASON),
        ("unfreeze", REASON),
        ("ban", REASON),
        ("sign_out", REASON),
        ("set_level", {**REASON, "level": "2"}),
        ("ask_pin_reset", REASON),
        ("ask_device_reset", REASON),
    ],
)
def test_nobody_does_it_who_may_not(name: str, form: dict[str, str]) -> None:
    member = MemberFactory.create()
    plain = StaffFactory.create(is_superuser=False)
    outsider = Client()
    outsider.force_login(MemberFactory.create())
    before = AuditEntry.objects.filter(subject_id=str(member.pk)).count()

    assert act(signed_in(plain), member, name, **form).status_code == 403
    for client in (outsider, Client()):
        answer = act(client, member, name, **form)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")
    assert AuditEntry.objects.filter(subject_id=str(member.pk)).count() == before
    assert not ApprovalRequest.objects.exists()
    assert not is_frozen(member)


def test_nobody_decides_about_the_own_account() -> None:
    member, client = in_role("Compliance", "Operations")
    for name, form in [
        ("freeze", REASON),
        ("unfreeze", REASON),
        ("ban", REASON),
        ("sign_out", REASON),
        ("set_level", {**REASON, "level": "2"}),
    ]:
        answer = act(client, member, name, **form)
        assert answer.status_code == 403, name
        assert "Colleagues decide" in answer.content.decode()
    assert not is_frozen(member)
    assert level_of(member.pk) == Level.PHONE


@pytest.mark.parametrize("object_id", ["x", "1", "00000000-0000-7000-8000-000000000000", "%00"])
def test_a_member_who_is_not_there_is_not_found(object_id: str) -> None:
    client = signed_in(StaffFactory.create())
    assert client.post(f"/admin/workers/member/{object_id}/freeze/", REASON).status_code == 404


# Sessions, ban, level


def test_signing_out_ends_all_devices_and_the_page_shows_them() -> None:
    _, support = in_role("Support")
    member = MemberFactory.create()
    opened = tokens.open_session(member, device="Tecno Pop 8")
    assert "Tecno Pop 8" in html(support, page_of(member))

    act(support, member, "sign_out")

    assert tokens.authenticate(opened.access) is None
    assert "staff: Her phone was stolen" in html(support, page_of(member)).replace("\xa0", " ")


def test_a_ban_freezes_and_ends_all_sessions_of_phone_and_admin() -> None:
    _, compliance = in_role("Compliance")
    colleague = StaffFactory.create()
    opened, browser = tokens.open_session(colleague, device="phone"), signed_in(colleague)
    assert browser.get("/admin/").status_code == 200

    act(compliance, colleague, "ban")

    assert is_frozen(colleague)
    assert tokens.authenticate(opened.access) is None
    assert browser.get("/admin/").status_code == 302


def test_compliance_says_how_well_a_member_is_known() -> None:
    by, compliance = in_role("Compliance")
    member = MemberFactory.create()

    act(compliance, member, "set_level", reason="Saw her ID", level=str(int(Level.ID_CHECKED)))

    assert level_of(member.pk) == Level.ID_CHECKED
    entry = AuditEntry.objects.get(action="member.level_changed")
    assert (entry.actor_id, entry.reason) == (by.pk, "Saw her ID")
    assert "ID checked" in html(compliance, page_of(member))


@pytest.mark.parametrize("level", ["", "9", "-1", "x"])
def test_a_level_that_is_none_is_refused(level: str) -> None:
    _, compliance = in_role("Compliance")
    member = MemberFactory.create()
    assert act(compliance, member, "set_level", reason="x", level=level).status_code == 200
    assert level_of(member.pk) == Level.PHONE


# What takes two


def _ask(client: Client, member: Member, name: str) -> ApprovalRequest:
    answer = act(client, member, name)
    assert answer.status_code == 302, answer.content.decode()
    request = ApprovalRequest.objects.get(subject_id=str(member.pk), state=Asked.ASKED)
    assert answer.headers["Location"] == f"{APPROVALS}{request.pk}/change/"
    return request


def _decide(client: Client, request: ApprovalRequest, decision: str = "approve") -> Any:
    address = f"{APPROVALS}{request.pk}/decide/"
    answer = client.post(address, {"decision": decision, "reason": "Spoke with her"})
    request.refresh_from_db()
    return answer


@pytest.fixture
def forgetful() -> Member:
    """A member who has forgotten the PIN, and has asked for a reset with a code."""
    from django.utils import timezone

    member = MemberFactory.create(phone_proved=True)
    pins.choose_first(member.pk, pin="7392", attempt_key="1", channel="test")
    Pin.objects.filter(pk=member.pk).update(reset_proved_at=timezone.now())
    return member


def test_a_pin_is_reset_by_two_members_of_the_staff(forgetful: Member) -> None:
    _, support = in_role("Support")
    by, operations = in_role("Operations")
    assert "asked for a reset, with a code" in html(support, page_of(forgetful))

    request = _ask(support, forgetful, "ask_pin_reset")
    assert pins.has_pin(forgetful.pk)
    assert _decide(support, request).status_code == 403
    assert _decide(operations, request).status_code == 302

    assert request.state == Asked.APPROVED
    assert not pins.has_pin(forgetful.pk)
    entry = AuditEntry.objects.get(action="pin.reset")
    assert (entry.actor_id, entry.subject_id) == (by.pk, str(forgetful.pk))


def test_who_asks_for_a_reset_does_not_decide_even_with_every_right(forgetful: Member) -> None:
    both = signed_in(StaffFactory.create())
    request = _ask(both, forgetful, "ask_pin_reset")
    assert _decide(both, request).status_code == 403
    assert pins.has_pin(forgetful.pk)


def test_a_reset_that_the_member_has_not_asked_for_by_a_code_is_not_done() -> None:
    member = MemberFactory.create(phone_proved=True)
    pins.choose_first(member.pk, pin="7392", attempt_key="1", channel="test")
    request = _ask(in_role("Support")[1], member, "ask_pin_reset")

    assert _decide(in_role("Operations")[1], request).status_code == 200
    assert request.state == Asked.ASKED
    assert pins.has_pin(member.pk)


def test_a_number_is_let_go_by_two_and_stands_masked_in_the_audit_trail() -> None:
    member = MemberFactory.create(phone_proved=True)
    _, support = in_role("Support")
    by, operations = in_role("Operations")
    wrong = {"reason": "Lost it", "new_phone": "0712"}
    assert act(support, member, "ask_phone_release", **wrong).status_code == 200
    assert not ApprovalRequest.objects.exists()

    form = {"reason": "Lost it", "new_phone": "0733 000 111"}
    act(support, member, "ask_phone_release", **form)
    request = ApprovalRequest.objects.get()
    assert "+254733000111" in html(operations, f"{APPROVALS}{request.pk}/change/")
    assert not PhoneChange.objects.exists()
    _decide(operations, request)

    change = PhoneChange.objects.get(member=member)
    assert (change.new_phone, change.released_by) == ("+254733000111", by.pk)
    assert "733000111" not in str([vars(entry) for entry in AuditEntry.objects.all()])


def test_a_colleagues_device_is_forgotten_by_two_others() -> None:
    colleague, _ = enrolled(StaffFactory.create(is_superuser=False))
    browser = signed_in(colleague)
    _, finance = in_role("Finance")
    by, compliance = in_role("Compliance")

    request = _ask(finance, colleague, "ask_device_reset")
    assert second_factor.is_enrolled(colleague.pk)
    _decide(compliance, request)

    assert not second_factor.is_enrolled(colleague.pk)
    assert browser.get("/admin/").status_code == 302
    entry = AuditEntry.objects.get(action="staff.device_forgotten")
    assert (entry.actor_id, entry.reason) == (by.pk, "Her phone was stolen")


@pytest.mark.parametrize("own", ["asks", "decides"])
def test_nobody_has_a_part_in_forgetting_the_own_device(own: str) -> None:
    """Or whoever sits at somebody's open browser could change that person's device."""
    victim, _ = enrolled(StaffFactory.create())
    one, other = signed_in(victim), signed_in(StaffFactory.create())
    asks, decides = (one, other) if own == "asks" else (other, one)

    request = _ask(asks, victim, "ask_device_reset")
    assert _decide(decides, request).status_code == 403
    assert request.state == Asked.ASKED
    assert second_factor.is_enrolled(victim.pk)


def test_only_staff_have_a_device_to_forget() -> None:
    _, finance = in_role("Finance")
    assert act(finance, MemberFactory.create(), "ask_device_reset").status_code == 404


def test_the_page_of_a_member_does_not_show_the_hash_of_the_pin(forgetful: Member) -> None:
    assert "argon2" not in html(signed_in(StaffFactory.create()), page_of(forgetful))
