"""The caps of the operating mode that money can reach, and the news that one comes near."""

from datetime import datetime

from django.utils import timezone

from nannychain import alerts
from nannychain.clock import nairobi_date
from nannychain.operating import selectors as operating
from payments.limits.models import DayOutflow
from wallets.ledger import reading
from workers.identity.models import Member

NEAR_PERCENT = 80
_KEY = "cap:"


def ensure_room_for_money(amount_cents: int, *, at: datetime) -> None:
    """Raise ModeFull where we may not hold so much more for customers.

    Asked before money is asked for. What comes by itself is kept all the same, and staff are told.
    """
    most = operating.caps(at=at).liability_max_cents
    if most is not None and reading.owed_to_customers() + amount_cents > most:
        raise operating.ModeFull


def watch() -> None:
    """Raise an alert for each cap that is used up by four fifths, and resolve the others."""
    instant = timezone.now()
    caps = operating.caps(at=instant)
    outflow = DayOutflow.objects.filter(day=nairobi_date(instant)).values_list("cents", flat=True)
    for name, most, used in (
        ("members", caps.members_max, Member.objects.count),
        ("liability", caps.liability_max_cents, reading.owed_to_customers),
        ("outflow", caps.outflow_day_max_cents, lambda: outflow.first() or 0),
    ):
        if most is None or 100 * (now := used()) < NEAR_PERCENT * most:
            alerts.resolve(_KEY + name)
            continue
        alerts.raise_alert(
            key=_KEY + name,
            title=f"A cap of the operating mode comes near: {name}",
            details={"cap": most, "used": now},
        )
