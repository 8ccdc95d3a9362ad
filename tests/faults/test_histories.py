"""Random histories of members, crashes and faults: the books hold, and all know the truth.

`HISTORIES=1000` tells more of them, `HISTORY_SEED=7` one again. The long form, in many processes,
is `make faults`.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from nannychain.ids import new_id
from payments.deposits import postings as deposits
from tests.faults.machine import morning, telling
from tests.faults.machine import world as machine
from tests.faults.machine.history import History
from tests.faults.machine.provider import PAYOUT_SHORTCODE, SHORTCODE
from tests.faults.machine.scene import Scene
from tests.faults.machine.seeding import seeded
from tests.faults.machine.world import World
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets

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


def _ordered_by_nobody(world: World) -> None:
    world.provider.bank.pay_out(
        phone=world.people[0].phone, shortcode=PAYOUT_SHORTCODE, cents=500_00, reference="nobody's"
    )


def _never_told(world: World, *, account: str = "") -> None:
    person = world.people[0]
    world.provider.bank.take_in(
        kind="paybill",
        phone=person.phone,
        shortcode=SHORTCODE,
        cents=500_00,
        reference=account or person.worker_id,
    )


def _never_told_and_for_nobody(world: World) -> None:
    _never_told(world, account="ROSE")


def _never_paid(world: World) -> None:
    posting.post(
        deposits.settled(
            deposit_id=str(new_id()),
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=SHORTCODE),
            wallet=wallets.account_of(world.people[0].member_id),
            amount_cents=500_00,
            effective_at=world.now(),
        )
    )


@pytest.mark.parametrize(
    ("sabotage", "found"),
    [
        (_ordered_by_nobody, "in_statement_not_ledger of -50000"),
        (_never_told, "in_statement_not_ledger of 50000"),
        (_never_told_and_for_nobody, "a statement has booked what nobody had missed"),
        (_never_paid, "in_ledger_not_statement of -50000"),
    ],
)
def test_what_one_side_alone_knows_is_found_in_the_morning(
    world: World, sabotage: Callable[[World], None], found: str
) -> None:
    with seeded(1):
        world.begin()
        history = History(world, gets_statements=True)
        world.advance(timedelta(hours=1))
        sabotage(world)
        world.advance(timedelta(hours=1))
        faults = list(morning.statements(Scene(history)))
    assert any(fault.startswith(found) for fault in faults)
