"""Records as Horizon writes them: long numbers as text, amounts with seven decimals, times in Z.

Shapes: Horizon's `protocols/horizon`. A token (SEP-35) is ledger, transaction and operation in one.
"""

import base64
from datetime import UTC, datetime
from typing import Any

from simulators.horizon.ledger.operations.payments import as_json
from simulators.horizon.ledger.state import subentries, text
from simulators.horizon.ledger.types import (
    BASE_RESERVE,
    Account,
    Effect,
    Ledger,
    Operation,
    Transaction,
)

_MAX_SET_SIZE = 1000


def toid(ledger: int, transaction: int = 0, operation: int = 0) -> int:
    """Return the token (SEP-35) of a ledger, a transaction in it, or an operation in that."""
    return ledger << 32 | transaction << 12 | operation


def time(seconds: int) -> str:
    """Return an instant as Horizon writes it."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(written: str) -> int:
    """Return the instant that was written so, in epoch seconds."""
    return int(datetime.fromisoformat(written).timestamp())


def ledger(closed: Ledger) -> dict[str, Any]:
    """Return a ledger's record."""
    successful = sum(each.is_successful for each in closed.transactions)
    return {
        "id": closed.hash,
        "paging_token": str(toid(closed.sequence)),
        "hash": closed.hash,
        "prev_hash": closed.previous_hash,
        "sequence": closed.sequence,
        "successful_transaction_count": successful,
        "failed_transaction_count": closed.failed_transaction_count,
        "operation_count": closed.operation_count,
        "tx_set_operation_count": sum(len(each.operations) for each in closed.transactions),
        "closed_at": time(closed.closed_at),
        "base_fee_in_stroops": closed.base_fee,
        "base_reserve_in_stroops": BASE_RESERVE,
        "max_tx_set_size": _MAX_SET_SIZE,
        "protocol_version": 23,
    }


def transaction(landed: Transaction) -> dict[str, Any]:
    """Return a transaction's record."""
    record: dict[str, Any] = {
        "id": landed.hash,
        "paging_token": str(toid(landed.ledger, landed.order)),
        "successful": landed.is_successful,
        "hash": landed.hash,
        "ledger": landed.ledger,
        "created_at": time(landed.closed_at),
        "source_account": landed.source_account,
        "source_account_sequence": str(landed.sequence),
        "fee_account": landed.fee_account,
        "fee_charged": str(landed.fee_charged),
        "max_fee": str(landed.max_fee),
        "operation_count": len(landed.operations),
        "envelope_xdr": landed.envelope_xdr,
        "result_xdr": landed.result_xdr,
        "fee_meta_xdr": "AAAAAA==",
        "memo_type": landed.memo_type,
        "signatures": list(landed.signatures),
    }
    if landed.memo_type != "none":
        record["memo"] = landed.memo
    if landed.memo_bytes:
        record["memo_bytes"] = landed.memo_bytes
    if landed.preconditions:
        record["preconditions"] = landed.preconditions
    if landed.inner_hash:
        signatures = list(landed.inner_signatures)
        record["fee_bump_transaction"] = {
            "hash": landed.hash,
            "signatures": list(landed.signatures),
        }
        record["inner_transaction"] = {
            "hash": landed.inner_hash,
            "signatures": signatures,
            "max_fee": str(landed.inner_max_fee),
        }
    return record


def operation(landed: Transaction, done: Operation) -> dict[str, Any]:
    """Return an operation's record."""
    token = str(toid(landed.ledger, landed.order, done.order))
    record = {
        "id": token,
        "paging_token": token,
        "transaction_successful": landed.is_successful,
        "source_account": done.source_account,
        "type": done.type,
        "type_i": done.type_i,
        "created_at": time(landed.closed_at),
        "transaction_hash": landed.hash,
        **done.details,
    }
    return {**record, "sponsor": done.sponsor} if done.sponsor else record


def effects(landed: Transaction, done: Operation) -> list[dict[str, Any]]:
    """Return the records of an operation's effects."""
    token = toid(landed.ledger, landed.order, done.order)
    return [
        _effect(each, token=token, number=number, at=time(landed.closed_at))
        for number, each in enumerate(done.effects, start=1)
    ]


def _effect(effect: Effect, *, token: int, number: int, at: str) -> dict[str, Any]:
    return {
        "id": f"{token:019d}-{number:010d}",
        "paging_token": f"{token}-{number}",
        "account": effect.account,
        "type": effect.type,
        "type_i": effect.type_i,
        "created_at": at,
        **effect.details,
    }


def account(found: Account) -> dict[str, Any]:
    """Return an account's record."""
    thresholds = ("low_threshold", "med_threshold", "high_threshold")
    record: dict[str, Any] = {
        "id": found.id,
        "account_id": found.id,
        "sequence": str(found.sequence),
        "sequence_ledger": found.sequence_ledger,
        "sequence_time": str(found.sequence_time),
        "subentry_count": subentries(found),
        "last_modified_ledger": found.last_modified_ledger,
        "last_modified_time": time(found.last_modified_time),
        "thresholds": {name: getattr(found, name) for name in thresholds},
        "flags": {
            "auth_required": bool(found.flags & 0x1),
            "auth_revocable": bool(found.flags & 0x2),
            "auth_immutable": bool(found.flags & 0x4),
            "auth_clawback_enabled": bool(found.flags & 0x8),
        },
        "balances": _balances(found),
        "signers": [
            *({"weight": each.weight, "key": key, "type": "ed25519_public_key"} | _sponsor(each)
              for key, each in found.signers.items()),
            {"weight": found.master_weight, "key": found.id, "type": "ed25519_public_key"},
        ],
        "data": {name: base64.b64encode(each.value).decode() for name, each in found.data.items()},
        "num_sponsoring": found.num_sponsoring,
        "num_sponsored": found.num_sponsored,
        "paging_token": found.id,
        **_sponsor(found),
    }  # fmt: skip
    return {**record, "home_domain": found.home_domain} if found.home_domain else record


def _balances(found: Account) -> list[dict[str, Any]]:
    none = {"buying_liabilities": text(0), "selling_liabilities": text(0)}
    lines = [
        {
            "balance": text(line.balance),
            "limit": text(line.limit),
            **none,
            "last_modified_ledger": line.last_modified_ledger,
            "is_authorized": line.is_authorized,
            "is_authorized_to_maintain_liabilities": line.is_authorized
            or line.is_authorized_to_maintain_liabilities,
            "is_clawback_enabled": line.is_clawback_enabled,
            **as_json(asset),
            **_sponsor(line),
        }
        for asset, line in found.trustlines.items()
    ]
    return [*lines, {"balance": text(found.balance), **none, "asset_type": "native"}]


def _sponsor(entry: Any) -> dict[str, str]:
    return {"sponsor": entry.sponsor} if entry.sponsor else {}
