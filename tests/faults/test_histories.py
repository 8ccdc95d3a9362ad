"""Random histories of members, crashes and faults: the books hold, and all know the truth.

`HISTORIES=1000` tells more of them, `HISTORY_SEED=7` one again. The long form, in many processes,
is `make faults`.
"""

import os
from collections.abc import Iterator

import pytest

from tests.faults.machine import telling
from tests.faults.machine import world as machine
from tests.faults.machine.world import World

_ONE = os.environ.get("HISTORY_SEED")
SEEDS = [int(_ONE)] if _ONE else range(int(os.environ.get("HISTORIES", "100")))
# Short ones, so that a hundred take a minute of a processor; the long form tells longer ones.
LENGTH = int(os.environ.get("HISTORY_LENGTH", "16"))
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """The machine, in a database of its own."""
    with django_db_blocker.unblock(), machine.made() as found:  # type: ignore[attr-defined]
        yield found


@pytest.fixture
def _django_db_helper(world: World) -> None:
    """Wrap no test in a transaction: the machine commits, and wipes what it has written."""


@pytest.mark.parametrize("seed", SEEDS)
def test_no_history_loses_a_shilling_or_tells_an_untruth(world: World, seed: int) -> None:
    told = telling.tell(world, seed, length=LENGTH)
    assert told.faults == [], f"HISTORY_SEED={seed} tells it again"


def test_the_same_seed_gives_the_same_books(world: World) -> None:
    told = [telling.tell(world, seed, length=LENGTH) for seed in (3, 8, 3, 8)]
    assert [each.faults for each in told] == [[], [], [], []]
    digests = [each.digest for each in told]
    assert digests[:2] == digests[2:]
    assert digests[0] != digests[1]
