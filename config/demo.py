"""What `make run` begins with: people, some money, and work that waits. For trials only.

Everything comes about as in life: money by manual journals that one proposes and another approves,
payouts by the flow of withdrawals. Doing it again changes nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone

from config.roles import Role
from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from payments.withdrawals import services as withdrawals
from payments.withdrawals.models import Withdrawal
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.ledger.manual import services as manual
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.recipes import Leg
from wallets.wallet import selectors as wallets
from workers.identity import services, staff
from workers.identity.models import Member
from workers.identity.second_factor import services as second_factor
from workers.identity.two_people import RELEASE_PHONE

ADMIN_PHONE = "+254700000001"
# The browser phone offers these. They belong to nobody, so that each can open an account.
UNKNOWN_PHONES = ("+254712345678", "+254722000111")
# What the simulated M-Pesa holds for us on each number when it begins.
FLOAT_CENTS = 5_000_000_00
WITHDRAWN_CENTS = 1_500_00


@dataclass(frozen=True)
class Person:
    """A member of the demo, with what lies in her wallet, in cents."""

    phone: str
    name: str
    language: str
    cents: int


MEMBERS = (
    Person("+254700000002", "Wanjiku Kamau", "sw", 8_650_00),
    Person("+254700000003", "Achieng Otieno", "en", 12_400_50),
)
# Two of the staff beside the admin: what takes two people can be tried.
OFFICER = ("+254700000004", "Njeri Mwangi", (Role.OPERATIONS, Role.SUPPORT))
ACCOUNTANT = ("+254700000005", "Otieno Odhiambo", (Role.FINANCE, Role.COMPLIANCE))
STAFF_PHONES = (ADMIN_PHONE, OFFICER[0], ACCOUNTANT[0])


def people(password: str) -> None:
    """Make the admin, her two colleagues and the members, all staff with the same password."""
    admin = _staff(ADMIN_PHONE, "Demo admin", password, is_superuser=True)
    for phone, name, roles in (OFFICER, ACCOUNTANT):
        colleague = _staff(phone, name, password, is_superuser=False)
        groups = Group.objects.filter(name__in=[role.value for role in roles])
        staff.set_rights(colleague, is_staff=True, groups=groups, by=admin)
    for person in MEMBERS:
        services.create_account(
            person.phone, name=person.name, language=person.language, channel="demo", send_sms=False
        )


def money() -> None:
    """Put the members' money into their wallets, and leave two matters for a second person."""
    officer, accountant = _actor(OFFICER[0]), _actor(ACCOUNTANT[0])
    bank = accounts.open_account(Kind.TRUST_BANK, label="DEMO")
    owed = [Leg(wallets.account_of(_member(each.phone).pk), -each.cents) for each in MEMBERS]
    total = sum(each.cents for each in MEMBERS)
    given = _propose("members", [Leg(bank, total), *owed], why="Demo wages", by=officer)
    if given is not None:
        manual.approve(given, reason="Seen on the demo", by=accountant.id, name=accountant.name)
    own = accounts.open_account(Kind.OWN_BANK, label="DEMO")
    equity = accounts.open_account(Kind.EQUITY)
    legs = [Leg(own, 100_000_00), Leg(equity, -100_000_00)]
    _propose("capital", legs, why="The owners' first payment", by=officer)
    _ask_for_a_decision(officer)


def history() -> None:
    """Have something paid out, where M-Pesa is a simulated one; a worker does it."""
    officer, accountant = _actor(OFFICER[0]), _actor(ACCOUNTANT[0])
    opening = accounts.open_account(Kind.OPENING_BALANCES)
    for name, kind, shortcode in (
        ("float", Kind.PAYOUT_FLOAT, settings.MPESA_B2C_SHORTCODE),
        ("paybill float", Kind.PAYBILL_FLOAT, settings.MPESA_SHORTCODE),
    ):
        held = accounts.open_account(kind, label=shortcode)
        legs = [Leg(held, FLOAT_CENTS), Leg(opening, -FLOAT_CENTS)]
        given = _propose(name, legs, why="What the simulated M-Pesa holds", by=officer)
        if given is not None:
            manual.approve(given, reason="Seen on the demo", by=accountant.id, name=accountant.name)
    for person in MEMBERS:
        member = _member(person.phone)
        if not Withdrawal.objects.filter(member=member).exists():
            withdrawals.request(member.pk, amount_cents=WITHDRAWN_CENTS, channel="demo")


def payments() -> list[dict[str, object]]:
    """Return what people may pay to the paybill, for whoever simulates them."""
    paid = [
        {"phone": "+254733000001", "account": _member(each.phone).worker_id, "shillings": shillings}
        for each, shillings in zip(MEMBERS, (2_000, 3_500), strict=True)
    ]
    # Nobody knows whose this is.
    return [*paid, {"phone": "+254733000002", "account": "RENT MAY", "shillings": 800}]


def _staff(phone: str, name: str, password: str, *, is_superuser: bool) -> Member:
    account = services.create_account(phone, name=name, channel="demo", send_sms=False)
    member = account.member
    is_right = member.is_staff and member.is_superuser == is_superuser
    if not (is_right and member.check_password(password)):
        staff.appoint(member, password=password, is_superuser=is_superuser)
    second_factor.invite(member)
    return member


def _propose(name: str, legs: Sequence[Leg], *, why: str, by: Actor) -> UUID | None:
    """Propose a manual journal once; return its id, or None where it was proposed before."""
    proposal_id = uuid5(NAMESPACE_URL, f"nannychain:demo:{name}")
    if ManualJournal.objects.filter(pk=proposal_id).exists():
        return None
    with suppress(manual.AlreadyProposed):
        manual.propose(
            legs,
            effective_at=timezone.now(),
            reason=why,
            by=by.id,
            name=by.name,
            proposal_id=proposal_id,
        )
        return proposal_id
    return None


def _ask_for_a_decision(officer: Actor) -> None:
    about = _member(MEMBERS[1].phone)
    known = ApprovalRequest.objects.filter(kind=RELEASE_PHONE.code, subject_id=str(about.pk))
    if not known.exists():
        approvals.ask(
            RELEASE_PHONE.code,
            subject_type=about._meta.label_lower,
            subject_id=about.pk,
            payload={"new_phone": "+254733000003"},
            by=officer,
            reason="She lost the SIM and came with her ID",
        )


def _member(phone: str) -> Member:
    return Member.objects.get(phone=phone)


def _actor(phone: str) -> Actor:
    member = _member(phone)
    return Actor(id=member.pk, name=member.worker_id)
