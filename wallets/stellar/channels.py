"""Channels: accounts of ours whose sequence numbers carry submissions, so that many go at once.

The network takes one pending transaction of an account at a time. A channel is free when it is open
on the network, its sequence is known and nothing pending leases it.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nannychain.ids import new_id
from wallets.custody import services as custody
from wallets.stellar.intents import Intent, MakeChannel, TopUpChannel
from wallets.stellar.models import Channel, Submission
from wallets.stellar.observing import horizon
from wallets.stellar.states import PENDING, State

FUNDING_NUMBER = 0
FULL_STROOPS = 30_000_000  # what a channel is made with and topped up to: 3 XLM
LOW_STROOPS = 20_000_000  # topped up from here
USABLE_STROOPS = 12_000_000  # its reserve, and the dearest transaction that we would pay for
_REST = timedelta(minutes=1)


def write_down() -> None:
    """Make the rows of all channels that should be, with their sealed keys; touch no network."""
    with transaction.atomic():
        _write_down_funding_account()
        present = set(_here().values_list("number", flat=True))
        for number in range(1, settings.STELLAR_CHANNELS + 1):
            if number not in present:
                _write_down_channel(number)


def look_up() -> None:
    """Ask the network for what isn't known of free channels: whether open, sequence, balance.

    Raises HorizonUnavailable. Must not be called within a transaction.
    """
    for channel in _free().order_by("number"):
        if (
            channel.opened_at
            and channel.sequence is not None
            and channel.balance_stroops is not None
        ):
            continue
        account = horizon().account(channel.public_key)
        if account is None:
            continue
        Channel.objects.filter(pk=channel.pk).update(
            leased_until_ledger=None,
            opened_at=channel.opened_at or timezone.now(),
            # A replica that lags behind tells an older one; ours is never taken back.
            sequence=max(account.sequence, channel.sequence or 0),
            balance_stroops=account.balance_stroops,
        )


def free_for_batches() -> list[Channel]:
    """Return the channels that can carry members' accounts now, in order."""
    ready = _free().filter(number__gt=FUNDING_NUMBER, opened_at__isnull=False)
    ready = ready.filter(sequence__isnull=False, balance_stroops__gte=USABLE_STROOPS)
    return list(ready.order_by("number"))


def funding_channel() -> Channel | None:
    """Return the funding account as a channel, where it is free."""
    return (
        _free()
        .filter(number=FUNDING_NUMBER, opened_at__isnull=False, sequence__isnull=False)
        .first()
    )


def wanted() -> list[Intent]:
    """Return what the funding account is to do for channels: make them, and top them up.

    Nothing for a while after it came to nothing.
    """
    lately = Submission.objects.filter(
        network=settings.STELLAR_NETWORK,
        purpose=Submission.Purpose.KEEP_CHANNELS,
        ended_at__gte=timezone.now() - _REST,
    )
    if lately.exclude(state=State.CONFIRMED).exists():
        return []
    intents: list[Intent] = []
    for channel in _here().filter(number__gt=FUNDING_NUMBER).order_by("number"):
        if channel.opened_at is None:
            intents.append(MakeChannel(channel_id=channel.pk, stroops=FULL_STROOPS))
        elif channel.balance_stroops is not None and channel.balance_stroops < LOW_STROOPS:
            lacking = FULL_STROOPS - max(0, channel.balance_stroops)
            intents.append(TopUpChannel(channel_id=channel.pk, stroops=lacking))
    return intents


def _here() -> QuerySet[Channel]:
    return Channel.objects.filter(network=settings.STELLAR_NETWORK)


def _free() -> QuerySet[Channel]:
    return _here().exclude(submissions__state__in=PENDING)


def _write_down_funding_account() -> None:
    address = settings.STELLAR_FUNDING_ACCOUNT
    channel = _here().select_for_update().filter(number=FUNDING_NUMBER).first()
    if channel is None:
        Channel.objects.create(number=FUNDING_NUMBER, public_key=address)
    elif (
        channel.public_key != address and not channel.submissions.filter(state__in=PENDING).exists()
    ):
        channel.public_key, channel.opened_at = address, None
        channel.sequence = channel.balance_stroops = None
        channel.save()


def _write_down_channel(number: int) -> None:
    channel_id = new_id()
    key = custody.new_channel_key(channel_id=channel_id)
    channel = Channel.objects.create(id=channel_id, number=number, public_key=key.public_key)
    custody.store_channel_key(channel=channel, key=key)
