"""Gifts of the network's first account: friendbot's to whoever asks, and those of tests.

That account, as any other, can have one transaction under way at a time. So whoever waits is served
together: one transaction creates accounts for all that asked since the last.
"""

import threading
from functools import partial
from typing import Any

from stellar_sdk import Account, Asset, CreateAccount, Payment, TransactionBuilder
from stellar_sdk.operation import Operation

from simulators.horizon.ledger.chain import Chain
from simulators.horizon.ledger.envelopes import OPERATIONS_MAX
from simulators.horizon.ledger.types import BASE_FEE, Verdict
from simulators.horizon.node import Node

LUMENS = "10000"
_TIMEOUT_SECONDS = 300
_LEDGERS_BY_HAND = 2  # one for a gift that is under way, one for this
_TRIES = 5


class Friendbot:
    """The hand that gives."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._asked: dict[str, None] = {}  # in the order in which they came
        self._served: dict[str, str] = {}  # address → the transaction that is to create it

    def create(self, address: str, *, seconds: float) -> dict[str, Any] | None:
        """Create an account and return its transaction's record; None when that took too long."""
        with self._lock:
            self._asked[address] = None
        node = self._node
        for _ in range(0 if node.knobs.ledger_seconds else _LEDGERS_BY_HAND):
            self._serve()
            if self._is_there(address):
                break
            node.close()
        self._serve()
        node.wait(seconds=seconds, until=lambda: self._is_served(address))
        with self._lock:
            self._asked.pop(address, None)
            hash = self._served.pop(address, "")
        return node.history.transaction(hash) if self._is_there(address) else None

    def give(self, address: str, *, lumens: str) -> Verdict:
        """Hand in a gift to an account, which is created if need be; raise ValueError.

        When another gift is under way, the ledger that ends it is waited for, or closed.
        """
        node = self._node
        for _ in range(_TRIES):
            chain, shown = node.chain, node.latest.sequence
            exists = chain.account(address) is not None
            gift = Payment(address, Asset.native(), lumens) if exists else None
            verdict = self._hand_in(chain, [gift or CreateAccount(address, lumens)])
            if verdict.status != "TRY_AGAIN_LATER":
                break
            if not node.knobs.ledger_seconds:
                node.close()
            else:
                seconds = node.knobs.submit_seconds
                node.wait(seconds=seconds, until=partial(self._is_past, shown))
        return verdict

    def _is_served(self, address: str) -> bool:
        """Tell whether the account is there; if not, hand in what can be handed in."""
        if self._is_there(address):
            return True
        self._serve()
        return False

    def _is_past(self, ledger: int) -> bool:
        return self._node.latest.sequence != ledger

    def _serve(self) -> None:
        """Hand in one transaction for all that wait, unless the one before is still under way."""
        with self._lock:
            chain = self._node.chain
            wait = [each for each in self._asked if chain.account(each) is None][:OPERATIONS_MAX]
            if not wait or any(chain.queued(hash) for hash in self._served.values()):
                return
            verdict = self._hand_in(chain, [CreateAccount(each, LUMENS) for each in wait])
            if verdict.status == "PENDING":
                self._served |= dict.fromkeys(wait, verdict.hash)

    def _hand_in(self, chain: Chain, operations: list[Operation]) -> Verdict:
        root = chain.account(chain.root_keypair.public_key)
        assert root is not None
        builder = TransactionBuilder(
            Account(root.id, root.sequence),
            chain.passphrase,
            base_fee=max(BASE_FEE, chain.min_fee),
        )
        for operation in operations:
            builder.append_operation(operation)
        envelope = builder.set_timeout(_TIMEOUT_SECONDS).build()
        envelope.sign(chain.root_keypair)
        return chain.submit(envelope.to_xdr())

    def _is_there(self, address: str) -> bool:
        return self._node.account(address, ledger=self._node.latest.sequence) is not None
