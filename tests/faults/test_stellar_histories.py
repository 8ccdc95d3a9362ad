"""Random histories of joining, crashing and lying: each account is opened exactly once.

`HISTORIES=1000` runs the long form, `HISTORY_SEED=7` replays one; the seed is in the name of each
test. A crash is an error that nothing catches, raised at one of the fail points, so that only
what was committed before it stands.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests

from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork
from wallets.custody import building, signer
from wallets.stellar import outcomes, planning, tending
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import PENDING, Funding, State

_ONE = os.environ.get("HISTORY_SEED")
SEEDS = [int(_ONE)] if _ONE else range(int(os.environ.get("HISTORIES", "60")))
STEPS = 30
SUBMIT_FAULTS = (
    *("down", "answer_lost", "timeout_landed", "timeout_lost", "try_later", "try_later_lie"),
    *("refused_lie", "error", "rate_limited", "garbage"),
)
READ_FAULTS = ("down", "error", "rate_limited", "garbage", "stale")


class Crash(BaseException):
    """The process is gone."""


def _crash(*_: object, **__: object) -> None:
    raise Crash


def _crash_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*values: Any, **named: Any) -> None:
        function(*values, **named)
        raise Crash

    return run


# Where a process may die: what is replaced, by what.
FAIL_POINTS: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "before_sign": (building, "build", _crash),
    "after_sign": (signer, "_note", _crash_after(signer._note)),
    "after_commit": (signer, "sign", _crash_after(signer.sign)),
    "in_post": (Horizon, "submit", _crash),
    "after_post": (Horizon, "submit", _crash_after(Horizon.submit)),
    "before_record": (tending, "_record_answer", _crash),
    "before_landing": (outcomes, "landed", _crash),
    "in_landing": (outcomes, "_free", _crash),
    "in_expiry": (outcomes, "expired", _crash),
    "in_plan": (planning, "enqueue_after_commit", _crash),
}


@contextmanager
def failing_at(point: str) -> Iterator[None]:
    """Let whoever comes to the fail point die there."""
    owner, name, replacement = FAIL_POINTS[point]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, replacement)
        with suppress(Crash):
            yield


class History:
    """One history, told by its seed."""

    def __init__(self, network: StellarNetwork, *, seed: int) -> None:
        self.chance = random.Random(seed)
        self.network = network
        self.addresses: list[str] = []

    def run(self) -> None:
        """Do random things, then let all be well and come to an end."""
        self.addresses += stellar_networks.join(self.chance.randint(1, 4))
        for _ in range(STEPS):
            step = self.chance.choice(
                [self.join, self.work, self.work, self.work, self.close, self.close, self.fault,
                 self.fault, self.crash, self.crash]
            )  # fmt: skip
            step()
        self.network.mend()
        stellar_networks.settle(self.network, rounds=120)

    def join(self) -> None:
        """Let somebody join."""
        self.addresses += stellar_networks.join(self.chance.randint(1, 3))

    def work(self) -> None:
        """Let one of the processes do something."""
        stellar_networks.due_now()
        act = self.chance.choice(["plan", "sign", "tend", "tend", "all"])
        if act in ("plan", "all"):
            outcomes.settle_declined()
            planning.plan()
        if act in ("sign", "all"):
            for submission in Submission.objects.filter(state=State.PLANNED):
                signer.sign(submission.pk)
        if act in ("tend", "all"):
            stellar_networks.due_now()
            self.tend()

    def tend(self) -> None:
        """Tend what is due, in any order; ring for bumps as the signer would hear it."""
        pending = list(Submission.objects.filter(state__in=PENDING))
        self.chance.shuffle(pending)
        for submission in pending:
            tending.tend(submission.pk)
            if self.chance.random() < 0.3:
                signer.sign_bump(submission.pk, base_fee_stroops=self.chance.choice([150, 2_000]))

    def close(self) -> None:
        """Let ledgers close: one, some, or more than anything is valid for."""
        self.network.close(self.chance.choice([1, 1, 1, 2, 5, 25]))

    def fault(self) -> None:
        """Let something go wrong for a while."""
        kind = self.chance.random()
        times = self.chance.randint(1, 3)
        if kind < 0.6:
            self.network.fault(self.chance.choice(SUBMIT_FAULTS), times=times)
        elif kind < 0.85:
            fault = self.chance.choice(READ_FAULTS)
            self.network.fault(fault, target="horizon.read", times=times)
        else:
            fault = self.chance.choice(["halt", "surge"])
            self.network.fault(fault, target="horizon.network", times=times)

    def crash(self) -> None:
        """Let a process die at one of the fail points, if it comes there."""
        with failing_at(self.chance.choice(sorted(FAIL_POINTS))):
            self.work()


def check(network: StellarNetwork, addresses: list[str]) -> None:
    """Compare what we say with what the network holds."""
    assert {address: network.creations(address) for address in addresses} == dict.fromkeys(
        addresses, 1
    )
    states = FundingRequest.objects.values_list("state", flat=True)
    assert set(states) == {Funding.FUNDED}
    confirmed = Submission.objects.filter(purpose="open_accounts", state=State.CONFIRMED)
    wallets = [intent["wallet_id"] for each in confirmed for intent in each.intents]
    assert len(wallets) == len(set(wallets)) == len(addresses)
    for submission in Submission.objects.exclude(hash=None):
        told = _on_network(network, submission)
        assert (told is not None) == (submission.state in (State.CONFIRMED, State.FAILED))
    for channel in Channel.objects.filter(opened_at__isnull=False, sequence__isnull=False):
        account = network.account(channel.public_key)
        assert account is not None
        assert channel.sequence == int(account["sequence"]), channel


def _on_network(network: StellarNetwork, submission: Submission) -> dict[str, Any] | None:
    answer = requests.get(f"{network.horizon_url}/transactions/{submission.hash}", timeout=10)
    return answer.json() if answer.status_code == 200 else None


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_each_account_is_opened_exactly_once(network: StellarNetwork, seed: int) -> None:
    history = History(network, seed=seed)

    history.run()

    check(network, history.addresses)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", SUBMIT_FAULTS)
def test_no_lie_about_a_post_opens_an_account_twice_or_not_at_all(
    network: StellarNetwork, kind: str
) -> None:
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(3)
    network.fault(kind, times=2)

    stellar_networks.settle(network)

    check(network, addresses)


@pytest.mark.django_db
@pytest.mark.parametrize("point", sorted(FAIL_POINTS))
def test_a_crash_at_any_fail_point_is_mended_by_the_next_round(
    network: StellarNetwork, point: str
) -> None:
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(3)
    for _ in range(3):
        with failing_at(point):
            stellar_networks.work()
        network.close()

    stellar_networks.settle(network)

    check(network, addresses)


@pytest.mark.django_db
def test_a_halted_network_is_waited_for_and_then_opens_all(network: StellarNetwork) -> None:
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(5)
    network.fault("halt", target="horizon.network", times=None)
    for _ in range(30):
        stellar_networks.work()
        network.close()
    assert not FundingRequest.objects.filter(state=Funding.FUNDED).exists()
    assert Submission.objects.filter(purpose="open_accounts").count() == 1

    network.mend()
    stellar_networks.settle(network)

    check(network, addresses)


@pytest.mark.django_db
def test_in_a_surge_the_fee_of_the_same_transaction_is_raised(network: StellarNetwork) -> None:
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(2)
    stellar_networks.work()
    network.fault("surge", target="horizon.network", factor=30, times=40)
    for _ in range(8):
        network.close()
        stellar_networks.work()
        for submission in Submission.objects.filter(state__in=PENDING):
            signer.sign_bump(submission.pk, base_fee_stroops=3_000)

    opened = Submission.objects.get(purpose="open_accounts")
    assert opened.state == State.CONFIRMED
    assert [each.number for each in opened.envelopes.order_by("number")] == [0, 1]
    assert opened.fee_charged_stroops == 3_000 * 3
    check(network, addresses)


@pytest.mark.django_db
def test_an_answer_from_the_past_does_not_end_what_may_still_land(
    network: StellarNetwork,
) -> None:
    """A replica that lags behind does not know the hash; that proves nothing."""
    stellar_networks.open_channels(network)
    addresses = stellar_networks.join(1)
    stellar_networks.work()
    network.close(25)
    network.fault("stale", target="horizon.read", ledgers=25, times=None)

    for _ in range(3):
        stellar_networks.work()
    assert not Submission.objects.filter(state=State.EXPIRED).exists()

    network.mend()
    stellar_networks.settle(network)
    check(network, addresses)
    assert Submission.objects.filter(purpose="open_accounts").count() == 1
