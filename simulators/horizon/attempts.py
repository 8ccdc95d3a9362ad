"""What an operation was to do that was not done: the ledger tells details of what happened only."""

from collections.abc import Callable
from typing import Any

import stellar_sdk as sdk

from simulators.horizon.ledger.envelopes import decode
from simulators.horizon.ledger.operations.payments import as_json, asset_of
from simulators.horizon.ledger.state import stroops, text


def _create(operation: sdk.CreateAccount, source: str) -> dict[str, Any]:
    return {
        "starting_balance": text(stroops(operation.starting_balance)),
        "funder": source,
        "account": operation.destination,
    }


def _pay(operation: sdk.Payment, source: str) -> dict[str, Any]:
    return {
        **as_json(asset_of(operation.asset)),
        "from": source,
        "to": operation.destination.account_id,
        "amount": text(stroops(operation.amount)),
    }


def _merge(operation: sdk.AccountMerge, source: str) -> dict[str, Any]:
    return {"account": source, "into": operation.destination.account_id}


_KINDS: dict[type, Callable[[Any, str], dict[str, Any]]] = {
    sdk.CreateAccount: _create,
    sdk.Payment: _pay,
    sdk.AccountMerge: _merge,
}


def attempted(envelope_xdr: str, *, order: int, source: str) -> dict[str, Any]:
    """Return what the operation (counted from 1) was to do; empty for all but payments."""
    operation = decode(envelope_xdr, passphrase="").transaction.operations[order - 1]
    kind = _KINDS.get(type(operation))
    return kind(operation, source) if kind else {}
