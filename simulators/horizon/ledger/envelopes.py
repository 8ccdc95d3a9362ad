"""Envelopes as they arrive: decoded, and told apart into transactions and fee bumps."""

import base64
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stellar_sdk import (
    FeeBumpTransactionEnvelope,
    HashMemo,
    IdMemo,
    ReturnHashMemo,
    TextMemo,
    Transaction,
    TransactionEnvelope,
)

from simulators.horizon.ledger.signatures import Signatures
from simulators.horizon.ledger.types import BASE_FEE

OPERATIONS_MAX = 100
SIGNATURES_MAX = 20


class MalformedEnvelope(ValueError):
    """What was handed in is no envelope."""


@dataclass
class Arrived:
    """A decoded envelope. For a fee bump, `hash` is the outer's and `fee` what it bids in all."""

    xdr: str
    hash: str
    envelope: TransactionEnvelope
    bump: FeeBumpTransactionEnvelope | None
    age: int = field(default=0)
    _verified: dict[tuple[int, str], bool] = field(default_factory=dict)
    _bump_verified: dict[tuple[int, str], bool] = field(default_factory=dict)

    @property
    def transaction(self) -> Transaction:
        """The (inner) transaction."""
        return self.envelope.transaction

    @cached_property
    def inner_hash(self) -> bytes:
        """The hash of the (inner) transaction."""
        return self.envelope.hash()

    @property
    def source(self) -> str:
        """Whose sequence it uses up."""
        return self.transaction.source.account_id

    @property
    def fee_source(self) -> str:
        """Who pays the fee."""
        if self.bump is not None:
            return self.bump.transaction.fee_source.account_id
        return self.source

    @property
    def fee(self) -> int:
        """What is bid in all, in stroops."""
        return int(self.bump.transaction.fee if self.bump else self.transaction.fee)

    @property
    def operations(self) -> int:
        """For how many operations the fee is reckoned: a fee bump counts as one more."""
        return len(self.transaction.operations) + (1 if self.bump else 0)

    @property
    def least_fee(self) -> int:
        """What the network asks at least."""
        return BASE_FEE * self.operations

    def bids_less_than(self, rate: int) -> bool:
        """Tell whether it bids less than so many stroops for each operation."""
        return self.fee < rate * self.operations

    def outbids(self, other: "Arrived", *, times: int) -> bool:
        """Tell whether its bid for each operation is at least so many times the other's."""
        return self.fee * other.operations >= times * other.fee * self.operations

    def signatures(self) -> Signatures:
        """Return the (inner) transaction's signatures, none of them used yet."""
        return Signatures(self.inner_hash, self.envelope.signatures, self._verified)

    def bump_signatures(self) -> Signatures:
        """Return the fee bump's signatures, none of them used yet."""
        assert self.bump is not None
        return Signatures(self.bump.hash(), self.bump.signatures, self._bump_verified)


def decode(text: str, *, passphrase: str) -> Arrived:
    """Decode an envelope (XDR in base 64); raise MalformedEnvelope."""
    bump = None
    try:
        if FeeBumpTransactionEnvelope.is_fee_bump_transaction_envelope(text):
            bump = FeeBumpTransactionEnvelope.from_xdr(text, passphrase)
            envelope = bump.transaction.inner_transaction_envelope
        else:
            envelope = TransactionEnvelope.from_xdr(text, passphrase)
        outer = bump or envelope
        if len(outer.signatures) > SIGNATURES_MAX or len(envelope.signatures) > SIGNATURES_MAX:
            raise MalformedEnvelope
        if len(envelope.transaction.operations) > OPERATIONS_MAX:
            raise MalformedEnvelope
        return Arrived(xdr=text, hash=outer.hash_hex(), envelope=envelope, bump=bump)
    except Exception as error:  # noqa: BLE001 - the SDK's reader fails in many ways
        raise MalformedEnvelope(type(error).__name__) from None


def memo_of(transaction: Transaction) -> dict[str, Any]:
    """Return the memo in the three fields that Horizon has for it."""
    memo = transaction.memo
    if isinstance(memo, TextMemo):
        return {
            "memo_type": "text",
            "memo": memo.memo_text.decode("utf-8", "replace"),
            "memo_bytes": base64.b64encode(memo.memo_text).decode(),
        }
    if isinstance(memo, IdMemo):
        return {"memo_type": "id", "memo": str(memo.memo_id)}
    if isinstance(memo, HashMemo | ReturnHashMemo):
        raw = memo.memo_hash if isinstance(memo, HashMemo) else memo.memo_return
        kind = "hash" if isinstance(memo, HashMemo) else "return"
        return {"memo_type": kind, "memo": base64.b64encode(raw).decode()}
    return {"memo_type": "none"}


def preconditions_of(transaction: Transaction) -> dict[str, Any]:
    """Return the bounds as Horizon writes them."""
    given = transaction.preconditions
    told: dict[str, Any] = {}
    if given is None:
        return told
    if given.time_bounds is not None:
        told["timebounds"] = {
            "min_time": str(given.time_bounds.min_time),
            "max_time": str(given.time_bounds.max_time),
        }
    if given.ledger_bounds is not None:
        told["ledgerbounds"] = {
            "min_ledger": given.ledger_bounds.min_ledger,
            "max_ledger": given.ledger_bounds.max_ledger,
        }
    return told
