"""What the ledger holds and what it has done. Amounts are whole stroops, times epoch seconds.

State (`Account`, `Trustline` …) is mutable and belongs to the chain; history (`Transaction`,
`Operation`, `Effect`, `Ledger`) is written once.
"""

from dataclasses import dataclass, field
from typing import Any

STROOPS_PER_XLM = 10_000_000
BASE_RESERVE = 5_000_000
BASE_FEE = 100


@dataclass(frozen=True)
class Asset:
    """A credit asset; native XLM is None wherever an asset may stand."""

    code: str
    issuer: str


@dataclass
class Trustline:
    """An account's balance in one asset."""

    asset: Asset
    balance: int = 0
    limit: int = 0
    is_authorized: bool = True
    is_authorized_to_maintain_liabilities: bool = False
    is_clawback_enabled: bool = False
    sponsor: str | None = None
    last_modified_ledger: int = 0


@dataclass
class DataEntry:
    """A named value of at most 64 bytes on an account."""

    value: bytes
    sponsor: str | None = None


@dataclass
class Signer:
    """An additional signer: a public key (G…), a secret's hash (X…) or one transaction (T…)."""

    weight: int
    sponsor: str | None = None


@dataclass
class Account:
    """One account. `sequence` is the last one used up."""

    id: str
    balance: int
    sequence: int
    sequence_ledger: int = 0
    sequence_time: int = 0
    home_domain: str = ""
    flags: int = 0
    master_weight: int = 1
    low_threshold: int = 0
    med_threshold: int = 0
    high_threshold: int = 0
    signers: dict[str, Signer] = field(default_factory=dict)
    trustlines: dict[Asset, Trustline] = field(default_factory=dict)
    data: dict[str, DataEntry] = field(default_factory=dict)
    num_sponsoring: int = 0
    num_sponsored: int = 0
    sponsor: str | None = None
    last_modified_ledger: int = 0
    last_modified_time: int = 0


@dataclass
class ClaimableBalance:
    """An amount set aside for claimants, each with a predicate as XDR (base 64)."""

    id: str
    asset: Asset | None
    amount: int
    predicates: dict[str, str]
    sponsor: str
    last_modified_ledger: int = 0


@dataclass(frozen=True)
class Verdict:
    """The queue's word on a submitted envelope: PENDING, DUPLICATE, TRY_AGAIN_LATER or ERROR.

    `result_xdr` (base 64) comes with ERROR alone. `hash` is hexadecimal, of the outer envelope.
    """

    status: str
    hash: str
    result_xdr: str = ""


@dataclass(frozen=True)
class Effect:
    """One effect as Horizon lists it; `details` are its own fields, ready for JSON."""

    account: str
    type: str
    type_i: int
    details: dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of a transaction in a ledger; `order` counts from 1."""

    order: int
    source_account: str
    type: str
    type_i: int
    details: dict[str, Any]
    sponsor: str | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Transaction:
    """A transaction in a ledger, successful or not; `order` counts from 1.

    For a fee bump, `hash`, `fee_account`, `max_fee` and `signatures` are the outer's,
    `source_account` and `sequence` the inner's, and the `inner_…` fields are set.
    """

    hash: str
    ledger: int
    order: int
    closed_at: int
    is_successful: bool
    source_account: str
    sequence: int
    fee_account: str
    fee_charged: int
    max_fee: int
    envelope_xdr: str
    result_xdr: str
    signatures: tuple[str, ...]
    memo_type: str = "none"
    memo: str = ""
    memo_bytes: str = ""
    preconditions: dict[str, Any] = field(default_factory=dict)
    inner_hash: str = ""
    inner_max_fee: int = 0
    inner_signatures: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """A closed ledger. `operation_count` counts those of successful transactions."""

    sequence: int
    closed_at: int
    hash: str
    previous_hash: str
    operation_count: int
    failed_transaction_count: int
    base_fee: int
    capacity_usage: float
    transactions: tuple[Transaction, ...]
