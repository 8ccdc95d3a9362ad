"""Members with money in their wallets, and with levels, as they come about in life."""

import uuid
from typing import Any

from django.db import transaction

from nannychain.actors import Actor
from nannychain.ids import new_id
from tests.factories import books
from tests.factories.members import MemberFactory
from wallets.ledger import posting
from wallets.wallet import selectors as wallets
from workers.identity.models import Member
from workers.kyc import services as kyc
from workers.kyc.levels import Level

STAFF = Actor(id=new_id(), name="NW-STAFF000")


def member(cents: int = 0, *, level: Level = Level.ID_CHECKED, **kwargs: Any) -> Member:
    """Return a new member with so much in the wallet, known as well as `level` says."""
    made = MemberFactory.create(**kwargs)
    if level is not Level.PHONE:
        kyc.set_level(made.pk, level=level, reason="seen", by=STAFF)
    if cents:
        put_in(made, cents)
    return made


def put_in(who: Member, cents: int) -> None:
    """Deposit so much, past all limits."""
    with transaction.atomic():
        posting.post(books.deposit(wallets.account_of(who.pk), cents, key=uuid.uuid4().hex))


def available(who: Member) -> int:
    """Return what the member can spend, in cents."""
    return wallets.standing_of(who.pk).available


def balance(who: Member) -> int:
    """Return what lies in the member's wallet, in cents, held or not."""
    return wallets.standing_of(who.pk).balance
