"""A simulated network for the tests of this folder, begun anew for each."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def running_network() -> Iterator[Any]:
    """The program, for all tests of this folder."""
    from tests.factories import stellar_networks  # models can't be loaded sooner

    with stellar_networks.network() as found:
        yield found


@pytest.fixture
def network(running_network: Any, settings: Any) -> Any:
    """A new network with a rich funding account of ours, and two channels to be opened."""
    from tests.factories import stellar_networks

    running_network.mend()
    running_network.simulators.post("/control/horizon/reset")
    running_network.fund(100_000)
    stellar_networks.point_at(running_network, settings)
    settings.STELLAR_CHANNELS = 2
    return running_network
