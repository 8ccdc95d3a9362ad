"""Counting what goes out, in the transaction that moves it, and giving it back where it fails."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from nannychain import locks
from nannychain.clock import nairobi_date
from nannychain.transactions import required
from payments.limits.models import CapUse, DayOutflow, DayUse
from payments.limits.rules import OutflowReached, ensure_within
from payments.limits.selectors import rules_and_use
from payments.operations import LEAVES_US
from workers.identity.sim_swaps import services as sim_swaps
from workers.identity.standing import services as standing

_USE_DAY = """
    INSERT INTO payments_dayuse AS u (member_id, day, cents) VALUES (%s, %s, %s)
    ON CONFLICT (member_id, day) DO UPDATE SET cents = u.cents + excluded.cents
"""
# A payee is new for a day from the first time; later payments are not added up any more.
_USE_PAYEE = """
    INSERT INTO payments_payee AS p (sender_id, payee_id, first_at, new_cents)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (sender_id, payee_id) DO UPDATE SET new_cents = p.new_cents + excluded.new_cents
"""
# What was used of an earlier cap does not count towards this one.
_USE_CAP = """
    INSERT INTO payments_capuse AS u (member_id, since, cents) VALUES (%s, %s, %s)
    ON CONFLICT (member_id) DO UPDATE SET since = excluded.since, cents = excluded.cents
        + CASE WHEN u.since = excluded.since THEN u.cents ELSE 0 END
"""
# The one row of a day is shared by all: the condition is looked at again once it is ours.
_USE_OUTFLOW = """
    INSERT INTO payments_dayoutflow AS o (day, cents) VALUES (%s, %s)
    ON CONFLICT (day) DO UPDATE SET cents = o.cents + excluded.cents
     WHERE o.cents + excluded.cents <= %s
    RETURNING cents
"""


@required
def take_outgoing(
    member_id: UUID,
    *,
    operation: str,
    amount_cents: int,
    at: datetime,
    payee_id: UUID | None = None,
) -> None:
    """Count an amount that goes out now, or raise LimitExceeded or OutflowReached.

    Must be called in the transaction that moves the money, before it does: a second one for the
    same member waits here until the first has committed. The amount is without the fee. When her
    SIM was changed is asked in the background, whichever door she came in by.
    """
    locks.take(locks.Lock.OUTGOING, str(member_id))
    rules, used = rules_and_use(member_id, operation=operation, at=at, payee_id=payee_id)
    ensure_within(rules, used, amount_cents)
    day = nairobi_date(at)
    with connection.cursor() as cursor:
        cursor.execute(_USE_DAY, [member_id, day, amount_cents])
        if rules.cap_cents is not None:
            since = standing.cap_began_at(member_id)
            cursor.execute(_USE_CAP, [member_id, since, amount_cents])
        if rules.new_payee_cents is not None:
            cursor.execute(_USE_PAYEE, [member_id, payee_id, at, amount_cents])
        if rules.outflow_cents is not None:
            cursor.execute(_USE_OUTFLOW, [day, amount_cents, rules.outflow_cents])
            if cursor.fetchone() is None:
                raise OutflowReached
    sim_swaps.want(member_id, every=sim_swaps.WHERE_MONEY_LEAVES)


@required
def give_back(member_id: UUID, *, operation: str, amount_cents: int, taken_at: datetime) -> None:
    """Take back what `take_outgoing` has counted at that instant: the money did not go out.

    Once for each: the caller does it in the transaction that makes the failure final.
    """
    day = nairobi_date(taken_at)
    use = DayUse.objects.filter(member_id=member_id, day=day)
    use.update(cents=F("cents") - amount_cents)
    since_then = CapUse.objects.filter(member_id=member_id, since__lte=taken_at)
    since_then.update(cents=Greatest(F("cents") - amount_cents, 0))
    if operation in LEAVES_US:
        DayOutflow.objects.filter(day=day).update(cents=Greatest(F("cents") - amount_cents, 0))
