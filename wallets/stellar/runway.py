"""How long the funding account lasts, and when it stops giving."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

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
    """Return why no account is opened now, empty when nothing is against it."""
    runway = of(network)
    is_low = policy.is_low(spendable=runway.spendable, day_need=runway.day_need)
    return LOW if is_low else ""


def running_low(network: Network) -> Runway | None:
    """Return the runway when staff have to send XLM soon; None while it is long enough."""
    runway = of(network)
    is_ending = policy.is_getting_low(spendable=runway.spendable, day_need=runway.day_need)
    return runway if is_ending else None


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
