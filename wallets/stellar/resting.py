"""Resting after trouble: what came to nothing is not tried again at once, and then by one alone.

Trouble is whatever ended submissions of a purpose since the last one that was done, unless single
accounts in them were to blame. Whoever keeps failing rests for as long as it has gone on, so that
neither fees nor the signer's day are used up. Reckoned from the submissions: no row says it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from wallets.stellar import codes
from wallets.stellar.models import Submission
from wallets.stellar.states import PENDING, State

LONGEST = timedelta(hours=1)
FAULT = timedelta(minutes=5)  # at least, after what none of those in it is to blame for
# Two rests, so that trouble of which little is tried is not forgotten in between.
_REMEMBERED = 2 * LONGEST + timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Since when submissions come to nothing, when the last did, and the least rest after it."""

    since: datetime
    last: datetime
    least: timedelta

    @property
    def until(self) -> datetime:
        """When to try again."""
        return self.last + min(LONGEST, max(self.least, self.last - self.since))


def trouble(purpose: Submission.Purpose) -> Trouble | None:
    """Return the trouble with a purpose on the present network; None where there is none."""
    rows = _ended(purpose)
    done = rows.filter(state=State.CONFIRMED).aggregate(at=Max("ended_at"))["at"]
    bad = rows.filter(blamed=[]).exclude(state=State.CONFIRMED)
    bad = bad.exclude(signed_at=None, state=State.EXPIRED)  # the signer was away, it costs nothing
    if purpose == Submission.Purpose.KEEP_CHANNELS:
        bad = bad.filter(state=State.EXPIRED)  # where others fail, each channel goes alone
    if done is not None:
        bad = bad.filter(ended_at__gt=done)
    times = bad.aggregate(since=Min("ended_at"), last=Max("ended_at"))
    last = bad.order_by("-ended_at").first()
    if last is None:
        return None
    return Trouble(since=times["since"], last=times["last"], least=_least(last))


def reason(purpose: Submission.Purpose) -> str:
    """Return why nothing of that purpose is tried now; empty when nothing is against it."""
    found = trouble(purpose)
    if found is None or found.until <= timezone.now():
        return ""
    return f"what was sent came to nothing: it rests until {timezone.localtime(found.until):%H:%M}"


def room(purpose: Submission.Purpose) -> int | None:
    """Return how many submissions may be planned now; None where nothing limits them."""
    found = trouble(purpose)
    if found is None:
        return None
    under_way = Submission.objects.filter(
        network=settings.STELLAR_NETWORK, purpose=purpose, state__in=PENDING
    )
    return 0 if found.until > timezone.now() or under_way.exists() else 1


def channels() -> set[UUID]:
    """Return the ids of channels for whose own fault the signer has lately declined."""
    declined = Submission.objects.filter(
        network=settings.STELLAR_NETWORK,
        ended_at__gte=timezone.now() - LONGEST,
        state=State.DECLINED,
    )
    pairs = declined.values_list("channel_id", "blamed")
    return {channel_id for channel_id, blamed in pairs if str(channel_id) in blamed}


def _ended(purpose: Submission.Purpose) -> QuerySet[Submission]:
    since = timezone.now() - _REMEMBERED
    return Submission.objects.filter(
        network=settings.STELLAR_NETWORK, purpose=purpose, ended_at__gte=since
    )


def _least(submission: Submission) -> timedelta:
    if submission.state == State.DECLINED:
        return FAULT
    names = [*submission.operation_codes, submission.result_code]
    rules = [codes.rule_for(name) for name in names if name]
    if any(rule.outcome is codes.Outcome.SPLIT for rule in rules):
        return FAULT
    return timedelta(seconds=max((rule.pause_seconds for rule in rules), default=0))
