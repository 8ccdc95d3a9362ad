"""Planning: which requests go into which transactions now. One planner at a time.

The network is asked first, with no transaction open; what is planned is then committed in one
short transaction for each submission, and the signer is rung.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nannychain import alerts, locks
from nannychain.clock import start_of_nairobi_day
from nannychain.queues import enqueue_after_commit
from nannychain.transactions import required
from wallets.stellar import channels, friendbot, observing, policy, resting, runway
from wallets.stellar.client.horizon import HorizonUnavailable
from wallets.stellar.intents import ChannelIntent, Intent, OpenAccount, SponsorAccount, as_json
from wallets.stellar.models import Channel, FundingRequest, Network, Submission
from wallets.stellar.policy import Policy
from wallets.stellar.states import FUNDING, SUBMISSION, Funding, State

log = structlog.get_logger(__name__)

# A submission that the network drops may be sent again once its hash is free: that takes fourteen
# ledgers (stellar-core keeps it for four and bans it for ten).
VALID_LEDGERS = 20
VALID_FOR = timedelta(minutes=5)
_STALE = timedelta(minutes=1)
_NO_ACCOUNT = "no funding account is set: see STELLAR_FUNDING_SECRET in .env.example"
_NOT_THERE = "the funding account is not on the network: send it XLM"


def plan() -> int:
    """Put what may be opened now into submissions; return how many were made.

    A network that can't be asked, a pause, or an empty funding account leave everything waiting,
    with the reason on the network's row.
    """
    with locks.alone(locks.Lock.STELLAR_PLANNING, settings.STELLAR_NETWORK) as is_alone:
        if not is_alone:
            return 0
        network = observing.present()
        try:
            holding, made = _plan(network)
        except HorizonUnavailable as error:
            holding, made = f"the network can't be reached: {error}", 0
        except channels.ChannelTaken:
            return 0  # something else was faster, and all is looked at anew
        if holding != network.holding:
            Network.objects.filter(pk=network.pk).update(holding=holding[:200])
    return made


def _plan(network: Network) -> tuple[str, int]:
    if network.paused_at is not None:
        return f"paused by staff: {network.pause_reason}", 0
    if not settings.STELLAR_FUNDING_ACCOUNT:
        if settings.STELLAR_FRIENDBOT_URL:
            return "", _ask_friendbot()
        return _NO_ACCOUNT, 0
    friendbot.look()
    channels.write_down()
    rest = resting.reason(Submission.Purpose.OPEN_ACCOUNTS)
    is_work = _is_anything_waiting() and not rest
    if not (is_work or channels.wanted() or _is_stale(network)):
        return network.holding if network.holding == runway.LOW else rest, 0
    network = observing.observe()
    if observing.funding_balance(network) is None and not friendbot.open_funding_account(network):
        _alert("not_there", _NOT_THERE)
        return _NOT_THERE, 0
    alerts.resolve("stellar:funding:not_there")
    channels.look_up()
    made = _plan_channels(network)
    holding = runway.reason_to_stop(network) or rest
    return holding, made if holding else made + _plan_accounts(network)


def _ask_friendbot() -> int:
    present = policy.present()
    room = _room_today(present)
    if room <= 0:
        _put_off(until=_tomorrow())
    return friendbot.open_accounts(eligible(present), room=room)


def _plan_channels(network: Network) -> int:
    intents = _affordable(channels.wanted(), stroops=runway.left_to_give(network))
    source = channels.funding_channel_as_it_is() if intents else None
    if source is None:
        return 0
    with transaction.atomic():
        write(network, source, purpose=Submission.Purpose.KEEP_CHANNELS, intents=intents)
    return 1


def _affordable(intents: list[ChannelIntent], *, stroops: int) -> list[Intent]:
    """Return as many of them, from the first, as can be paid for."""
    found: list[Intent] = []
    for intent in intents:
        stroops -= intent.stroops
        if stroops < 0:
            break
        found.append(intent)
    return found


def _plan_accounts(network: Network) -> int:
    present = policy.present()
    made = 0
    for channel in channels.free_for_batches()[: resting.room(Submission.Purpose.OPEN_ACCOUNTS)]:
        room = _room_today(present)
        if room <= 0:
            _put_off(until=_tomorrow())
            break
        stroops = runway.left_to_give(network)
        size = min(room, present.batch_max, stroops // present.stroops_each)
        if size <= 0 or not _plan_batch(network, channel, present=present, size=size):
            break
        made += 1
    return made


@transaction.atomic
def _plan_batch(network: Network, channel: Channel, *, present: Policy, size: int) -> bool:
    """Put the oldest requests into one submission; return whether there were any."""
    rows = eligible(present).select_for_update(skip_locked=True, no_key=True, of=("self",))
    first = rows.order_by("created_at", "id").first()
    if first is None:
        return False
    alike = rows.filter(batch_max=first.batch_max).order_by("created_at", "id")
    requests = list(alike[: min(size, first.batch_max)])
    intents = [_intent(request, present=present) for request in requests]
    submission = write(network, channel, purpose=Submission.Purpose.OPEN_ACCOUNTS, intents=intents)
    FUNDING.move_all(
        requests,
        to=Funding.SUBMITTED,
        why=str(submission),
        submission=submission,
        submitted_at=timezone.now(),
        reason="",
        is_sponsored=present.is_sponsored,
    )
    return True


@required
def write(
    network: Network, channel: Channel, *, purpose: Submission.Purpose, intents: list[Intent]
) -> Submission:
    """Write a submission down, lease its channel for as long as it may land, and ring the signer.

    Raises ChannelTaken where the channel isn't free any more.
    """
    assert network.ledger is not None
    channel = channels.take(channel)
    assert channel.sequence is not None
    max_ledger = network.ledger + VALID_LEDGERS
    submission = Submission.objects.create(
        purpose=purpose,
        intents=as_json(intents),
        channel=channel,
        sequence=channel.sequence + 1,
        planned_ledger=network.ledger,
        max_ledger=max_ledger,
        valid_until=timezone.now() + VALID_FOR,
        base_fee_stroops=network.fee_bid_stroops,
        due_at=timezone.now() + timedelta(seconds=10),  # the ring comes first
    )
    SUBMISSION.record(submission, source="", target=State.PLANNED, why=purpose.label)
    Channel.objects.filter(pk=channel.pk).update(leased_until_ledger=max_ledger)
    enqueue_after_commit("wallets.custody.sign", submission_id=str(submission.pk))
    log.info("stellar.planned", submission_id=str(submission.pk), intents=len(intents))
    return submission


def eligible(present: Policy) -> QuerySet[FundingRequest]:
    """Return the requests that may be taken up now."""
    rows = FundingRequest.objects.filter(
        network=settings.STELLAR_NETWORK,
        state=Funding.WAITING,
        due_at__lte=timezone.now(),
        proved_at__isnull=False,
    )
    if settings.STELLAR_NETWORK == "PUBLIC":
        if settings.OPERATING_MODE != "licensed":
            return rows.none()
        rows = policy.of_identified(rows)
    return rows.filter(needed_at__isnull=False) if present.waits_for_need else rows


def _is_stale(network: Network) -> bool:
    """Tell whether staff would look at old figures."""
    return network.seen_at is None or timezone.now() - network.seen_at > _STALE


def _is_anything_waiting() -> bool:
    return eligible(policy.present()).exists()


def _intent(request: FundingRequest, *, present: Policy) -> Intent:
    if present.is_sponsored:
        return SponsorAccount(wallet_id=request.wallet_id)
    return OpenAccount(wallet_id=request.wallet_id, stroops=settings.STELLAR_STARTING_BALANCE)


def _room_today(present: Policy) -> int:
    """Return how many accounts today's cap still allows."""
    today = start_of_nairobi_day(timezone.now())
    taken = FundingRequest.objects.filter(
        network=settings.STELLAR_NETWORK, submitted_at__gte=today
    ).exclude(state=Funding.WAITING)
    return present.daily_cap - taken.count()


def _tomorrow() -> datetime:
    return start_of_nairobi_day(timezone.now() + timedelta(days=1))


def _put_off(*, until: datetime) -> None:
    rows = eligible(policy.present())
    rows.update(due_at=until, reason=policy.CAP_REACHED)


def _alert(key: str, words: str) -> None:
    alerts.raise_alert(
        key=f"stellar:funding:{key}",
        title="Stellar accounts can't be opened",
        details={"why": words, "account": settings.STELLAR_FUNDING_ACCOUNT},
    )
