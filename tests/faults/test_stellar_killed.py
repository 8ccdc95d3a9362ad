"""Real worker processes, killed at each fail point: the next one ends what the last began."""

import signal
import subprocess
import sys

import pytest
from pytest_django import Settings

from tests.factories import programs, stellar_networks
from tests.factories.stellar_networks import StellarNetwork
from tests.faults.stellar_worker import FAIL_POINTS
from wallets.stellar.models import Envelope, FundingRequest, Submission
from wallets.stellar.states import Funding, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def _run(network: StellarNetwork, point: str) -> int:
    """Run a worker to its end and return its exit code, negative for a signal."""
    environment = programs.environment(
        STELLAR_HORIZON_URL=network.horizon_url,
        STELLAR_FUNDING_SECRET=network.funding.secret,
        STELLAR_CHANNELS="2",
        PYTHONPATH=".",
    )
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.stellar_worker", point],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    ).returncode


@pytest.mark.parametrize("point", [point for point in FAIL_POINTS if point != "none"])
def test_what_a_killed_worker_began_is_ended_once_by_the_next(
    network: StellarNetwork, settings: Settings, point: str
) -> None:
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(3)
    # Slow enough that what the first began is still good when the second has started.
    network.simulators.post("/control/horizon/settings", ledger_seconds=0.6)
    try:
        assert _run(network, point) == -signal.SIGKILL
        assert not FundingRequest.objects.filter(state=Funding.FUNDED).exists()
        assert _run(network, "none") == 0
    finally:
        network.simulators.post("/control/horizon/settings", ledger_seconds=0)

    assert [network.creations(address) for address in addresses] == [1, 1, 1]
    opened = Submission.objects.filter(purpose="open_accounts")
    assert [each.state for each in opened] == [State.CONFIRMED]
    assert Envelope.objects.filter(submission__in=opened).count() == 1
