"""Horizon's JSON, read strictly: a field that is missing or malformed is HorizonUnavailable."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from nannychain.http import Answer
from wallets.stellar.client.amounts import stroops
from wallets.stellar.client.answers import (
    AccountState,
    FeeStats,
    HorizonUnavailable,
    Landed,
    Network,
    Page,
    Payment,
    Used,
    UsedPage,
)
from wallets.stellar.client.results import read_result

P = ParamSpec("P")
R = TypeVar("R")
_HASH = re.compile(r"[0-9a-f]{64}")
_CREATES, _MERGES = "create_account", "account_merge"
_PAYS = ("payment", "path_payment_strict_receive", "path_payment_strict_send")
_INT64_MAX = 2**63 - 1
_SHARE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?")
_UNREADABLE = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError),
    RecursionError,  # a body of brackets only
)


def strict(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a reader: whatever is wrong with what it reads is HorizonUnavailable."""

    @wraps(function)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except _UNREADABLE:
            raise HorizonUnavailable("an answer that can't be read") from None

    return read


@strict
def body_of(answer: Answer) -> dict[str, Any]:
    """Return the JSON object that an answer holds."""
    found = json.loads(answer.content)
    if not isinstance(found, dict):
        raise TypeError
    return found


def ledger_of(answer: Answer) -> int | None:
    """Return the ledger from which an answer came, as its header says."""
    text = answer.headers.get("Latest-Ledger", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@strict
def network(body: dict[str, Any]) -> Network:
    """Read the root."""
    return Network(
        passphrase=_text(body["network_passphrase"]),
        ledger=_whole(body["history_latest_ledger"]),
        closed_at=_time(body["history_latest_ledger_closed_at"]),
        protocol=_whole(body["current_protocol_version"]),
        core_ledger=_whole(body["core_latest_ledger"]),
    )


@strict
def fee_stats(body: dict[str, Any]) -> FeeStats:
    """Read the fees, of what was charged: bids may be any number, and all pay the least of them."""
    charged = body["fee_charged"]
    return FeeStats(
        last_ledger=_whole(body["last_ledger"]),
        base_fee=_whole(body["last_ledger_base_fee"]),
        capacity_usage=_share(body["ledger_capacity_usage"]),
        p50=_whole(charged["p50"]),
        p70=_whole(charged["p70"]),
        p90=_whole(charged["p90"]),
        p95=_whole(charged["p95"]),
        p99=_whole(charged["p99"]),
        max=_whole(charged["max"]),
    )


@strict
def account(body: dict[str, Any], *, address: str, ledger: int | None) -> AccountState:
    """Read the account that was asked for by that address."""
    if body["account_id"] != address:
        raise ValueError
    balances = {_asset(each): stroops(each["balance"]) for each in body["balances"]}
    return AccountState(
        address=address,
        sequence=_whole(body["sequence"]),
        balance_stroops=balances["native"],
        subentries=_whole(body["subentry_count"]),
        num_sponsoring=_whole(body.get("num_sponsoring", 0)),
        num_sponsored=_whole(body.get("num_sponsored", 0)),
        trustlines=tuple(each for each in balances.items() if each[0] != "native"),
        sponsor="" if body.get("sponsor") is None else _text(body["sponsor"]),
        ledger=ledger,
    )


@strict
def transaction(body: dict[str, Any], *, hash: str) -> Landed:
    """Read a transaction that was asked for by that hash, of itself or of a fee bump around it."""
    inner, outer = body.get("inner_transaction"), body.get("fee_bump_transaction")
    hashes = {body["hash"], *(each["hash"] for each in (inner, outer) if each is not None)}
    if hash not in hashes or not isinstance(body["successful"], bool):
        raise ValueError
    result = read_result(body["result_xdr"])
    if (result.code == "tx_success") is not body["successful"]:
        raise ValueError
    return Landed(
        hash=hash,
        successful=body["successful"],
        ledger=_whole(body["ledger"]),
        fee_charged=_whole(body["fee_charged"]),
        result=result,
        closed_at=_time(body["created_at"]),
    )


@strict
def transactions(body: dict[str, Any]) -> UsedPage:
    """Read a page of transactions."""
    records = body["_embedded"]["records"]
    after = _text(records[-1]["paging_token"]) if records else ""
    return UsedPage(records=tuple(_used(each) for each in records), next_cursor=after)


def _used(record: dict[str, Any]) -> Used:
    inner, outer = record.get("inner_transaction"), record.get("fee_bump_transaction")
    return Used(
        hash=_hash(record["hash"] if outer is None else outer["hash"]),
        inner_hash="" if inner is None else _hash(inner["hash"]),
        source=_text(record["source_account"]),
        sequence=_whole(record["source_account_sequence"]),
        ledger=_whole(record["ledger"]),
    )


@strict
def payments(body: dict[str, Any], *, cursor: str) -> Page:
    """Read a page of payments; other kinds of records only move the cursor.

    A record that can't be made out doesn't hold up the others: its token is told.
    """
    records = body["_embedded"]["records"]
    read, unreadable = [], []
    for each in records:
        token = _text(each["paging_token"])
        try:
            payment = _payment(each)
        except _UNREADABLE:
            unreadable.append(token)
            continue
        if payment is not None:
            read.append(payment)
    after = _text(records[-1]["paging_token"]) if records else cursor
    return Page(
        records=tuple(read), next_cursor=after, count=len(records), unreadable=tuple(unreadable)
    )


def _payment(record: dict[str, Any]) -> Payment | None:
    kind = record["type"]
    if record.get("transaction_successful") is False:
        return None
    amount: int | None = None
    if kind == _CREATES:
        sides, amount = (record["funder"], record["account"]), stroops(record["starting_balance"])
    elif kind == _MERGES:
        sides = (record["account"], record["into"])
    elif kind in _PAYS:
        sides, amount = (record["from"], record["to"]), stroops(record["amount"])
    else:
        return None
    return Payment(
        paging_token=_text(record["paging_token"]),
        type=kind,
        transaction_hash=_hash(record["transaction_hash"]),
        at=_time(record["created_at"]),
        from_address=_text(sides[0]),
        to_address=_text(sides[1]),
        amount_stroops=amount,
        asset=_asset(record) if kind in _PAYS else "native",
    )


def _asset(fields: dict[str, Any]) -> str:
    if fields["asset_type"] == "native":
        return "native"
    if fields["asset_type"] == "liquidity_pool_shares":
        return f"pool:{_text(fields['liquidity_pool_id'])}"
    return f"{_text(fields['asset_code'])}:{_text(fields['asset_issuer'])}"


def _whole(value: object) -> int:
    """Read a whole number, which Horizon writes as text where it may be long."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if type(value) is not int or not 0 <= value <= _INT64_MAX:
        raise ValueError
    return value


def _text(value: object) -> str:
    """Read a text that can be shown and stored as it is."""
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise ValueError
    return value


def _share(value: object) -> float:
    """Read a share of one, which Horizon writes as text."""
    if not isinstance(value, str) or not _SHARE.fullmatch(value):
        raise ValueError
    return float(value)


def _hash(value: object) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError
    return value


def _time(value: object) -> datetime:
    read = datetime.fromisoformat(_text(value))
    if read.tzinfo is None:
        raise ValueError
    return read.astimezone(UTC)
