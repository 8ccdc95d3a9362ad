"""Reading limits and what was used of them. Nothing is counted here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce

from nannychain.clock import nairobi_date
from nannychain.dated.selectors import in_force
from nannychain.operating import selectors as operating
from payments.limits.figures import NEW_PAYEE_HOURS, NEW_PAYEE_MAX_CENTS
from payments.limits.models import CapUse, DayOutflow, DayUse, LevelLimits, OperationLimits, Payee
from payments.limits.rules import Rules, Used, ensure_within
from payments.operations import LEAVES_US
from wallets.wallet import selectors as wallets
from workers.identity.standing import services as standing
from workers.kyc.levels import Level
from workers.kyc.models import KnownAs

_NEW_FOR = timedelta(hours=NEW_PAYEE_HOURS)


class NoLimitsKnown(RuntimeError):
    """The tables of limits are empty: nothing may move without them."""


@dataclass(frozen=True)
class Room:
    """How much a wallet may hold, and how much of that is still free, in cents."""

    wallet_max_cents: int
    room_cents: int


def check_outgoing(
    member_id: UUID,
    *,
    operation: str,
    amount_cents: int,
    at: datetime,
    payee_id: UUID | None = None,
) -> None:
    """Raise LimitExceeded or OutflowReached where that can't go out now; count nothing.

    `payee_id` is the member who would get it. The amount is without the fee.
    """
    rules, used = rules_and_use(member_id, operation=operation, at=at, payee_id=payee_id)
    ensure_within(rules, used, amount_cents)


def room_for_incoming(member_id: UUID, *, at: datetime) -> Room:
    """Return how much may lie in the member's wallet, and how much of it is free.

    What comes in beyond it is hers too, but held until there is room.
    """
    limits = level_limits(member_id, at=at)
    free_cents = limits.wallet_max_cents - wallets.standing_of(member_id).balance
    return Room(limits.wallet_max_cents, max(0, free_cents))


def level_limits(member_id: UUID, *, at: datetime) -> LevelLimits:
    """Return the limits of the member's level at that instant. One query."""
    known = Subquery(KnownAs.objects.filter(pk=member_id).values("level")[:1])
    rows = LevelLimits.objects.filter(
        level=Coalesce(known, Value(int(Level.PHONE))),
        effective_from__lte=at,
        withdrawn_at__isnull=True,
    )
    found = rows.order_by("-effective_from").first()
    if found is None:
        raise NoLimitsKnown
    return found


def operation_limits(operation: str, *, at: datetime) -> OperationLimits:
    """Return the least and the most of the operation at that instant. One query."""
    found = in_force(OperationLimits, at=at, operation=operation)
    if found is None:
        raise NoLimitsKnown
    return found


@dataclass(frozen=True)
class Cap:
    """What may go out in all since an instant, and what has gone out since."""

    since: datetime
    cents: int
    used_cents: int


def cap_of(member_id: UUID, *, at: datetime) -> Cap | None:
    """Return the cap on a member whose PIN or SIM is new, or None. One query without a cap."""
    cents = standing.outgoing_cap_cents(member_id, at=at)
    since = None if cents is None else standing.cap_began_at(member_id)
    if cents is None or since is None:
        return None
    used = CapUse.objects.filter(member_id=member_id, since=since)
    return Cap(since, cents, used.values_list("cents", flat=True).first() or 0)


def rules_and_use(
    member_id: UUID, *, operation: str, at: datetime, payee_id: UUID | None
) -> tuple[Rules, Used]:
    """Return what holds for the member now, and what was used of it."""
    level, bounds = level_limits(member_id, at=at), operation_limits(operation, at=at)
    today = nairobi_date(at)
    used_today = DayUse.objects.filter(member_id=member_id, day=today)
    cap = cap_of(member_id, at=at)
    known = Payee.objects.filter(sender_id=member_id, payee_id=payee_id)
    payee = known.first() if payee_id is not None else None
    is_new = payee_id is not None and (payee is None or at < payee.first_at + _NEW_FOR)
    outflow_max, outflow = None, 0
    if operation in LEAVES_US:
        outflow_max = operating.caps(at=at).outflow_day_max_cents
    if outflow_max is not None:
        outflow = DayOutflow.objects.filter(day=today).values_list("cents", flat=True).first() or 0
    rules = Rules(
        min_cents=bounds.min_cents,
        max_cents=min(bounds.max_cents, level.transaction_max_cents),
        day_cents=level.day_max_cents,
        cap_cents=cap.cents if cap is not None else None,
        new_payee_cents=NEW_PAYEE_MAX_CENTS if is_new else None,
        outflow_cents=outflow_max,
    )
    used = Used(
        day_cents=used_today.values_list("cents", flat=True).first() or 0,
        cap_cents=cap.used_cents if cap is not None else 0,
        new_payee_cents=payee.new_cents if payee is not None else 0,
        outflow_cents=outflow,
    )
    return rules, used
