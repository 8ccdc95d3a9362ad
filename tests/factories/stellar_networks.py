"""A simulated Stellar network whose ledgers close by hand, and workers that work when told to."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone
from stellar_sdk import Account, Keypair, TransactionBuilder
from stellar_sdk.operation import Operation

from tests.factories.members import MemberFactory
from tests.simulators.program import Simulators
from wallets.custody import signer
from wallets.custody.keys import seed_of
from wallets.custody.models import SealedChannelKey
from wallets.stellar import outcomes, planning, sweep, tending
from wallets.stellar.models import Channel, FundingRequest, Network, Submission
from wallets.stellar.states import PENDING, Funding, State

PASSPHRASE = "Test SDF Network ; September 2015"


@dataclass
class StellarNetwork:
    """The network, as a test sees it: what is on it, and what goes wrong with it."""

    simulators: Simulators
    funding: Keypair

    @property
    def horizon_url(self) -> str:
        """Where Horizon answers."""
        return f"{self.simulators.url}/horizon"

    def close(self, ledgers: int = 1) -> int:
        """Close some ledgers and return the number of the last."""
        return int(self.simulators.post("/control/horizon/close", ledgers=ledgers)["ledger"])

    def fund(self, lumens: int, address: str = "") -> None:
        """Give an account lumens; ours, if no other is named."""
        address = address or self.funding.public_key
        self.simulators.post("/control/horizon/fund", address=address, lumens=str(lumens))
        self.close()

    def fault(self, kind: str, *, target: str = "horizon.submit", **fields: Any) -> None:
        """Let something go wrong."""
        self.simulators.fault(kind, target=target, **fields)

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        requests.delete(f"{self.simulators.url}/control/faults", timeout=10).raise_for_status()

    def account(self, address: str) -> dict[str, Any] | None:
        """Return an account as Horizon shows it, None where there is none."""
        answer = requests.get(f"{self.horizon_url}/accounts/{address}", timeout=10)
        return answer.json() if answer.status_code == 200 else None

    def use(self, key: Keypair, *operations: Operation, also: Keypair | None = None) -> None:
        """Let somebody else send a transaction from that account, with its next sequence."""
        found = self.account(key.public_key)
        assert found is not None
        account = Account(key.public_key, int(found["sequence"]))
        builder = TransactionBuilder(account, PASSPHRASE, base_fee=100).set_timeout(60)
        for operation in operations:
            builder.append_operation(operation)
        envelope = builder.build()
        for each in (key, also) if also else (key,):
            envelope.sign(each)
        address = f"{self.horizon_url}/transactions_async"
        requests.post(address, data={"tx": envelope.to_xdr()}, timeout=10).raise_for_status()
        self.close()

    def creations(self, address: str) -> int:
        """Return how often an account was created."""
        found = self.simulators.get(f"/horizon/accounts/{address}/payments", limit="200")
        records = found["_embedded"]["records"]
        return sum(record.get("account") == address for record in records)


def key_of(channel: Channel) -> Keypair:
    """Return the key of a channel of ours."""
    sealed = SealedChannelKey.objects.select_related("channel").get(channel=channel)
    return Keypair.from_raw_ed25519_seed(seed_of(sealed))


@contextlib.contextmanager
def network() -> Iterator[StellarNetwork]:
    """Run a network of its own."""
    with Simulators({"SIMULATORS_LEDGER_SECONDS": "0"}) as simulators:
        yield StellarNetwork(simulators, Keypair.random())


def point_at(found: StellarNetwork, configured: Any) -> None:
    """Let the settings lead to the network."""
    configured.STELLAR_HORIZON_URL = found.horizon_url
    configured.STELLAR_FUNDING_SECRET = found.funding.secret
    configured.STELLAR_FUNDING_ACCOUNT = found.funding.public_key
    configured.STELLAR_FRIENDBOT_URL = ""


def due_now() -> None:
    """Let everything be due: a test does not wait."""
    instant = timezone.now()
    Submission.objects.filter(state__in=PENDING).update(due_at=instant)
    FundingRequest.objects.filter(due_at__gt=instant).update(due_at=instant)
    ended = Submission.objects.filter(ended_at__isnull=False)
    ended.update(ended_at=instant - timedelta(hours=1))
    Network.objects.update(seen_at=None, funding_seen_at=None)


def work() -> None:
    """Do what beat, workers and signer would do in some seconds: plan, sign, tend."""
    due_now()
    outcomes.settle_declined()
    planning.plan()
    for submission in Submission.objects.filter(state=State.PLANNED):
        signer.sign(submission.pk)
    due_now()
    for submission_id in sweep.due():
        tending.tend(submission_id)


def settle(found: StellarNetwork, *, rounds: int = 60) -> None:
    """Work and close ledgers until nothing is under way and nobody waits who needn't."""
    for _ in range(rounds):
        work()
        found.close()
        if is_settled():
            return
    raise AssertionError("it does not come to an end")


def open_channels(found: StellarNetwork) -> None:
    """Open all channels."""
    for _ in range(10):
        work()
        found.close()
        if Channel.objects.filter(opened_at__isnull=False).count() > settings.STELLAR_CHANNELS:
            return
    raise AssertionError("the channels are not open")


def join(count: int) -> list[str]:
    """Let some people join by their phones; return their addresses."""
    members = [MemberFactory.create(phone_proved=True) for _ in range(count)]
    return [member.wallet.stellar_public_key for member in members]


def is_settled() -> bool:
    """Tell whether nothing is under way and nobody waits who needn't."""
    waiting = FundingRequest.objects.filter(state__in=(Funding.WAITING, Funding.SUBMITTED))
    is_pending = Submission.objects.filter(state__in=PENDING).exists()
    return not is_pending and not waiting.filter(proved_at__isnull=False).exists()
