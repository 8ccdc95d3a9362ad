"""What may be believed of a network: only a sequence that was not used ends what may land."""

from dataclasses import replace

import pytest
from django.utils import timezone

from nannychain.alerts.models import Alert
from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork
from wallets.stellar import observing, planning, tending
from wallets.stellar.client.answers import AccountState, Missing, Network, Outcome, Submitted
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import PENDING, Funding, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(network: StellarNetwork) -> Submission:
    """A submission that was handed in, and whose last ledger will pass without it."""
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    network.fault("timeout_lost", times=1000)
    stellar_networks.work()
    network.close(30)
    submission = Submission.objects.get(purpose="open_accounts")
    assert submission.state == State.UNKNOWN
    return submission


def _tend(submission: Submission) -> State | None:
    stellar_networks.due_now()
    return tending.tend(submission.pk)


def _says(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Let Horizon tell another account than there is: `sequence`, `ledger`, or none at all."""
    real = Horizon.look

    def look(self: Horizon, address: str) -> AccountState | Missing:
        found = real(self, address)
        assert isinstance(found, AccountState)
        gone = Missing(seen_ledger=found.ledger)
        return replace(found, **changes) if changes else gone  # type: ignore[arg-type]

    monkeypatch.setattr(Horizon, "look", look)


def test_a_sequence_that_was_not_used_after_the_last_ledger_ends_it(sent: Submission) -> None:
    assert _tend(sent) == State.EXPIRED
    assert FundingRequest.objects.get().state == Funding.WAITING


def test_a_channel_that_one_server_does_not_know_ends_nothing(
    sent: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says(monkeypatch)
    assert _tend(sent) == State.UNKNOWN


def test_a_channel_as_of_an_older_ledger_ends_nothing(
    sent: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says(monkeypatch, ledger=sent.max_ledger)
    assert _tend(sent) == State.UNKNOWN


def test_a_server_that_does_not_say_as_of_when_is_given_some_ledgers_more(
    network: StellarNetwork, sent: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says(monkeypatch, ledger=None)
    assert _tend(sent) == State.UNKNOWN
    network.close(20)
    assert _tend(sent) == State.EXPIRED


def test_one_that_nobody_signed_in_time_is_given_up(network: StellarNetwork) -> None:
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    stellar_networks.due_now()
    planning.plan()
    submission = Submission.objects.get(purpose="open_accounts")
    assert _tend(submission) == State.PLANNED
    network.close(30)

    assert _tend(submission) == State.EXPIRED


def test_nobody_else_tends_what_is_being_tended(sent: Submission) -> None:
    Submission.objects.update(due_at=timezone.now() + tending.CLAIM)
    assert tending.tend(sent.pk) is None
    Submission.objects.update(state=State.EXPIRED, due_at=timezone.now())
    assert tending.tend(sent.pk) is None


def test_a_horizon_that_takes_no_transactions_rings(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stellar_networks.open_channels(network)
    stellar_networks.join(1)
    answer = Submitted(Outcome.NOT_OFFERED, "it takes no transactions")
    monkeypatch.setattr(Horizon, "submit", lambda *_, **__: answer)

    stellar_networks.work()

    assert Alert.objects.filter(key="stellar:no_async").exists()
    assert Submission.objects.get(purpose="open_accounts").state == State.UNKNOWN


def test_another_network_than_ours_is_not_used(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stellar_networks.join(1)
    foreign = Network(**{**vars(observing.horizon().network()), "passphrase": "Another"})
    monkeypatch.setattr(Horizon, "network", lambda _: foreign)

    stellar_networks.work()

    assert not Submission.objects.exists()
    assert Alert.objects.filter(key="stellar:wrong_network").exists()


def test_a_missing_hash_alone_is_no_end(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far the answer says that it is ahead: the channel's word counts."""
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(1)
    stellar_networks.work()
    network.close()
    real = Horizon.transaction
    monkeypatch.setattr(Horizon, "transaction", lambda *_: Missing(seen_ledger=10**9))

    stellar_networks.work()
    stellar_networks.work()

    assert Submission.objects.filter(purpose="open_accounts", state__in=PENDING).count() == 1
    monkeypatch.setattr(Horizon, "transaction", real)
    stellar_networks.settle(network)
    assert network.creations(addresses[0]) == 1
