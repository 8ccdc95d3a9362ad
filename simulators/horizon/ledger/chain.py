"""The chain: what is handed in, ledgers that close one after the other, and the state they make."""

import base64
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable

from stellar_sdk import Keypair

from simulators.horizon.ledger import persistence
from simulators.horizon.ledger.applying import apply
from simulators.horizon.ledger.envelopes import (
    Arrived,
    MalformedEnvelope,
    decode,
    memo_of,
    preconditions_of,
)
from simulators.horizon.ledger.queue import Queue
from simulators.horizon.ledger.state import Draft, State
from simulators.horizon.ledger.types import (
    BASE_FEE,
    STROOPS_PER_XLM,
    Account,
    ClaimableBalance,
    Ledger,
    Transaction,
    Verdict,
)
from simulators.horizon.ledger.validation import Moment

__all__ = ["Chain", "MalformedEnvelope"]
PAST_LEDGERS = 64  # of which it is known how accounts were
TOTAL_STROOPS = 10**11 * STROOPS_PER_XLM


class Chain:
    """One network. Safe to use from many threads. Fees and amounts are whole stroops.

    `capacity` is in operations for each ledger; `min_fee` is the least bid for each operation that
    gets in now: raise it for a surge.
    """

    def __init__(
        self,
        *,
        passphrase: str,
        clock: Callable[[], float] = time.time,
        first_ledger: int = 1000,
        capacity: int = 1000,
    ) -> None:
        self.passphrase = passphrase
        self.capacity = capacity
        self.min_fee = BASE_FEE
        self.fee_pool = 0
        # As core does: the root account's seed is the network's id.
        self.root_keypair = Keypair.from_raw_ed25519_seed(
            hashlib.sha256(passphrase.encode()).digest()
        )
        self._clock = clock
        self._lock = threading.RLock()
        self._state = State()
        self._queue = Queue()
        self._past: deque[dict[str, Account | None]] = deque(maxlen=PAST_LEDGERS)
        root = self.root_keypair.public_key
        self._state.accounts[root] = Account(id=root, balance=TOTAL_STROOPS, sequence=0)
        self.latest = Ledger(
            sequence=first_ledger,
            closed_at=int(clock()),
            hash=_hash(first_ledger, ""),
            previous_hash="",
            operation_count=0,
            failed_transaction_count=0,
            base_fee=BASE_FEE,
            capacity_usage=0.0,
            transactions=(),
        )

    @property
    def next_sequence(self) -> int:
        """The number of the ledger that closes next."""
        return self.latest.sequence + 1

    def account(self, address: str, *, ledgers_ago: int = 0) -> Account | None:
        """Return an account, to read only, as it is or as it was some ledgers ago."""
        with self._lock:
            found = self._state.peek(address)
            for before in list(self._past)[::-1][:ledgers_ago]:
                found = before.get(address, found)
            return found

    def claimable_balance(self, id: str) -> ClaimableBalance | None:
        """Return a claimable balance, to read only."""
        with self._lock:
            return self._state.peek_balance(id)

    def lumens(self) -> int:
        """Return all there are, in stroops: on accounts, set aside, and in the fee pool."""
        with self._lock:
            on_accounts = sum(account.balance for account in self._state.accounts.values())
            aside = sum(each.amount for each in self._state.balances.values() if each.asset is None)
            return on_accounts + aside + self.fee_pool

    def queued(self, hash: str) -> bool:
        """Tell whether an envelope of that (outer) hash waits for a ledger."""
        with self._lock:
            return hash in self._queue.hashes()

    def queue_length(self) -> int:
        """Return how many transactions wait for a ledger."""
        with self._lock:
            return len(self._queue.waiting)

    def submit(self, envelope_xdr: str) -> Verdict:
        """Hand in an envelope and return the queue's word on it; raise MalformedEnvelope."""
        arrived = decode(envelope_xdr, passphrase=self.passphrase)
        with self._lock:
            return self._queue.offer(arrived, self._state, self._next(), min_fee=self.min_fee)

    def close_ledger(self) -> Ledger:
        """Close a ledger with what waits, as far as there is room, and return it."""
        with self._lock:
            moment = self._next()
            self._state.before = {}
            taken = self._queue.take(
                self._state, moment, min_fee=self.min_fee, capacity=self.capacity
            )
            used = sum(len(arrived.transaction.operations) for arrived in taken.transactions)
            charged = [
                (arrived, self._charge(arrived, moment, rate=taken.rate))
                for arrived in taken.transactions
            ]
            landed = [
                self._apply(arrived, moment, fee=fee, order=order)
                for order, (arrived, fee) in enumerate(charged, start=1)
            ]
            self._past.append(self._state.before)
            self.latest = Ledger(
                sequence=moment.ledger,
                closed_at=moment.closed_at,
                hash=_hash(moment.ledger, self.latest.hash),
                previous_hash=self.latest.hash,
                operation_count=sum(len(each.operations) for each in landed if each.is_successful),
                failed_transaction_count=sum(not each.is_successful for each in landed),
                base_fee=BASE_FEE,
                capacity_usage=used / self.capacity,
                transactions=tuple(landed),
            )
            return self.latest

    def dump(self) -> bytes:
        """Return the present state, to be restored later; what waits for a ledger is not kept."""
        with self._lock:
            return persistence.dump(self._state, latest=self.latest, fee_pool=self.fee_pool)

    def restore(self, dumped: bytes) -> None:
        """Take up a state that was dumped."""
        with self._lock:
            found = persistence.load(dumped)
            self._state, self.latest, self.fee_pool = found.state, found.latest, found.fee_pool
            self._past.clear()
            self._queue = Queue()

    def _next(self) -> Moment:
        return Moment(self.next_sequence, max(int(self._clock()), self.latest.closed_at))

    def _charge(self, arrived: Arrived, moment: Moment, *, rate: int) -> int:
        """Take the fee, before anything is applied, and return it; it stays taken."""
        draft = Draft(self._state)
        payer = draft.account(arrived.fee_source)
        assert payer is not None
        fee = min(arrived.fee, rate * arrived.operations, payer.balance)
        payer.balance -= fee
        self.fee_pool += fee
        draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)
        return fee

    def _apply(self, arrived: Arrived, moment: Moment, *, fee: int, order: int) -> Transaction:
        applied = apply(arrived, self._state, moment, fee=fee)
        bump, inner = arrived.bump, arrived.envelope
        return Transaction(
            hash=arrived.hash,
            ledger=moment.ledger,
            order=order,
            closed_at=moment.closed_at,
            is_successful=applied.is_successful,
            source_account=arrived.source,
            sequence=arrived.transaction.sequence,
            fee_account=arrived.fee_source,
            fee_charged=fee,
            max_fee=arrived.fee,
            envelope_xdr=arrived.xdr,
            result_xdr=applied.result_xdr,
            signatures=_signatures(bump or inner),
            preconditions=preconditions_of(arrived.transaction),
            inner_hash=inner.hash_hex() if bump else "",
            inner_max_fee=arrived.transaction.fee if bump else 0,
            inner_signatures=_signatures(inner) if bump else (),
            operations=applied.operations,
            **memo_of(arrived.transaction),
        )


def _signatures(envelope: object) -> tuple[str, ...]:
    return tuple(
        base64.b64encode(each.signature).decode()
        for each in envelope.signatures  # type: ignore[attr-defined]
    )


def _hash(sequence: int, previous: str) -> str:
    return hashlib.sha256(f"{sequence}:{previous}".encode()).hexdigest()
