"""A submission's place, its channel's sequence, is used by something else, or its channel is gone.

Somebody used our funding account with a wallet app, or a database was restored from a backup.
"""

from dataclasses import replace

import pytest
import stellar_sdk as sdk
from stellar_sdk import Keypair

from nannychain.alerts.models import Alert
from nannychain.states.models import StateChange
from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork
from wallets.stellar import channels, observing, planning, tending
from wallets.stellar.client.answers import AccountState, Missing, UsedPage
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import Funding, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(network: StellarNetwork) -> Submission:
    """A submission that was handed in and that the network never took; it may still land."""
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    network.fault("timeout_lost", times=1000)
    stellar_networks.work()
    network.mend()
    submission = Submission.objects.get(purpose="open_accounts")
    assert submission.state == State.UNKNOWN
    return submission


def _tend(submission: Submission) -> State | None:
    stellar_networks.due_now()
    return tending.tend(submission.pk)


@pytest.mark.parametrize("is_done", [True, False])
def test_a_place_that_a_foreign_transaction_used_frees_the_channel_and_the_requests(
    network: StellarNetwork,
    lost: Submission,
    is_done: bool,
) -> None:
    failing = sdk.Payment(Keypair.random().public_key, sdk.Asset.native(), "1")
    network.use(stellar_networks.key_of(lost.channel), sdk.BumpSequence(0) if is_done else failing)
    network.close(30)

    assert _tend(lost) == State.EXPIRED
    change = StateChange.objects.get(subject_id=str(lost.pk), target="EXPIRED")
    assert "another transaction has used its place" in change.why
    assert Channel.objects.get(pk=lost.channel_id).sequence == lost.sequence
    assert Alert.objects.filter(key=f"stellar:foreign:{lost.channel.public_key}").exists()
    stellar_networks.settle(network)
    assert FundingRequest.objects.get().state == Funding.FUNDED


def test_a_place_that_the_history_does_not_explain_is_waited_for_and_rings(
    network: StellarNetwork, lost: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.use(stellar_networks.key_of(lost.channel), sdk.BumpSequence(0))
    network.close(30)
    with monkeypatch.context() as patch:
        patch.setattr(Horizon, "transactions_of", lambda *_, **__: UsedPage((), ""))
        assert _tend(lost) == State.UNKNOWN
        assert not Alert.objects.filter(key__startswith="stellar:lost").exists()
        network.close(60)
        assert _tend(lost) == State.UNKNOWN
        alert = Alert.objects.get(key=f"stellar:lost:{lost.channel.public_key}")
    assert alert.resolved_at is None

    assert _tend(lost) == State.EXPIRED
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_a_place_that_the_submission_used_itself_is_told_by_the_hash_of_its_bump(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    stellar_networks.work()
    network.close(30)
    submission = Submission.objects.get(purpose="open_accounts")
    real = Horizon.transaction
    answers = iter([Missing(seen_ledger=None)])
    monkeypatch.setattr(
        Horizon, "transaction", lambda self, hash: next(answers, None) or real(self, hash)
    )

    assert _tend(submission) == State.CONFIRMED


def test_places_are_found_behind_a_page_of_other_transactions(
    network: StellarNetwork, lost: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.use(stellar_networks.key_of(lost.channel), sdk.BumpSequence(0))
    for _ in range(3):
        network.fund(1, lost.channel.public_key)
    network.close(30)
    real = Horizon.transactions_of
    monkeypatch.setattr(
        Horizon,
        "transactions_of",
        lambda self, address, *, cursor="": real(self, address, cursor=cursor, limit=2),
    )

    assert _tend(lost) == State.EXPIRED


def test_what_a_person_does_with_the_funding_account_is_seen_before_channels_are_made(
    network: StellarNetwork,
) -> None:
    stellar_networks.open_channels(network)
    stellar_networks.work()  # all is known of the account
    assert Channel.objects.get(number=0).balance_stroops is not None
    network.use(network.funding, sdk.BumpSequence(0))
    Channel.objects.filter(number=1).update(balance_stroops=1)

    stellar_networks.due_now()
    planning.plan()

    submission = Submission.objects.get(purpose="keep_channels", state=State.PLANNED)
    account = network.account(network.funding.public_key)
    assert account is not None
    assert submission.sequence == int(account["sequence"]) + 1


def test_after_a_refusal_the_sequence_is_the_one_that_the_proof_told(
    network: StellarNetwork,
) -> None:
    stellar_networks.open_channels(network)
    true = Channel.objects.get(number=1).sequence
    assert true is not None
    Channel.objects.filter(number=1).update(sequence=true + 5)
    stellar_networks.join(1)
    stellar_networks.work()
    submission = Submission.objects.get(purpose="open_accounts")
    assert (submission.state, submission.result_code) == (State.REFUSED, "tx_bad_seq")
    network.close(30)

    assert _tend(submission) == State.EXPIRED
    assert Channel.objects.get(number=1).sequence == true


def test_a_channel_that_vanished_is_made_again_after_two_looks(
    network: StellarNetwork, lost: Submission
) -> None:
    channel = lost.channel
    merge = sdk.AccountMerge(network.funding.public_key)
    network.use(stellar_networks.key_of(channel), merge)
    network.close(30)

    assert _tend(lost) == State.UNKNOWN
    assert Channel.objects.get(pk=channel.pk).opened_at is not None
    network.close(12)
    assert _tend(lost) == State.EXPIRED
    assert Channel.objects.get(pk=channel.pk).opened_at is None

    stellar_networks.open_channels(network)
    assert network.account(channel.public_key) is not None
    stellar_networks.settle(network)
    assert FundingRequest.objects.get().state == Funding.FUNDED


def test_two_looks_count_only_where_none_between_them_found_the_channel(
    network: StellarNetwork, lost: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, answers = Horizon.look, list[AccountState | Missing]()

    def look(self: Horizon, address: str) -> AccountState | Missing:
        return answers.pop() if answers else real(self, address)

    monkeypatch.setattr(Horizon, "look", look)
    network.close(30)
    too_early = replace(_account(lost), ledger=1)
    for told in (Missing(10_000), too_early, Missing(10_020)):
        answers.append(told)
        assert _tend(lost) == State.UNKNOWN
        assert not answers

    assert _tend(lost) == State.EXPIRED


def test_a_channel_that_seems_gone_carries_nothing(network: StellarNetwork) -> None:
    stellar_networks.open_channels(network)
    stellar_networks.work()
    Channel.objects.filter(number=1).update(missing_at_ledger=7)

    assert [channel.number for channel in channels.free_for_batches()] == [2]


def _account(submission: Submission) -> AccountState:
    found = observing.horizon().account(submission.channel.public_key)
    assert found is not None
    return found


def test_a_free_channel_that_one_server_did_not_know_is_looked_at_until_it_is_found(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stellar_networks.open_channels(network)
    Channel.objects.filter(number=1).update(balance_stroops=None)
    with monkeypatch.context() as patch:
        patch.setattr(Horizon, "look", lambda *_: Missing(seen_ledger=100))
        channels.look_up()
    channel = Channel.objects.get(number=1)
    assert (channel.missing_at_ledger, channel.opened_at is None) == (100, False)

    channels.look_up()

    channel.refresh_from_db()
    assert channel.missing_at_ledger is None
