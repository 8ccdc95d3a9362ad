"""The commands about people: create_account, appoint_staff, seed_demo."""

import json
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from nannychain.approvals.models import ApprovalRequest
from nannychain.audit.models import AuditEntry
from nannychain.dated import services as dated
from nannychain.notifications.models import Sms
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.models import ModeCaps
from payments.withdrawals.models import Withdrawal
from tests.factories import programs
from tests.factories.members import PASSWORD, MemberFactory
from tests.factories.money import STAFF
from wallets.ledger.manual.models import ManualJournal
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

PHONE = "+254712345678"


def printed(*arguments: str, **options: object) -> str:
    """Run a command here and return what it prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


# create_account


@pytest.mark.django_db
def test_create_account_prints_worker_id_and_public_key() -> None:
    lines = printed("create_account", "0712 345 678", name="Wanjiku", language="sw").splitlines()

    member = Member.objects.get(phone=PHONE)
    assert lines == [
        f"worker_id: {member.worker_id}",
        f"stellar_public_key: {member.wallet.stellar_public_key}",
        "already_exists: false",
    ]
    assert (member.name, member.language, member.channel) == ("Wanjiku", "sw", "command")
    assert Sms.objects.filter(phone=PHONE).count() == 1


@pytest.mark.django_db
def test_create_account_again_prints_the_same_and_that_it_exists() -> None:
    first = printed("create_account", "0712345678")

    again = printed("create_account", "+254712345678")

    assert again == first.replace("already_exists: false", "already_exists: true")


@pytest.mark.django_db
def test_create_account_can_do_without_the_sms() -> None:
    printed("create_account", "0712345678", "--no-sms")

    assert not Sms.objects.exists()


@pytest.mark.django_db
def test_create_account_says_in_a_sentence_that_nobody_can_join_now(settings: Settings) -> None:
    operating.stop(Flow.REGISTRATIONS, reason="a fault", by=STAFF)
    with pytest.raises(CommandError, match="This service is paused for now"):
        printed("create_account", "0712345678")
    operating.start(Flow.REGISTRATIONS, reason="mended", by=STAFF)
    settings.OPERATING_MODE = "pilot"
    since = timezone.now() - timedelta(days=1)
    row = {"mode": "pilot", "effective_from": since, "reason": "a test", "members_max": 0}
    dated.begin(ModeCaps, "mode", [row])
    with pytest.raises(CommandError, match="We can't take more for now"):
        printed("create_account", "0712345678")
    assert not Member.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "arguments", [["0712"], ["hello"], [""], ["0712345678", "--name", "x" * 81]]
)
def test_create_account_refuses_what_it_cannot_use_in_one_line(arguments: list[str]) -> None:
    refused = programs.run("create_account", *arguments)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "Traceback" not in refused.stderr
    assert not Member.objects.exists()


# appoint_staff


@pytest.mark.django_db(transaction=True)
def test_appoint_staff_lets_a_member_sign_in_with_the_password_from_a_pipe() -> None:
    member = MemberFactory.create(phone=PHONE)

    done = programs.run("appoint_staff", "0712345678", "--superuser", typed=PASSWORD + "\n")

    assert done.returncode == 0
    assert PASSWORD not in done.stdout + done.stderr
    member.refresh_from_db()
    assert member.is_staff
    assert member.is_superuser
    assert member.check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="member.appointed")
    assert entry.after["is_superuser"] is True
    assert PASSWORD not in str(entry.after)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("phone", "password", "complaint"),
    [
        ("0712345678", "short", "too short"),
        ("0712345678", "password", "too common"),
        ("0712345678", "0712345678", "entirely numeric"),
        ("0712345678", "", "too short"),
        ("0722000111", PASSWORD, "No member has that phone"),
        ("hello", PASSWORD, "not a Kenyan mobile number"),
    ],
)
def test_appoint_staff_refuses_with_a_reason(phone: str, password: str, complaint: str) -> None:
    MemberFactory.create(phone=PHONE)

    refused = programs.run("appoint_staff", phone, typed=password + "\n")

    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert not Member.objects.filter(is_staff=True).exists()


# seed_demo


@pytest.mark.django_db
def test_seed_demo_makes_an_admin_and_members_with_names(tmp_path: Path) -> None:
    told = json.loads(printed("seed_demo", "--json", data_folder=tmp_path))

    admin = Member.objects.get(phone="+254700000001")
    assert admin.is_superuser
    assert admin.is_staff
    assert told["admin"]["phone"] == "0700 000 001"
    assert admin.check_password(told["admin"]["password"])
    staff = Member.objects.filter(is_staff=True, is_superuser=False)
    assert sorted(str(group) for member in staff for group in member.groups.all()) == [
        *("Compliance", "Finance", "Operations", "Support")
    ]
    assert all(member.check_password(told["admin"]["password"]) for member in staff)
    members = Member.objects.filter(is_staff=False)
    assert members.count() == 2
    assert all(member.name for member in members)


@pytest.mark.django_db
def test_seed_demo_gives_members_money_by_a_journal_of_two_people(tmp_path: Path) -> None:
    told = json.loads(printed("seed_demo", "--json", data_folder=tmp_path))

    for phone, cents in (("+254700000002", 8_650_00), ("+254700000003", 12_400_50)):
        member = Member.objects.get(phone=phone)
        assert wallets.standing_of(member.pk).available == cents
        assert member.worker_id in [paid["account"] for paid in told["payments"]]
    posted = ManualJournal.objects.get(state="POSTED")
    assert posted.decided_by != posted.proposed_by
    assert ManualJournal.objects.filter(state="PROPOSED").count() == 1
    assert ApprovalRequest.objects.filter(state="ASKED").count() == 1


@pytest.mark.django_db
def test_seed_demo_with_history_pays_out_once(tmp_path: Path) -> None:
    for _ in range(2):
        printed("seed_demo", "--history", data_folder=tmp_path)

    assert Withdrawal.objects.count() == 2
    # The members' money, and what M-Pesa holds for us on either number.
    assert ManualJournal.objects.filter(state="POSTED").count() == 3


@pytest.mark.django_db
def test_seed_demo_leaves_the_phones_of_the_browser_phone_to_new_members(tmp_path: Path) -> None:
    told = json.loads(printed("seed_demo", "--json", data_folder=tmp_path))

    assert told["phones"] == ["+254712345678", "+254722000111"]
    assert not Member.objects.filter(phone__in=told["phones"]).exists()


@pytest.mark.django_db
def test_seed_demo_sends_nothing_to_anybody(tmp_path: Path) -> None:
    printed("seed_demo", data_folder=tmp_path)

    assert not Sms.objects.exists()


@pytest.mark.django_db
def test_seed_demo_twice_changes_nothing(tmp_path: Path) -> None:
    first = printed("seed_demo", "--json", data_folder=tmp_path)
    entries = AuditEntry.objects.count()

    assert printed("seed_demo", "--json", data_folder=tmp_path) == first
    assert AuditEntry.objects.count() == entries
    assert Member.objects.count() == 5


@pytest.mark.django_db
def test_the_demo_password_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / ".data"
    told = json.loads(printed("seed_demo", "--json", data_folder=folder))

    kept = folder / "demo-admin-password"
    assert kept.read_text().strip() == told["admin"]["password"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["demo-admin-password"]


@pytest.mark.django_db
def test_two_installations_have_two_passwords(tmp_path: Path) -> None:
    one = json.loads(printed("seed_demo", "--json", data_folder=tmp_path / "one"))
    other = json.loads(printed("seed_demo", "--json", data_folder=tmp_path / "other"))

    assert one["admin"]["password"] != other["admin"]["password"]
    admin = Member.objects.get(phone="+254700000001")
    assert admin.check_password(other["admin"]["password"])


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["partner", "licensed"])
def test_seed_demo_is_refused_outside_sandbox_mode(
    settings: Settings, tmp_path: Path, mode: str
) -> None:
    settings.OPERATING_MODE = mode

    with pytest.raises(CommandError, match="sandbox"):
        printed("seed_demo", data_folder=tmp_path)

    assert not Member.objects.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_seed_demo_is_refused_under_the_production_settings(
    settings: Settings, tmp_path: Path
) -> None:
    settings.SETTINGS_MODULE = "config.settings.production"

    with pytest.raises(CommandError, match="production"):
        printed("seed_demo", data_folder=tmp_path)

    assert not Member.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_seed_demo_says_nothing_but_json_on_standard_output(tmp_path: Path) -> None:
    done = programs.run("seed_demo", "--json", "--data-folder", str(tmp_path))

    assert done.returncode == 0
    assert set(json.loads(done.stdout)) == {"admin", "payments", "phones"}
