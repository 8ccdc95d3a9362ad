"""Channels: accounts of ours whose sequence numbers carry submissions, so that many go at once.

The network takes one pending transaction of an account at a time. A channel is free when it is open
on the network, its sequence is known and nothing pending leases it.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from nannychain.ids import new_id
from wallets.custody import services as custody
from wallets.stellar import resting
from wallets.stellar.client.answers import Missing
from wallets.stellar.intents import ChannelIntent, MakeChannel, TopUpChannel
from wallets.stellar.models import FUNDING_NUMBER, Channel, Submission
from wallets.stellar.observing import horizon
from wallets.stellar.states import PENDING, State

FULL_STROOPS = 30_000_000  # what a channel is made with and topped up to: 3 XLM
LOW_STROOPS = 20_000_000  # topped up from here
USABLE_STROOPS = 12_000_000  # its reserve, and the dearest transaction that we would pay for
_REST = timedelta(minutes=1)
_ALONE = timedelta(hours=1)
_GONE_LEDGERS = 12  # a minute, for a server that lags behind


class ChannelTaken(Exception):
    """A channel that was free is no longer so: it carries something, or nothing is known of it."""


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
            channel.opened_at is None
            or channel.sequence is None
            or channel.balance_stroops is None
            or channel.missing_at_ledger is not None
        ):
            _look(channel)


def funding_channel_as_it_is() -> Channel | None:
    """Return the funding account as a channel, where it is free, with the network's word on it.

    People may use that account too, from elsewhere. Raises HorizonUnavailable. Must not be called
    within a transaction.
    """
    channel = funding_channel()
    if channel is not None:
        _look(channel)
    return funding_channel()


def is_gone(channel: Channel, *, ledger: int) -> bool:
    """Note that the network did not know an open channel as of a ledger; return whether it is gone.

    It is where an earlier look did not find it either, some ledgers before: then it is to be made
    again.
    """
    with transaction.atomic():
        row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        first = row.missing_at_ledger
        if first is not None and ledger < first + _GONE_LEDGERS:
            return False
        if first is None:
            row.missing_at_ledger = ledger
        else:
            row.opened_at = row.sequence = row.balance_stroops = row.missing_at_ledger = None
        row.save()
        return first is not None


def is_there(channel: Channel) -> None:
    """Note that the network knows the channel, whatever another server said of it."""
    missing = Channel.objects.filter(pk=channel.pk, missing_at_ledger__isnull=False)
    missing.update(missing_at_ledger=None)


def take(channel: Channel) -> Channel:
    """Return the channel, locked and read anew; raise ChannelTaken where it isn't free any more."""
    row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    if row.sequence is None or row.submissions.filter(state__in=PENDING).exists():
        raise ChannelTaken(str(row))
    return row


def free_for_batches() -> list[Channel]:
    """Return the channels that can carry members' accounts now, in order."""
    ready = _free().filter(number__gt=FUNDING_NUMBER, opened_at__isnull=False)
    ready = ready.filter(missing_at_ledger__isnull=True)
    ready = ready.filter(sequence__isnull=False, balance_stroops__gte=USABLE_STROOPS)
    return list(ready.exclude(pk__in=resting.channels()).order_by("number"))


def funding_channel() -> Channel | None:
    """Return the funding account as a channel, where it is free, by what is known of it."""
    return (
        _free()
        .filter(number=FUNDING_NUMBER, opened_at__isnull=False, sequence__isnull=False)
        .first()
    )


def wanted() -> list[ChannelIntent]:
    """Return what the funding account is to do for channels: make them, and top them up.

    Nothing for a while after it came to nothing. Where it failed, each goes alone for an hour, so
    that a bad one costs the others nothing; that one waits out the hour.
    """
    instant = timezone.now()
    kept = Submission.objects.filter(
        network=settings.STELLAR_NETWORK, purpose=Submission.Purpose.KEEP_CHANNELS
    )
    lately = kept.filter(ended_at__gte=instant - _REST)
    if resting.room(Submission.Purpose.KEEP_CHANNELS) == 0:
        return []
    if lately.exclude(state=State.CONFIRMED).exists():
        return []
    failed = kept.filter(ended_at__gte=instant - _ALONE, state__in=(State.FAILED, State.DECLINED))
    stored = list(failed.values_list("intents", flat=True))
    intents = _lacking(set_apart={_id_of(each[0]) for each in stored if len(each) == 1})
    return intents[:1] if stored else intents


def _id_of(stored: object) -> object:
    return stored.get("channel_id") if isinstance(stored, dict) else None


def _lacking(*, set_apart: set[object]) -> list[ChannelIntent]:
    intents: list[ChannelIntent] = []
    for channel in _here().filter(number__gt=FUNDING_NUMBER).order_by("number"):
        if str(channel.pk) in set_apart:
            continue
        if channel.opened_at is None:
            intents.append(MakeChannel(channel_id=channel.pk, stroops=FULL_STROOPS))
        elif channel.balance_stroops is not None and channel.balance_stroops < LOW_STROOPS:
            lacking = FULL_STROOPS - max(0, channel.balance_stroops)
            intents.append(TopUpChannel(channel_id=channel.pk, stroops=lacking))
    return intents


def _here() -> QuerySet[Channel]:
    """Return the channels to be used: those above the number of the settings are left alone."""
    return Channel.objects.filter(
        network=settings.STELLAR_NETWORK, number__lte=settings.STELLAR_CHANNELS
    )


def _free() -> QuerySet[Channel]:
    return _here().exclude(submissions__state__in=PENDING)


def _look(channel: Channel) -> None:
    """Ask the network for a free channel, and write down what it says."""
    found = horizon().look(channel.public_key)
    if isinstance(found, Missing):
        if channel.opened_at is not None and found.seen_ledger is not None:
            is_gone(channel, ledger=found.seen_ledger)
        return
    _free().filter(pk=channel.pk).update(
        leased_until_ledger=None,
        opened_at=Coalesce("opened_at", timezone.now()),
        # A replica that lags behind tells an older one; what is known to be used stays so.
        sequence=Greatest(Coalesce("sequence", found.sequence), found.sequence),
        missing_at_ledger=None,
        balance_stroops=found.balance_stroops,
    )


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
