"""Horizon's client keeps to the time that a round has."""

from collections.abc import Iterator

import pytest

from tests.wallets.stellar.told_answers import HASH, ROOT, ToldServer
from wallets.stellar.client.answers import HorizonUnavailable, Outcome
from wallets.stellar.client.horizon import Horizon


@pytest.fixture
def server() -> Iterator[ToldServer]:
    """A server that answers as it is told."""
    with ToldServer() as running:
        yield running


@pytest.fixture
def horizon(server: ToldServer) -> Horizon:
    """A client of that server."""
    return Horizon(server.url)


def test_once_its_time_is_over_nothing_is_asked(horizon: Horizon) -> None:
    with horizon.within(-1), pytest.raises(HorizonUnavailable, match="too slowly"):
        horizon.network()


def test_once_its_time_is_over_nothing_is_handed_in(horizon: Horizon) -> None:
    with horizon.within(-1):
        answer = horizon.submit("AAAA", hash=HASH)
    assert (answer.outcome, answer.reason) == (
        Outcome.NOT_SENT,
        "no connection: it answers too slowly",
    )


def test_its_time_is_that_of_one_round(server: ToldServer, horizon: Horizon) -> None:
    with horizon.within(-1):
        pass
    server.tell(ROOT)
    assert horizon.network().ledger
