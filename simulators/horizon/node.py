"""The network at work: ledgers that close by the clock or by hand, and what they leave.

A ledger is shown (`latest`) only when all that it did is written. What Horizon names as its latest
ledger is thus never ahead of what it knows: who is told "as of ledger 8, no" may rely on it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from simulators.faults import Fault, Faults, Kind, Parameter
from simulators.horizon import records
from simulators.horizon.history import History
from simulators.horizon.ledger.chain import PAST_LEDGERS, Chain
from simulators.horizon.ledger.types import BASE_FEE, Account, Ledger

NETWORK = "horizon.network"
FAULTS = (
    Kind("halt", "no ledger closes: so many times, or until cleared"),
    Kind("surge", "the least fee rises", (Parameter("factor", 20, 2, 100_000, whole=True),)),
)
_TICK_SECONDS = 0.05
_LEDGERS_BETWEEN_STATES = 50
_log = logging.getLogger("simulators")


@dataclass
class Knobs:
    """What can be turned while it runs. Without `ledger_seconds` ledgers close by hand only.

    `submit_seconds` is how long the older way of handing in waits for a ledger, `stream_seconds`
    how long a stream lasts before its client is to come anew.
    """

    ledger_seconds: float
    submit_seconds: float = 30.0
    stream_seconds: float = 55.0
    capacity: int = 1000
    min_fee: int = BASE_FEE


class Node:
    """A chain and its history, with a thread that closes ledgers."""

    def __init__(self, *, passphrase: str, folder: Path | None, faults: Faults, knobs: Knobs):
        self.knobs = knobs
        self.closed = threading.Condition()
        self.resets = 0
        self.history = History(folder)
        self._passphrase = passphrase
        self._faults = faults
        # One less than the chain remembers: it may be a ledger ahead of what is shown.
        self._shown: deque[Ledger] = deque(maxlen=PAST_LEDGERS - 1)
        self.chain = self._begin()

    @property
    def latest(self) -> Ledger:
        """The last ledger that is shown, without its transactions."""
        return self._shown[-1]

    @property
    def is_halted(self) -> bool:
        """Whether a fault keeps ledgers from closing (it may be one that strikes at times)."""
        return any((f["target"], f["kind"]) == (NETWORK, "halt") for f in self._faults.all())

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
            is_written = ledger.transactions or ledger.sequence % _LEDGERS_BETWEEN_STATES == 0
            state = self.chain.dump() if self.history.is_kept and is_written else None
            self.history.add(ledger, state=state)
            self._shown.append(replace(ledger, transactions=()))
            self.closed.notify_all()
            return ledger

    def wait(self, *, seconds: float, until: Callable[[], object]) -> bool:
        """Wait until that is so, asked after each ledger; False when it isn't in so long."""
        with self.closed:
            return bool(self.closed.wait_for(until, timeout=seconds))

    def ago(self, ledgers: int) -> Ledger:
        """Return the ledger that was the latest so many ledgers ago, or the oldest known."""
        shown = list(self._shown)
        return shown[max(0, len(shown) - 1 - ledgers)]

    def account(self, address: str, *, ledger: int) -> Account | None:
        """Return an account as it was after that ledger, one of those that `ago` gives."""
        while True:
            chain = self.chain
            sequence = chain.latest.sequence
            found = chain.account(address, ledgers_ago=max(0, sequence - ledger))
            if chain.latest.sequence == sequence:  # else a ledger has closed in between
                return found

    def reset(self) -> None:
        """Begin anew, as test networks do every few months: no accounts, first ledgers."""
        with self.closed:
            self.history.reset()
            self.resets += 1
            self.chain = self._begin()
            self.closed.notify_all()

    def _begin(self) -> Chain:
        chain = self._restored() or self._genesis()
        newest = self.history.ledger(chain.latest.sequence)
        assert newest is not None
        closed_at = records.seconds(newest["closed_at"])
        self._shown.clear()
        self._shown.append(replace(chain.latest, closed_at=closed_at, transactions=()))
        return chain

    def _genesis(self) -> Chain:
        chain = Chain(passphrase=self._passphrase, capacity=self.knobs.capacity)
        state = chain.dump() if self.history.is_kept else None
        self.history.add(chain.latest, state=state)
        return chain

    def _restored(self) -> Chain | None:
        """Return the chain as it was left; None when nothing is kept, or of another network."""
        shown, state = self.history.newest_token() >> 32, self.history.state()
        if not shown or state is None:
            return None
        chain = Chain(passphrase=self._passphrase, capacity=self.knobs.capacity)
        chain.restore(state)
        if chain.account(chain.root_keypair.public_key) is None:
            self.history.reset()
            return None
        # Empty ledgers are shown without their state being written: go on where they ended.
        while chain.latest.sequence < shown:
            chain.close_ledger()
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
                try:
                    self.close()
                except Exception:  # noqa: BLE001 - the clock goes on, whatever one ledger met
                    _log.exception("a ledger could not be closed")
