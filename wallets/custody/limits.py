"""What the signer signs at most, whoever asks. Stroops; a day is the last 24 hours.

These stand apart from the funding policy on purpose: whoever breaks into the planner still meets
them here.
"""

from datetime import timedelta

from django.utils import timezone

from wallets.stellar.intents import (
    Intent,
    MakeChannel,
    OpenAccount,
    TopUpChannel,
)
from wallets.stellar.models import Envelope, FundingRequest, Submission

CHANNEL_STROOPS_MAX = 50_000_000  # 5 XLM for a channel, at once
LEDGERS_MAX = 50
VALID_FOR_MAX = timedelta(minutes=15)
TRANSACTIONS_A_DAY = 20_000
ACCOUNTS_A_DAY = 150_000
CHANNEL_KEEPING_A_DAY = 500  # transactions that make channels or top them up


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


def check_day(submission: Submission) -> None:
    """Raise LimitReached when the last day has seen as much signing as it may."""
    since = timezone.now() - timedelta(days=1)
    signed = Envelope.objects.filter(signed_at__gte=since)
    if signed.count() >= TRANSACTIONS_A_DAY:
        raise LimitReached("as many transactions as in a day were signed")
    keeping = signed.filter(submission__purpose=Submission.Purpose.KEEP_CHANNELS)
    is_keeping = submission.purpose == Submission.Purpose.KEEP_CHANNELS
    if is_keeping and keeping.count() >= CHANNEL_KEEPING_A_DAY:
        raise LimitReached("channels were made or topped up as often as in a day")
    accounts = FundingRequest.objects.filter(
        submitted_at__gte=since, submission__signed_at__isnull=False
    )
    if accounts.count() >= ACCOUNTS_A_DAY:
        raise LimitReached("as many accounts as in a day were opened")
