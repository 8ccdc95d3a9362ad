"""Who of the staff may what, written out: every page of the admin, and every role.

S is support, O operations, F finance, C compliance. A page, action or address of the admin that has
no line here fails.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse

from config import roles
from config.roles import GRANTS, Role
from nannychain.approvals import kinds
from nannychain.ids import new_id
from tests.factories.browsers import signed_in
from tests.factories.members import MemberFactory, StaffFactory
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
_ROLES = {role.value[0]: role for role in Role}
_STANDARD = ("_changelist", "_add", "_change", "_delete", "_history")


@dataclass(frozen=True)
class Page:
    """Who sees list and page, who adds, who changes, who runs which action on the list."""

    see: str
    add: str = ""
    change: str = ""
    actions: dict[str, str] = field(default_factory=dict)


PAGES = {
    "auth.group": Page(see="C"),
    "nannychain.alert": Page(see="SOFC", actions={"acknowledge": "OFC", "close": "OFC"}),
    "nannychain.approvalrequest": Page(see="SOFC"),  # each the kinds with a part for her
    "nannychain.auditentry": Page(see="OC"),
    "nannychain.inboxmessage": Page(see="O"),
    "nannychain.optout": Page(see="SC"),
    "nannychain.outboxevent": Page(see="O"),
    "nannychain.sms": Page(see="SO", actions={"send_again": "SO"}),
    "nannychain.statechange": Page(see="OC"),
    "payments.balancereading": Page(see="OFC"),
    "payments.break": Page(see="OFC", actions={"take": "OF"}),
    "payments.dailyreport": Page(see="OFC"),
    "payments.deposit": Page(see="SOF", actions={"ask": "SO"}),
    "payments.desk": Page(see="OF", actions={"start": "O"}),
    "payments.excess": Page(see="SOFC"),
    "payments.floatmove": Page(see="OFC", add="OF"),
    "payments.levellimits": Page(see="SOFC", add="C"),
    "payments.operationlimits": Page(see="SOFC", add="C"),
    "payments.paybillpayment": Page(see="SOF"),
    "payments.statementfile": Page(see="OFC", add="OF"),
    "payments.statementline": Page(see="OF"),
    "payments.tariff": Page(see="SOFC", add="F"),
    "payments.transfer": Page(see="SOFC"),
    "nannychain.modecaps": Page(see="OFC", add="C"),
    "nannychain.stoppedflow": Page(see="SOFC", add="OC"),
    "payments.withdrawal": Page(see="SOF", actions={"ask": "SO"}),
    "ussd.screenfigure": Page(see="SO"),
    "wallets.account": Page(see="OFC"),
    "wallets.accountkind": Page(see="OFC"),
    "wallets.bookscheck": Page(see="OFC"),
    "wallets.channel": Page(see="O"),
    "wallets.fundingrequest": Page(see="SO", actions={"try_again": "O"}),
    "wallets.hold": Page(see="OFC"),
    "wallets.journal": Page(see="OFC"),
    "wallets.journalkind": Page(see="OFC"),
    "wallets.manualjournal": Page(see="OFC", add="OF"),
    "wallets.movement": Page(see="OFC", actions={"review": "OF"}),
    "wallets.network": Page(see="OF", actions={"pause": "O", "resume": "O"}),
    "wallets.submission": Page(see="O"),
    "wallets.wallet": Page(see="SOFC"),
    "workers.apikey": Page(see="OC", add="O"),
    "workers.code": Page(see="SO"),
    "workers.phonechange": Page(see="SOC"),
    "workers.pin": Page(see="SOC"),
    "workers.session": Page(see="SC"),
    "workers.member": Page(see="SOFC", add="SO"),
}
# Addresses beside the standard ones: who gets past the door. What lies behind is tested elsewhere.
OTHERS = {
    "nannychain_approvalrequest_decide": "",  # by the kind of request; nobody for one that isn't
    "nannychain_modecaps_withdraw": "C",
    "nannychain_stoppedflow_start": "O",
    "payments_break_assign": "",  # only one that is not settled
    "payments_break_explain": "",
    "payments_break_settle": "",
    "payments_break_write-off": "",
    "payments_dailyreport_anew": "",
    "payments_dailyreport_csv": "",  # only one that is there
    "payments_dailyreport_pdf": "",
    "payments_dailyreport_sign": "",
    "payments_break_download": "FC",
    "payments_deposit_download": "OF",
    "payments_paybillpayment_download": "OF",
    "payments_withdrawal_download": "OF",
    "wallets_journal_download": "FC",
    "payments_levellimits_withdraw": "C",
    "payments_operationlimits_withdraw": "C",
    "payments_paybillpayment_allot": "",  # only what is in suspense
    "payments_paybillpayment_of-deposit": "",
    "payments_paybillpayment_give-back": "",
    "payments_paybillpayment_not-returned": "",
    "payments_paybillpayment_returned": "",
    "payments_statementline_confirm": "",  # only what one person may say
    "payments_tariff_withdraw": "F",
    "payments_withdrawal_not-paid": "",  # only one that waits for a decision can be settled
    "payments_withdrawal_paid": "",
    "workers_apikey_rotate": "OC",
    "workers_apikey_revoke": "OC",
    "wallets_account_statement": "FC",
    "wallets_manualjournal_reverse": "OF",
    "wallets_manualjournal_decide": "F",
    "workers_session_sign_out": "",  # only a device that is signed in
    "workers_member_timeline": "SOFC",
    "workers_member_freeze": "SOC",
    "workers_member_unfreeze": "OC",
    "workers_member_ban": "OC",
    "workers_member_sign_out": "SOC",
    "workers_member_set_level": "C",
    "workers_member_ask_pin_reset": "SOC",
    "workers_member_ask_phone_release": "SOC",
    "workers_member_ask_device_reset": "SOFC",
}
# Of these, only what is sent decides which permission is asked for.
_SENT = {"decision": "approve", "reason": "A reason"}


@pytest.fixture
def staff() -> dict[str, Member]:
    """One member of the staff for each role."""
    people = {}
    for letter, role in _ROLES.items():
        people[letter] = StaffFactory.create(is_superuser=False)
        people[letter].groups.set([Group.objects.get(name=role.value)])
    return people


@pytest.fixture
def browsers(staff: dict[str, Member]) -> dict[str, Client]:
    """Their browsers."""
    return {letter: signed_in(member) for letter, member in staff.items()}


def _admins() -> dict[str, Any]:
    return {model._meta.label_lower: each for model, each in admin.site._registry.items()}


def _extra() -> dict[str, URLPattern]:
    """Return the addresses that a page has beside the standard ones, by name."""
    return {
        pattern.name: pattern
        for each in _admins().values()
        for pattern in each.get_urls()
        if pattern.name and not pattern.name.endswith(_STANDARD)
    }


def _address(label: str, what: str, *arguments: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{what}", args=arguments)


def _somebody(label: str) -> object:
    """Return the key of a row that isn't there: the door is looked at before it."""
    key = apps.get_model(label)._meta.pk
    assert key is not None
    return new_id() if key.get_internal_type() == "UUIDField" else 987654321


def test_every_page_of_the_admin_has_a_line() -> None:
    assert set(_admins()) == set(PAGES)


def test_every_action_of_a_list_has_a_line() -> None:
    for label, each in _admins().items():
        assert set(each.actions) == set(PAGES[label].actions), label


def test_every_other_address_has_a_line() -> None:
    assert set(_extra()) == set(OTHERS)


@pytest.mark.parametrize("label", PAGES)
def test_lists_and_pages_open_for_those_in_the_table_alone(
    label: str, browsers: dict[str, Client]
) -> None:
    page, key = PAGES[label], _somebody(label)
    for letter, client in browsers.items():
        expected = {
            _address(label, "changelist"): letter in page.see,
            _address(label, "change", key): letter in page.see,
            _address(label, "add"): letter in page.add,
        }
        for address, may in expected.items():
            status = client.get(address).status_code
            assert (status != 403) == may, (letter, address, status)


@pytest.mark.parametrize("label", PAGES)
def test_nobody_changes_or_deletes_but_those_in_the_table(
    label: str, browsers: dict[str, Client]
) -> None:
    page, key = PAGES[label], _somebody(label)
    for letter, client in browsers.items():
        changed = client.post(_address(label, "change", key), {}).status_code
        assert (changed != 403) == (letter in page.change), (letter, changed)
        added = client.post(_address(label, "add"), {}).status_code
        assert (added != 403) == (letter in page.add), (letter, added)
        deleted = client.post(_address(label, "delete", key), {"post": "yes"}).status_code
        assert deleted == 403, letter


@pytest.mark.parametrize("label", PAGES)
def test_actions_are_offered_to_those_in_the_table_alone(
    label: str, staff: dict[str, Member]
) -> None:
    each = _admins()[label]
    for letter, member in staff.items():
        request = RequestFactory().get("/")
        request.user = member
        offered = set(each.get_actions(request)) - {"delete_selected"}
        wanted = {name for name, letters in PAGES[label].actions.items() if letter in letters}
        assert offered == wanted, letter
        assert "delete_selected" not in each.get_actions(request)


@pytest.mark.parametrize("name", OTHERS)
def test_other_addresses_open_for_those_in_the_table_alone(
    name: str, browsers: dict[str, Client]
) -> None:
    converters = _extra()[name].pattern.converters
    made = {
        "UUIDConverter": new_id(),
        "IntConverter": 987654321,
        "PathConverter": new_id(),
        "SlugConverter": "none",
    }
    arguments = {key: made[type(each).__name__] for key, each in converters.items()}
    address = reverse(f"admin:{name}", kwargs=arguments)
    for letter, client in browsers.items():
        outcomes = {client.get(address).status_code, client.post(address, _SENT).status_code}
        if letter in OTHERS[name]:
            assert 403 not in outcomes, letter
        else:
            assert outcomes <= {403, 404, 405}, letter
            assert outcomes & {403, 404}, letter


def test_nobody_outside_the_staff_sees_any_page() -> None:
    member = Client()
    member.force_login(MemberFactory.create())
    for client in (Client(), member):
        for label in PAGES:
            assert client.get(_address(label, "changelist")).status_code == 302


# The table itself


def test_every_line_names_a_permission_that_exists_and_one_line_each() -> None:
    known = {
        f"{each.content_type.app_label}.{each.codename}"
        for each in Permission.objects.select_related("content_type")
    }
    named = [grant.permission for grant in GRANTS]
    assert set(named) <= known
    assert len(set(named)) == len(named)
    assert all(grant.roles and len(grant.what.split()) > 1 for grant in GRANTS)


def test_whoever_takes_part_in_what_takes_two_has_a_line() -> None:
    named = {grant.permission for grant in GRANTS}
    for kind in kinds.registered():
        assert {kind.permission, kind.asking_permission} <= named


def test_the_groups_hold_what_the_table_says() -> None:
    for role in Role:
        group = Group.objects.get(name=role.value)
        held = {
            f"{app}.{codename}"
            for app, codename in group.permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        assert held == set(roles.permissions_of(role))


def test_what_somebody_changed_by_hand_is_put_right_by_the_next_migration() -> None:
    support, finance = Group.objects.get(name="Support"), Group.objects.get(name="Finance")
    support.permissions.set(Permission.objects.filter(codename="approve_manual_journal"))
    finance.delete()

    roles.sync()
    roles.sync()

    test_the_groups_hold_what_the_table_says()
    assert Group.objects.count() == len(Role)


def test_who_has_a_role_keeps_it_through_the_next_migration(staff: dict[str, Member]) -> None:
    roles.sync()

    assert staff["S"].groups.get().name == "Support"
    assert staff["S"].has_perm("workers.view_member")
    assert not staff["S"].has_perm("wallets.approve_manual_journal")
