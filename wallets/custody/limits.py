"""What the signer signs at most, whoever asks. Stroops; a day is the last 24 hours.

These stand apart from the funding policy on purpose: whoever breaks into the planner still meets
them here. A day is reckoned from the signer's own rows, which nobody can change or remove.

What expired unused counts too. That it did is told by rows that workers write, and whoever holds a
worker could say so of an envelope that is kept back, to be posted later. A limit that gives room
back on such a word is none. So that bad days don't use it up, planning rests for longer and longer
(`wallets.stellar.resting`), and then lets one transaction try before the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from nannychain.transactions import required
from wallets.custody.models import Signing
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
)
from wallets.stellar.models import Submission
from wallets.stellar.policy import RESERVE_STROOPS

CHANNEL_STROOPS_MAX = 50_000_000  # 5 XLM for a channel, at once
LEDGERS_MAX = 50
VALID_FOR_MAX = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is signed, in figures; as a limit: at most so much in a day.

    `channel_keepings` are transactions that make channels or top them up, `accounts` those of
    members. `stroops` is all that the funding account could part with: what it gives, what it
    lends as reserves, and the whole bids for fees.
    """

    transactions: int
    channel_keepings: int
    accounts: int
    stroops: int


# Half as much again as the funding policy's daily caps, and the fees of a bad day.
DAY = {
    "TESTNET": Figures(
        transactions=20_000,
        channel_keepings=500,
        accounts=150_000,
        stroops=10_000_000_000_000,  # a million XLM, for practice
    ),
    "PUBLIC": Figures(
        transactions=2_000,
        channel_keepings=100,
        accounts=1_500,
        stroops=50_000_000_000,  # 5,000 XLM
    ),
}
_REACHED = {
    "transactions": "as many transactions as in a day were signed",
    "channel_keepings": "channels were made or topped up as often as in a day",
    "accounts": "as many members' accounts as in a day were touched",
    "stroops": "as much XLM as in a day was given",
}


class LimitReached(Exception):
    """The day's limit: nothing is wrong with what is asked, but it isn't signed now."""


def wrong_amount(intent: Intent, *, starting_balance: int) -> str:
    """Return what is wrong with an intent's amount; empty when nothing is."""
    if isinstance(intent, OpenAccount) and intent.stroops > starting_balance:
        return "an account would get more than the starting balance"
    if isinstance(intent, MakeChannel | TopUpChannel) and intent.stroops > CHANNEL_STROOPS_MAX:
        return "a channel would get more than it may"
    return ""


def wrong_bounds(submission: Submission) -> str:
    """Return what is wrong with how long it could land; empty when nothing is."""
    if submission.max_ledger > submission.planned_ledger + LEDGERS_MAX:
        return "it could land for too many ledgers"
    if submission.valid_until > submission.created_at + VALID_FOR_MAX:
        return "it could land for too long"
    return ""


def stroops_of(intents: Sequence[Intent]) -> int:
    """Return what the funding account gives, or lends as reserves, for these intents."""
    return sum(_stroops(intent) for intent in intents)


@required
def spend_day(submission: Submission, *, intents: Sequence[Intent], fee_stroops: int) -> None:
    """Write what is about to be signed down; raise LimitReached where the day has no room for it.

    A fee bump has no intents. Two signers at once may go over a limit by one transaction each.
    """
    is_keeping = any(isinstance(intent, MakeChannel | TopUpChannel) for intent in intents)
    signing = Signing(
        submission=submission,
        network=submission.network,
        is_channel_keeping=is_keeping,
        accounts=0 if is_keeping else len(intents),
        stroops=stroops_of(intents) + fee_stroops,
    )
    before, limit = last_day(submission.network), DAY[submission.network]
    after = {
        "transactions": before.transactions + 1,
        "channel_keepings": before.channel_keepings + is_keeping,
        "accounts": before.accounts + signing.accounts,
        "stroops": before.stroops + signing.stroops,
    }
    for name, figure in after.items():
        # What adds nothing to a figure is not held up by it.
        if figure > getattr(limit, name) and figure > getattr(before, name):
            raise LimitReached(_REACHED[name])
    signing.save()


def last_day(network: str) -> Figures:
    """Return what was signed for a network in the last 24 hours."""
    since = timezone.now() - timedelta(days=1)
    totals = Signing.objects.filter(network=network, at__gte=since).aggregate(
        transactions=Count("pk"),
        channel_keepings=Count("pk", filter=Q(is_channel_keeping=True)),
        accounts=Sum("accounts", default=0),
        stroops=Sum("stroops", default=0),
    )
    return Figures(**{name: int(total) for name, total in totals.items()})


def _stroops(intent: Intent) -> int:
    if isinstance(intent, SponsorAccount):
        return (2 + len(intent.assets)) * RESERVE_STROOPS
    return 0 if isinstance(intent, CloseAccount) else intent.stroops
