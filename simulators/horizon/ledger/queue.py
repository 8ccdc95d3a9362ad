"""The transaction queue: one for each source account, dropped after some ledgers, then banned.

As stellar-core's TransactionQueue: what is queued for the same account can only be replaced by a
fee bump of the same transaction with ten times the fee rate.
"""

from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.state import State
from simulators.horizon.ledger.types import Verdict
from simulators.horizon.ledger.validation import Moment, Refusal, refusal

FEE_MULTIPLIER = 10
LEDGERS_QUEUED = 4
LEDGERS_BANNED = 10


class Queue:
    """What waits for a ledger, by source account."""

    def __init__(self) -> None:
        self.waiting: dict[str, Arrived] = {}
        self.banned: dict[str, int] = {}  # hash → the first ledger that may hold it again

    def hashes(self) -> set[str]:
        """Return the hashes of all that waits."""
        return {arrived.hash for arrived in self.waiting.values()}

    def offer(self, arrived: Arrived, state: State, moment: Moment, *, min_fee: int) -> Verdict:
        """Take it or not, and say which."""
        if self.banned.get(arrived.hash, 0) > moment.ledger:
            return Verdict("TRY_AGAIN_LATER", arrived.hash)
        present = self.waiting.get(arrived.source)
        if present is not None and present.hash == arrived.hash:
            return Verdict("DUPLICATE", arrived.hash)
        if present is not None:
            is_bump = arrived.bump is not None
            if not is_bump or arrived.transaction.sequence != present.transaction.sequence:
                return Verdict("TRY_AGAIN_LATER", arrived.hash)
        refused = refusal(arrived, state, moment)
        if refused is None and self._bids_too_little(arrived, present, min_fee=min_fee):
            fee = max(min_fee * arrived.operations, arrived.least_fee)
            refused = Refusal(Tx.txINSUFFICIENT_FEE, is_outer=True, fee=fee)
        if refused is not None:
            return Verdict("ERROR", arrived.hash, refused.as_xdr(arrived))
        self.waiting[arrived.source] = arrived
        return Verdict("PENDING", arrived.hash)

    @staticmethod
    def _bids_too_little(arrived: Arrived, present: Arrived | None, *, min_fee: int) -> bool:
        if present is not None and not arrived.outbids(present, times=FEE_MULTIPLIER):
            return True
        return arrived.bids_less_than(min_fee)

    def take(self, state: State, moment: Moment, *, min_fee: int, capacity: int) -> list[Arrived]:
        """Return what goes into the ledger, by fee; age the rest, drop and ban what is too old."""
        for arrived in list(self.waiting.values()):
            if refusal(arrived, state, moment) is not None:
                self._ban(arrived, moment)
        taken: list[Arrived] = []
        room = capacity
        order = sorted(self.waiting.values(), key=_rate, reverse=True)
        for arrived in order:
            operations = len(arrived.transaction.operations)
            if operations <= room and not arrived.bids_less_than(min_fee):
                room -= operations
                taken.append(arrived)
                del self.waiting[arrived.source]
            else:
                arrived.age += 1
                if arrived.age >= LEDGERS_QUEUED:
                    self._ban(arrived, moment)
        self.banned = {hash: until for hash, until in self.banned.items() if until > moment.ledger}
        return taken

    def _ban(self, arrived: Arrived, moment: Moment) -> None:
        del self.waiting[arrived.source]
        self.banned[arrived.hash] = moment.ledger + LEDGERS_BANNED + 1


def _rate(arrived: Arrived) -> float:
    return arrived.fee / arrived.operations
