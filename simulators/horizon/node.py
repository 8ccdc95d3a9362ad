"""The network at work: ledgers that close by the clock or by hand, and what they leave."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from simulators.faults import Fault, Faults, Kind, Parameter
from simulators.horizon.history import History
from simulators.horizon.ledger.chain import Chain
from simulators.horizon.ledger.types import BASE_FEE, Ledger

NETWORK = "horizon.network"
FAULTS = (
    Kind("halt", "no ledger closes; with `times`, for so many"),
    Kind("surge", "the least fee rises", (Parameter("factor", 20, 2, 100_000, whole=True),)),
)
_TICK_SECONDS = 0.05


@dataclass
class Knobs:
    """What can be turned while it runs. Without `ledger_seconds` ledgers close by hand only."""

    ledger_seconds: float
    capacity: int = 1000
    min_fee: int = BASE_FEE


class Node:
    """A chain and its history, with a thread that closes ledgers."""

    def __init__(
        self, *, passphrase: str, folder: Path | None, faults: Faults, ledger_seconds: float
    ) -> None:
        self.knobs = Knobs(ledger_seconds=ledger_seconds)
        self.closed = threading.Condition()
        self.resets = 0
        self._passphrase = passphrase
        self._faults = faults
        self._history = History(folder)
        self.chain = self._begin()

    @property
    def history(self) -> History:
        """What happened in closed ledgers."""
        return self._history

    def start(self) -> None:
        """Close ledgers by the clock from now on."""
        threading.Thread(target=self._run, name="ledgers", daemon=True).start()

    def close(self) -> Ledger | None:
        """Close one ledger; None where a fault has halted the network."""
        with self.closed:
            if self._strikes("halt"):
                return None
            surge = self._strikes("surge")
            factor = int(surge.parameters["factor"]) if surge else 1
            self.chain.min_fee = self.knobs.min_fee * factor
            self.chain.capacity = self.knobs.capacity
            ledger = self.chain.close_ledger()
            # An empty ledger changes nothing but the number, which is written with the next one.
            is_written = bool(ledger.transactions) or ledger.sequence % 50 == 0
            state = self.chain.dump() if self._history.is_kept and is_written else None
            self._history.add(ledger, state=state)
            self.closed.notify_all()
            return ledger

    def wait(self, seconds: float) -> None:
        """Wait for the next ledger, or so long."""
        with self.closed:
            self.closed.wait(seconds)

    def reset(self) -> None:
        """Begin anew, as test networks do every few months: no accounts, first ledgers."""
        with self.closed:
            self._history.reset()
            self.resets += 1
            self.chain = self._begin()
            self.closed.notify_all()

    def _begin(self) -> Chain:
        chain = Chain(passphrase=self._passphrase, capacity=self.knobs.capacity)
        if (state := self._history.state()) is not None:
            chain.restore(state)
        # Restored, some empty ledgers may be missing: go on where nothing shown is repeated.
        shown = self._history.newest_token() >> 32
        while chain.latest.sequence < shown:
            chain.close_ledger()
        if not shown:
            state = chain.dump() if self._history.is_kept else None
            self._history.add(chain.latest, state=state)
        return chain

    def _strikes(self, kind: str) -> Fault | None:
        return self._faults.take(target=NETWORK, kind=kind, phones=())

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            time.sleep(_TICK_SECONDS)
            seconds = self.knobs.ledger_seconds
            if not seconds:
                due = time.monotonic()
            elif time.monotonic() >= due + seconds:
                due = time.monotonic()
                self.close()
