"""Channels are made and topped up, also where one of them can't be; and each is taken once."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from stellar_sdk import AccountMerge

from nannychain.alerts.models import Alert
from tests.factories import submissions
from tests.factories.stellar_networks import StellarNetwork, key_of, open_channels, work
from wallets.stellar import channels, planning, runway
from wallets.stellar.intents import MakeChannel
from wallets.stellar.models import Channel, Network, Submission
from wallets.stellar.states import State

pytestmark = pytest.mark.django_db


def _failed(*made: Channel, minutes_ago: int = 2, state: State = State.FAILED) -> None:
    """Note that a transaction that was to make these channels came to nothing."""
    source = Channel.objects.filter(number=0).first() or submissions.funding_channel()
    submissions.planned(
        [MakeChannel(channel_id=each.pk, stroops=1) for each in made],
        on=source,
        purpose=Submission.Purpose.KEEP_CHANNELS,
        state=state,
        ended_at=timezone.now() - timedelta(minutes=minutes_ago),
    )


def _wanted() -> list[int]:
    return [
        Channel.objects.get(pk=intent.channel_id).number
        for intent in channels.wanted()
        if isinstance(intent, MakeChannel)
    ]


@pytest.fixture
def closed() -> list[Channel]:
    """Three channels that are not on the network yet."""
    made = [submissions.channel(number) for number in (1, 2, 3)]
    Channel.objects.update(opened_at=None)
    return made


def test_all_that_lack_are_made_at_once(closed: list[Channel]) -> None:
    assert _wanted() == [1, 2, 3]


def test_after_a_failure_nothing_is_tried_for_a_minute(closed: list[Channel]) -> None:
    _failed(*closed, minutes_ago=0)
    assert _wanted() == []


def test_after_a_failure_together_each_goes_alone(closed: list[Channel]) -> None:
    _failed(*closed)
    assert _wanted() == [1]


def test_one_that_failed_alone_waits_out_the_hour_and_the_others_go_on(
    closed: list[Channel],
) -> None:
    _failed(*closed, minutes_ago=5)
    _failed(closed[0])
    assert _wanted() == [2]
    Submission.objects.update(ended_at=timezone.now() - timedelta(minutes=61))
    assert _wanted() == [1, 2, 3]


def test_what_only_ran_out_of_time_goes_together_again(closed: list[Channel]) -> None:
    _failed(*closed, state=State.EXPIRED)
    assert _wanted() == [1, 2, 3]


def test_a_transaction_for_channels_that_fails_rings(network: StellarNetwork) -> None:
    open_channels(network)
    channel = Channel.objects.get(number=1)
    network.use(key_of(channel), AccountMerge(network.funding.public_key))
    Channel.objects.filter(number=1).update(balance_stroops=1)
    work()
    network.close()

    work()

    failed = Submission.objects.get(state=State.FAILED)
    assert failed.purpose == "keep_channels"
    alert = Alert.objects.get(key="stellar:channels")
    assert alert.details["operations"] == ["op_no_destination"]


def test_channels_cost_no_more_than_there_is(network: StellarNetwork) -> None:
    network.simulators.post("/control/horizon/reset")
    network.fund(5)  # the reserve takes one; a channel costs three

    work()

    made = Submission.objects.get(purpose="keep_channels")
    assert len(made.intents) == 1


def test_a_channel_that_carries_something_is_not_taken_twice(network: StellarNetwork) -> None:
    open_channels(network)
    channel = Channel.objects.get(number=1)
    submissions.planned(submissions.opened(submissions.wallet()), on=channel)

    with pytest.raises(channels.ChannelTaken), transaction.atomic():
        planning.write(
            Network.objects.get(),
            channel,
            purpose=Submission.Purpose.OPEN_ACCOUNTS,
            intents=submissions.opened(submissions.wallet()),
        )


def test_a_channel_is_used_as_it_stands_and_not_as_it_was_read(network: StellarNetwork) -> None:
    open_channels(network)
    stale = Channel.objects.get(number=1)
    Channel.objects.filter(number=1).update(sequence=77)

    with transaction.atomic():
        submission = planning.write(
            Network.objects.get(),
            stale,
            purpose=Submission.Purpose.OPEN_ACCOUNTS,
            intents=submissions.opened(submissions.wallet()),
        )

    assert submission.sequence == 78


def test_a_look_does_not_take_back_what_is_known_to_be_used(network: StellarNetwork) -> None:
    open_channels(network)
    account = network.account(Channel.objects.get(number=1).public_key)
    assert account is not None
    ahead = int(account["sequence"]) + 3
    Channel.objects.filter(number=1).update(sequence=ahead, balance_stroops=None)

    channels.look_up()

    assert Channel.objects.get(number=1).sequence == ahead


def test_what_ended_since_the_balance_was_read_still_counts_as_given() -> None:
    seen = timezone.now()
    network = Network.objects.create(
        name="TESTNET", funding_balance_stroops=100 * submissions.XLM, funding_seen_at=seen
    )
    submissions.planned(
        submissions.opened(submissions.wallet()),
        state=State.CONFIRMED,
        ended_at=seen + timedelta(seconds=1),
    )
    assert runway.left_to_give(network) == 99 * submissions.XLM

    network.funding_seen_at = seen + timedelta(seconds=2)
    assert runway.left_to_give(network) == 100 * submissions.XLM


def test_what_can_not_be_read_counts_as_a_whole_batch() -> None:
    network = Network.objects.create(
        name="TESTNET", funding_balance_stroops=1_000 * submissions.XLM
    )
    submission = submissions.planned(submissions.opened(submissions.wallet()))
    Submission.objects.filter(pk=submission.pk).update(intents=[{"kind": "of tomorrow"}])

    assert runway.left_to_give(network) == 900 * submissions.XLM


def test_what_is_above_the_number_of_the_settings_is_left_alone(
    network: StellarNetwork, settings: Settings
) -> None:
    open_channels(network)
    assert [channel.number for channel in channels.free_for_batches()] == [1, 2]
    Channel.objects.update(balance_stroops=1)
    settings.STELLAR_CHANNELS = 1

    wanted = {intent.channel_id for intent in channels.wanted()}

    assert wanted == {Channel.objects.get(number=1).pk}
    Channel.objects.update(balance_stroops=channels.FULL_STROOPS)
    assert [channel.number for channel in channels.free_for_batches()] == [1]


def test_on_another_network_the_same_account_pays(
    network: StellarNetwork, settings: Settings
) -> None:
    open_channels(network)
    settings.STELLAR_NETWORK = "PUBLIC"

    channels.write_down()

    found = Channel.objects.filter(public_key=network.funding.public_key)
    assert {channel.network for channel in found} == {"TESTNET", "PUBLIC"}
