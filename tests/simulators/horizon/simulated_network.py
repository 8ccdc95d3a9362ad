"""A simulated network as its tests see it: ledgers close by hand, people with lumens, envelopes."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from stellar_sdk import (
    Account,
    Asset,
    Keypair,
    Payment,
    Server,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.client.requests_client import RequestsClient

from tests.simulators.program import SECONDS_MAX, Simulators

PASSPHRASE = "Test SDF Network ; September 2015"


@dataclass
class SimulatedNetwork:
    """What a test does with the network."""

    simulators: Simulators

    @property
    def url(self) -> str:
        """Horizon's address."""
        return f"{self.simulators.url}/horizon"

    @property
    def server(self) -> Server:
        """Horizon through the SDK, without its retries."""
        return Server(self.url, client=RequestsClient(num_retries=0))

    def get(self, path: str, **query: Any) -> requests.Response:
        """Ask Horizon and return the answer, whatever it is."""
        return requests.get(self.url + path, params=query, timeout=SECONDS_MAX)

    def records(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the records of a page."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["_embedded"]["records"])

    def close(self, ledgers: int = 1) -> int:
        """Close some ledgers and return the number of the last."""
        return int(self.control("close", ledgers=ledgers)["ledger"])

    def control(self, verb: str, **content: Any) -> Any:
        """Do something to the network by the control API."""
        return self.simulators.post(f"/control/horizon/{verb}", **content)

    def fault(self, kind: str, *, target: str = "horizon.submit", **fields: Any) -> None:
        """Let something go wrong."""
        self.simulators.fault(kind, target=target, **fields)

    def person(self, lumens: int = 100) -> Keypair:
        """Return the key of a funded account."""
        person = Keypair.random()
        self.control("fund", address=person.public_key, lumens=lumens)
        self.close()
        return person

    def signed(self, source: Keypair, *operations: Any, fee: int = 100) -> TransactionEnvelope:
        """Return a signed transaction; without operations, a lumen to oneself."""
        account = self.get(f"/accounts/{source.public_key}").json()
        whole = Account(source.public_key, int(account["sequence"]))
        builder = TransactionBuilder(whole, PASSPHRASE, base_fee=fee)
        for operation in operations or (Payment(source.public_key, Asset.native(), "1"),):
            builder.append_operation(operation)
        envelope = builder.set_timeout(300).build()
        envelope.sign(source)
        return envelope

    def hand_in(self, envelope: Any, *, path: str = "/transactions_async") -> requests.Response:
        """Post an envelope and return the answer, whatever it is."""
        form = {"tx": envelope if isinstance(envelope, str) else envelope.to_xdr()}
        return requests.post(self.url + path, data=form, timeout=SECONDS_MAX)

    def land(self, envelope: Any) -> str:
        """Hand an envelope in, close a ledger, and return the transaction's hash."""
        answer = self.hand_in(envelope)
        assert answer.status_code == 201, answer.text
        self.close()
        return str(answer.json()["hash"])


class KillableSimulators(Simulators):
    """Simulators that keep their state in a folder, and can be killed without a warning."""

    def __init__(self, folder: Path, **environment: str) -> None:
        fixed = {"SIMULATORS_LEDGER_SECONDS": "0", "SIMULATORS_STATE": str(folder)}
        super().__init__({**fixed, **environment})

    def kill(self) -> None:
        """End the program and its worker at once, as a power cut would."""
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (*map(int, children), master):
            os.kill(pid, signal.SIGKILL)
        self._process.wait(SECONDS_MAX)

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            super().__exit__(*error)
