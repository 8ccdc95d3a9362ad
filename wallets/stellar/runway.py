"""How long the funding account lasts, and when it stops giving."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from nannychain import alerts
from wallets.stellar import policy
from wallets.stellar.intents import (
    InvalidIntent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
    from_json,
)
from wallets.stellar.models import FundingRequest, Network, Submission
from wallets.stellar.states import PENDING, Funding

LOW = "the funding account is low: send it XLM"
_ALERT = "stellar:funding:low"


@dataclass(frozen=True)
class Runway:
    """What the funding account can spend, what a day takes, both in stroops."""

    spendable: int
    day_need: int

    @property
    def days(self) -> float:
        """For how many such days it lasts."""
        return self.spendable / self.day_need


def of(network: Network) -> Runway:
    """Return the runway by what is known.

    The need is the greatest of the last day's, of a day of the last week, and of who waits.
    """
    present = policy.present()
    rows = FundingRequest.objects.filter(network=network.name)
    last_day = rows.filter(submitted_at__gte=timezone.now() - timedelta(days=1)).count()
    waiting = rows.filter(state=Funding.WAITING, proved_at__isnull=False)
    if present.waits_for_need:
        waiting = waiting.filter(needed_at__isnull=False)
    waits = min(present.daily_cap, waiting.count())
    week = rows.filter(submitted_at__gte=timezone.now() - timedelta(days=7)).count()
    accounts = max(policy.DAY_NEED_LEAST, last_day, -(-week // 7), waits)
    return Runway(spendable=left_to_give(network), day_need=accounts * present.stroops_each)


def left_to_give(network: Network) -> int:
    """Return what the funding account can spend beyond what is under way, in stroops."""
    is_under_way = Q(state__in=PENDING)
    if network.funding_seen_at is not None:  # what has ended since is not in the balance yet
        is_under_way |= Q(ended_at__gte=network.funding_seen_at)
    under_way = Submission.objects.filter(is_under_way, network=network.name)
    given = sum(_stroops(stored) for stored in under_way.values_list("intents", flat=True))
    return max(0, (network.funding_balance_stroops or 0) - given)


def reason_to_stop(network: Network) -> str:
    """Return why no account is opened now, empty when nothing is against it; tell staff in time."""
    runway = of(network)
    is_low = policy.is_low(spendable=runway.spendable, day_need=runway.day_need)
    if policy.is_getting_low(spendable=runway.spendable, day_need=runway.day_need):
        alerts.raise_alert(
            key=_ALERT,
            title="The funding account is empty soon"
            if not is_low
            else "The funding account is low",
            details={
                "account": settings.STELLAR_FUNDING_ACCOUNT,
                "spendable_stroops": runway.spendable,
                "a_day_needs_stroops": runway.day_need,
            },
        )
    else:
        alerts.resolve(_ALERT)
    return LOW if is_low else ""


def _stroops(stored: object) -> int:
    each = 0
    try:
        intents = from_json(stored)
    except InvalidIntent:  # it may give as much as a whole batch
        present = policy.present()
        return present.batch_max * present.stroops_each
    for intent in intents:
        if isinstance(intent, OpenAccount | MakeChannel | TopUpChannel):
            each += intent.stroops
        elif isinstance(intent, SponsorAccount):
            each += (2 + len(intent.assets)) * policy.RESERVE_STROOPS
    return each
