"""What Horizon tells, as values. Amounts and fees are whole stroops, times are aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wallets.stellar.client.results import Result


class HorizonUnavailable(Exception):
    """The question was not answered, or by something that can't be read. Its text says how."""


class HistoryGone(HorizonUnavailable):
    """The server has no history any more from where it was asked (410, `before_history`)."""


@dataclass(frozen=True)
class Network:
    """The network as Horizon's root tells: its name, and the latest ledger that it can show.

    `core_ledger` is how far the network is: where it runs ahead of `ledger`, Horizon lags.
    """

    passphrase: str
    ledger: int
    closed_at: datetime
    protocol: int
    core_ledger: int


@dataclass(frozen=True)
class FeeStats:
    """Fees per operation in the last ledgers: the least, and what those who got in were charged.

    `capacity_usage` is a share of one.
    """

    last_ledger: int
    base_fee: int
    capacity_usage: float
    p50: int
    p70: int
    p90: int
    p95: int
    p99: int
    max: int


@dataclass(frozen=True)
class AccountState:
    """An account. `ledger` is from which the very answer came; None where the server said none."""

    address: str
    sequence: int
    balance_stroops: int
    subentries: int
    num_sponsoring: int
    num_sponsored: int
    trustlines: tuple[tuple[str, int], ...]  # `CODE:ISSUER` and balance
    sponsor: str  # who holds its reserve; empty where it does so itself
    ledger: int | None


@dataclass(frozen=True)
class Landed:
    """A transaction that a ledger holds, successful or not."""

    hash: str
    successful: bool
    ledger: int
    fee_charged: int
    result: Result
    closed_at: datetime


@dataclass(frozen=True)
class Used:
    """A transaction of an account's history, done or failed, and whose sequence it has used up.

    `inner_hash` is empty where there was no fee bump.
    """

    hash: str
    inner_hash: str
    source: str
    sequence: int
    ledger: int


@dataclass(frozen=True)
class UsedPage:
    """Some of them, the newest first, and the cursor to go on from; empty where there are none."""

    records: tuple[Used, ...]
    next_cursor: str


@dataclass(frozen=True)
class Missing:
    """A hash or an account that isn't known as of a ledger; None where the server said none.

    The ledger is from the very answer that doesn't know the hash. Taken from another answer it
    proves nothing: that one may come from a server that is further ahead. Horizon at v24 names the
    ledger in answers of accounts only; of a missing transaction it says none.
    """

    seen_ledger: int | None


class Outcome(StrEnum):
    """What became of an envelope that was handed in."""

    ACCEPTED = "ACCEPTED"  # the network has it
    DUPLICATE = "DUPLICATE"  # the network had it before
    TRY_LATER = "TRY_LATER"  # it says that it did not take it; another of its source may wait
    REFUSED = "REFUSED"  # turned down, with a code
    UNKNOWN = "UNKNOWN"  # no answer, or one that says nothing
    NOT_SENT = "NOT_SENT"  # no connection came about
    NOT_OFFERED = "NOT_OFFERED"  # this server takes no transactions, or not this way


@dataclass(frozen=True)
class Submitted:
    """The answer to an envelope. `result` comes with REFUSED, `reason` is for people."""

    outcome: Outcome
    reason: str
    result: Result | None = None
    retry_after_seconds: int | None = None


@dataclass(frozen=True)
class Payment:
    """A movement between two accounts. The amount of a merge isn't told: None."""

    paging_token: str
    type: str
    transaction_hash: str
    at: datetime
    from_address: str
    to_address: str
    amount_stroops: int | None
    asset: str  # `native` or `CODE:ISSUER`


@dataclass(frozen=True)
class Page:
    """Some payments in order, and the cursor to go on from; unchanged where there are none."""

    records: tuple[Payment, ...]
    next_cursor: str
    count: int  # of all records that the page held, also those that are no payment to us
    unreadable: tuple[str, ...] = ()  # paging tokens of records that we can't make out
