"""Money above a wallet's limit: it lies in the wallet, hers, under a hold until there is room.

The hold is all that keeps it apart, so that no flow that pays in has to know of limits.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nannychain import notifications
from nannychain.ids import new_id
from nannychain.transactions import required
from payments.limits import messages
from payments.limits.models import Excess
from payments.limits.selectors import level_limits
from wallets.ledger import holds, reading
from wallets.ledger.errors import NotEnough
from workers.identity.models import Member

# The first round may have read what others were changing; from then on the account is locked.
_ROUNDS = 3


@dataclass(frozen=True)
class Settled:
    """How much is held above the limit, and how much of that is new or was set free just now.

    `available_cents` is what she can use now, where it was looked at.
    """

    held_cents: int
    newly_held_cents: int = 0
    released_cents: int = 0
    available_cents: int | None = field(default=None, compare=False)


@required
def settle_excess(member_id: UUID, *, account_id: int, at: datetime, cause: str) -> Settled:
    """Hold what is above the limit of the member's wallet, or set free what has room; tell her.

    To be called after every posting that credits the wallet, in its transaction. `cause` is what
    brought the money (`mpesa:UKL1A2B3C4`). Three queries where there is nothing to hold or to free.
    """
    limit_cents = level_limits(member_id, at=at).wallet_max_cents
    rows = _held(account_id)
    standing = reading.standing(account_id)
    before = sum(row.cents for row in rows)
    if before == max(0, standing.balance - limit_cents):
        return Settled(before, available_cents=standing.available)
    for _ in range(_ROUNDS + len(rows)):
        missing = max(0, standing.balance - limit_cents) - sum(row.cents for row in rows)
        # What is held for something else can't be spent either.
        more = min(missing, max(0, standing.available))
        if missing == 0 or (missing > 0 and more == 0):
            break
        if missing > 0:
            _hold(member_id, account_id=account_id, cents=more, cause=cause)
        else:
            _release(rows[0], keep_cents=max(0, rows[0].cents + missing), cause=cause)
        standing, rows = reading.standing(account_id), _held(account_id)
    after = sum(row.cents for row in _held(account_id))
    _tell(member_id, before=before, after=after, limit_cents=limit_cents)
    available_cents = reading.standing(account_id).available
    return Settled(after, max(0, after - before), max(0, before - after), available_cents)


@required
def release_excess(member_id: UUID, *, account_id: int, at: datetime, cause: str) -> Settled:
    """Set free what has room now that money has left the wallet. One query if nothing is held."""
    if not _held(account_id):
        return Settled(0)
    return settle_excess(member_id, account_id=account_id, at=at, cause=cause)


def release_all() -> int:
    """Set free whatever has room, wherever anything is held; return in how many wallets."""
    held = Excess.objects.filter(released_at__isnull=True)
    wallets = list(held.values_list("member_id", "account_id").distinct())
    freed = 0
    for member_id, account_id in wallets:
        with transaction.atomic():
            settled = settle_excess(
                member_id, account_id=account_id, at=timezone.now(), cause="limits:sweep"
            )
        freed += bool(settled.released_cents)
    return freed


def level_changed(*, member_id: str) -> None:
    """Do so for a member who is known better, or less well, from now on."""
    held = Excess.objects.filter(member_id=member_id, released_at__isnull=True)
    for account_id in set(held.values_list("account_id", flat=True)):
        settle_excess(
            UUID(member_id), account_id=account_id, at=timezone.now(), cause="kyc:level_changed"
        )


def _held(account_id: int) -> list[Excess]:
    rows = Excess.objects.filter(account_id=account_id, released_at__isnull=True)
    return list(rows.order_by("-pk"))


def _hold(member_id: UUID, *, account_id: int, cents: int, cause: str) -> None:
    try:
        with transaction.atomic():
            placed = holds.place(
                account_id,
                amount=cents,
                key=f"above-limit:{new_id()}",
                expires_at=None,
                cause=cause,
            )
            Excess.objects.create(
                member_id=member_id,
                account_id=account_id,
                hold_id=placed.hold_id,
                cents=cents,
                cause=cause,
                placed_at=timezone.now(),
            )
    except NotEnough:
        return  # it was spent meanwhile; the next round reads what is there


def _release(row: Excess, *, keep_cents: int, cause: str) -> None:
    """Release a hold, and hold again the part that has no room yet."""
    if not holds.release(row.hold_id):
        return  # somebody else has released it just now
    Excess.objects.filter(pk=row.pk).update(released_at=timezone.now())
    if keep_cents:
        _hold(row.member_id, account_id=row.account_id, cents=keep_cents, cause=row.cause or cause)


def _tell(member_id: UUID, *, before: int, after: int, limit_cents: int) -> None:
    if before == after:
        return
    member = Member.objects.only("phone", "language").get(pk=member_id)
    if after > before:
        text = messages.held(held_cents=after, limit_cents=limit_cents, language=member.language)
    else:
        text = messages.released(
            released_cents=before - after, held_cents=after, language=member.language
        )
    notifications.queue(phone=member.phone, kind="receipt", text=text, language=member.language)
