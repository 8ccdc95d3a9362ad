"""What staff do with members in the admin: open an account for a person, give and take rights."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from nannychain.audit.models import AuditEntry
from nannychain.notifications.models import Sms
from tests.factories.browsers import MEMBERS, html, page_of, signed_in
from tests.factories.members import MemberFactory, StaffFactory
from workers.identity.models import Member
from workers.identity.services import create_account

pytestmark = pytest.mark.django_db
PHONE = "+254712345678"


# Opening an account for a person


def filled(**changes: str) -> dict[str, str]:
    """Return the form as a staff member fills it in."""
    form = {"phone": "0712 345 678", "name": "Wanjiku", "language": "sw", "agreed": "on"}
    return {**form, **changes}


def test_adding_opens_an_account_in_the_name_of_the_staff_member() -> None:
    by = StaffFactory.create()

    answer = signed_in(by).post(MEMBERS + "add/", filled())

    assert answer.status_code == 302
    member = Member.objects.get(phone=PHONE)
    assert (member.name, member.language, member.channel) == ("Wanjiku", "sw", "admin")
    assert member.wallet.sealed_key.ciphertext
    assert member.consents.get().channel == "admin"
    assert not member.has_usable_password()
    assert Sms.objects.filter(phone=PHONE, kind="welcome").count() == 1
    entry = AuditEntry.objects.get(action="member.account_created", subject_id=str(member.pk))
    assert (entry.actor_id, entry.channel) == (by.pk, "admin")
    assert entry.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"phone": "0712"}, "not a Kenyan mobile number"),
        ({"phone": ""}, "required"),
        ({"phone": "0722000111"}, "already exists"),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "Wanji\u202eku"}, "name can&#x27;t be used"),
        ({"language": "fr"}, "not one of the available choices"),
        ({"agreed": ""}, "required"),
    ],
)
def test_a_form_with_a_mistake_says_so_and_makes_nothing(
    superuser: Client, changes: dict[str, str], complaint: str
) -> None:
    MemberFactory.create(phone="+254722000111")
    before = Member.objects.count()

    answer = superuser.post(MEMBERS + "add/", filled(**changes))

    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert Member.objects.count() == before


def test_fields_that_the_form_does_not_have_are_ignored(superuser: Client) -> None:
    superuser.post(MEMBERS + "add/", filled(is_superuser="on", is_staff="on", worker_id="NW-1"))

    member = Member.objects.get(phone=PHONE)
    assert not member.is_superuser
    assert not member.is_staff
    assert member.worker_id != "NW-1"


def test_losing_the_race_for_a_phone_is_told(
    superuser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of the form and the service, the person dials and joins."""
    dialled = create_account

    def late(phone: str, **how: object) -> object:
        dialled(phone, channel="ussd")
        return dialled(phone, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("workers.identity.services.create_account", late)

    answer = superuser.post(MEMBERS + "add/", filled(), follow=True)

    assert "this account exists already" in answer.content.decode()
    assert Member.objects.get(phone=PHONE).channel == "ussd"


# Rights


def test_a_superuser_gives_and_takes_rights(superuser: Client) -> None:
    member, group = MemberFactory.create(), Group.objects.get(name="Support")
    superuser.post(page_of(member), consents(member) | {"is_staff": "on", "groups": [group.pk]})
    member.refresh_from_db()
    assert member.is_staff
    assert list(member.groups.all()) == [group]

    superuser.post(page_of(member), consents(member))

    member.refresh_from_db()
    assert not member.is_staff
    assert not member.groups.exists()
    changes = AuditEntry.objects.filter(action="member.rights_changed").order_by("id")
    assert [entry.after["is_staff"] for entry in changes] == [True, False]
    assert changes[0].after["groups"] == ["Support"]
    assert {entry.actor for entry in changes} == {Member.objects.get(name="Kevin").worker_id}


def test_who_stops_being_staff_loses_password_and_superuser_rights(superuser: Client) -> None:
    member = StaffFactory.create()

    superuser.post(page_of(member), consents(member))

    member.refresh_from_db()
    assert not member.is_staff
    assert not member.is_superuser
    assert not member.has_usable_password()


def test_superusers_do_not_change_their_own_rights() -> None:
    member = StaffFactory.create()
    client = signed_in(member)

    assert 'name="is_staff"' not in html(client, page_of(member))
    assert client.post(page_of(member), consents(member)).status_code == 403

    member.refresh_from_db()
    assert member.is_superuser


def test_saving_without_a_change_leaves_no_trace_in_the_audit_trail(superuser: Client) -> None:
    member = MemberFactory.create()

    superuser.post(page_of(member), consents(member))

    assert not AuditEntry.objects.filter(action="member.rights_changed").exists()


def test_only_rights_can_be_changed(superuser: Client) -> None:
    member = MemberFactory.create(name="Wanjiku")

    superuser.post(
        page_of(member),
        consents(member) | {"name": "Other", "phone": "+254722000111", "is_superuser": "on"},
    )

    after = Member.objects.get(pk=member.pk)
    assert (after.name, after.phone) == ("Wanjiku", member.phone)
    assert not after.is_superuser


def consents(_: Member) -> dict[str, object]:
    """Return what the browser sends of the table of consents, which can't be edited."""
    return {"consents-TOTAL_FORMS": "0", "consents-INITIAL_FORMS": "0"}
