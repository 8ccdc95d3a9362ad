"""One simulated network for all tests of this folder, begun anew for each."""

from collections.abc import Iterator

import pytest
import requests

from tests.simulators.horizon.simulated_network import SimulatedNetwork
from tests.simulators.program import SECONDS_MAX, Simulators


@pytest.fixture(scope="session")
def running_simulators() -> Iterator[Simulators]:
    """The program, whose ledgers close by hand."""
    with Simulators({"SIMULATORS_LEDGER_SECONDS": "0"}) as running:
        yield running


@pytest.fixture
def network(running_simulators: Simulators) -> SimulatedNetwork:
    """A network without accounts, faults or turned knobs."""
    found = SimulatedNetwork(running_simulators)
    requests.delete(f"{running_simulators.url}/control/faults", timeout=SECONDS_MAX)
    found.control("settings", ledger_seconds=0, submit_seconds=5, stream_seconds=55)
    found.control("settings", min_fee=100, capacity=1000)
    found.control("reset")
    return found
