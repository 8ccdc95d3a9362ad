"""What a person does with the phone: reads the codes in her SMS, chooses a PIN."""

import re
from datetime import timedelta

from nannychain.notifications import bodies
from nannychain.notifications.models import Sms
from tests.factories import books
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from workers.identity.codes import services as codes
from workers.identity.codes.models import Code, Tally
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.pins import services as pins

PIN = "4826"


def last_code(phone: str) -> str:
    """Return the code in the newest SMS with one."""
    sms = Sms.objects.filter(phone=phone, kind="code").order_by("-pk").first()
    assert sms is not None
    found = re.match(r"\d{6}\b", bodies.read(sms))
    assert found
    return found[0]


def sent_code(phone: str, purpose: Purpose = Purpose.PROVE_PHONE) -> str:
    """Ask for a code and return it."""
    codes.send(phone, purpose=purpose, language="en")
    return last_code(phone)


def other_than(code: str) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + 1) % 10**6:06d}"


def let_pass(*, minutes: int) -> None:
    """Let that much time pass for codes and for what was counted."""
    past = timedelta(minutes=minutes)
    for code in Code.objects.all():
        code.expires_at -= past
        code.save()
    for tally in Tally.objects.all():
        tally.since -= past
        tally.save()


def choose_pin(member: Member, pin: str = PIN) -> None:
    """Let the member choose her first PIN before any money has come."""
    pins.choose_first(member.id, pin=pin, attempt_key=f"first {member.id}", channel="test")


def receive_money(member: Member, cents: int = 1_000_00) -> None:
    """Let a deposit reach the member's wallet."""
    account = accounts.open_account(Kind.WORKER_WALLET, owner_id=member.id)
    posting.post(books.deposit(account, cents))


def texts_to(phone: str) -> list[str]:
    """Return what plain SMS have said to the phone, the oldest first."""
    return list(Sms.objects.filter(phone=phone).order_by("pk").values_list("text", flat=True))
