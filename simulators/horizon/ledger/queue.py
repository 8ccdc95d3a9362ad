"""The transaction queue: one for each source account, dropped after some ledgers, then banned.

As stellar-core's TransactionQueue: what is queued for the same account can only be replaced by a
fee bump of the same sequence with ten times the fee rate, and what has landed is banned as well.
"""

from collections import Counter
from dataclasses import dataclass

from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.state import State, min_balance
from simulators.horizon.ledger.types import BASE_FEE, Verdict
from simulators.horizon.ledger.validation import Moment, Refusal, refusal

FEE_MULTIPLIER = 10
LEDGERS_QUEUED = 4
LEDGERS_BANNED = 10


@dataclass(frozen=True)
class Taken:
    """What goes into a ledger, and the fee for each operation that all of it pays."""

    transactions: list[Arrived]
    rate: int


class Queue:
    """What waits for a ledger, by source account."""

    def __init__(self) -> None:
        self.waiting: dict[str, Arrived] = {}
        self._owed: Counter[str] = Counter()  # by payer, the bids of all that waits at her cost
        self.banned: dict[str, int] = {}  # hash → the first ledger that may hold it again

    def hashes(self) -> set[str]:
        """Return the hashes of all that waits."""
        return {arrived.hash for arrived in self.waiting.values()}

    def offer(self, arrived: Arrived, state: State, moment: Moment, *, min_fee: int) -> Verdict:
        """Take it or not, and say which."""
        if self.banned.get(arrived.hash, 0) > moment.ledger:
            return Verdict("TRY_AGAIN_LATER", arrived.hash)
        present = self.waiting.get(arrived.source)
        if present is not None:
            status = _beside(present, arrived)
            if status is not None:
                return Verdict(status, arrived.hash)
        refused = (
            _out_of_turn(arrived, present)
            or _too_low(arrived, min_fee=min_fee)
            or refusal(arrived, state, moment)
            or self._unpaid(arrived, present, state)
        )
        if refused is not None:
            return Verdict("ERROR", arrived.hash, refused.as_xdr(arrived))
        if present is not None:
            self._remove(present)
        self.waiting[arrived.source] = arrived
        self._owed[arrived.fee_source] += arrived.fee
        return Verdict("PENDING", arrived.hash)

    def _unpaid(self, arrived: Arrived, present: Arrived | None, state: State) -> Refusal | None:
        """Check that the payer can pay for all that waits at her cost."""
        owed = self._owed[arrived.fee_source]
        if present is not None and present.fee_source == arrived.fee_source:
            owed -= present.fee
        payer = state.peek(arrived.fee_source)
        assert payer is not None
        if payer.balance - min_balance(payer) >= owed + arrived.fee:
            return None
        return Refusal(Tx.txINSUFFICIENT_BALANCE, is_outer=True)

    def take(self, state: State, moment: Moment, *, min_fee: int, capacity: int) -> Taken:
        """Return what goes into the ledger, by fee; age the rest, drop and ban what is too old."""
        self._drop_invalid(state, moment)
        taken: list[Arrived] = []
        room, is_crowded = capacity, False
        for arrived in sorted(self.waiting.values(), key=_rate, reverse=True):
            operations = len(arrived.transaction.operations)
            bids_enough = not arrived.bids_less_than(min_fee)
            if bids_enough and operations <= room:
                room -= operations
                taken.append(arrived)
                self._remove(arrived)
                # What has landed is banned too, so that nobody floods the network with it.
                self.banned[arrived.hash] = moment.ledger + LEDGERS_BANNED
                continue
            is_crowded = is_crowded or bids_enough
            arrived.age += 1
            if arrived.age >= LEDGERS_QUEUED:
                self._ban(arrived, moment)
        self.banned = {hash: until for hash, until in self.banned.items() if until > moment.ledger}
        rates = [each.fee // each.operations for each in taken] if is_crowded else []
        return Taken(taken, rate=max(BASE_FEE, min_fee, min(rates, default=0)))

    def _drop_invalid(self, state: State, moment: Moment) -> None:
        for arrived in list(self.waiting.values()):
            if refusal(arrived, state, moment) is not None:
                self._ban(arrived, moment)
        owed = self._owed.copy()
        for arrived in list(self.waiting.values()):
            payer = state.peek(arrived.fee_source)
            assert payer is not None
            if payer.balance - min_balance(payer) < owed[payer.id]:
                self._ban(arrived, moment)

    def _remove(self, arrived: Arrived) -> None:
        del self.waiting[arrived.source]
        self._owed[arrived.fee_source] -= arrived.fee
        if not self._owed[arrived.fee_source]:
            del self._owed[arrived.fee_source]

    def _ban(self, arrived: Arrived, moment: Moment) -> None:
        self._remove(arrived)
        self.banned[arrived.hash] = moment.ledger + LEDGERS_BANNED + 1


def _beside(present: Arrived, arrived: Arrived) -> str | None:
    """Return the status of what comes while another of its source waits; None to go on."""
    is_same = present.hash == arrived.hash
    if is_same or (present.bump is not None and present.inner_hash.hex() == arrived.hash):
        return "DUPLICATE"
    wanted, queued = arrived.transaction.sequence, present.transaction.sequence
    if wanted > queued or (wanted == queued and arrived.bump is None):
        return "TRY_AGAIN_LATER"
    return None


def _out_of_turn(arrived: Arrived, present: Arrived | None) -> Refusal | None:
    """Refuse what is older than the one that waits, and what bids too little to take its place."""
    if present is None:
        return None
    if arrived.transaction.sequence < present.transaction.sequence:
        return Refusal(Tx.txBAD_SEQ, is_outer=True)
    least = -(-FEE_MULTIPLIER * present.fee * arrived.operations // present.operations)
    if arrived.fee < least:
        return Refusal(Tx.txINSUFFICIENT_FEE, is_outer=True, fee=least)
    return None


def _too_low(arrived: Arrived, *, min_fee: int) -> Refusal | None:
    """Refuse a bid that is too low for a queue that is full of better ones."""
    if min_fee <= BASE_FEE or not arrived.bids_less_than(min_fee):
        return None
    return Refusal(Tx.txINSUFFICIENT_FEE, is_outer=True, fee=min_fee * arrived.operations)


def _rate(arrived: Arrived) -> float:
    return arrived.fee / arrived.operations
