"""What an operation says of itself, with Horizon's field names, whether or not it was done."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import stellar_sdk as sdk
from stellar_sdk import MuxedAccount
from stellar_sdk.operation.create_claimable_balance import ClaimPredicate, ClaimPredicateType

from simulators.horizon.ledger.operations.payments import as_json, asset_name, asset_of
from simulators.horizon.ledger.state import stroops, text

ACCOUNT_FLAGS = {
    0x1: "auth_required",
    0x2: "auth_revocable",
    0x4: "auth_immutable",
    0x8: "auth_clawback_enabled",
}
LINE_FLAGS = {
    0x1: "authorized",
    0x2: "authorized_to_maintain_liabilites",  # as Horizon spells it
    0x4: "clawback_enabled",
}
_YEAR_MAX = 253_402_300_799  # the last second that a date can say


def describe(operation: Any, source: MuxedAccount) -> dict[str, Any]:
    """Return the operation's own fields, ready for JSON; `source` is who it acts for."""
    own = _KINDS[type(operation)](operation, source.account_id)
    return {**_muxed("source_account", source), **_parties(operation, source), **own}


def _muxed(field: str, account: MuxedAccount) -> dict[str, Any]:
    if account.account_muxed_id is None:
        return {}
    return {
        f"{field}_muxed": account.account_muxed,
        f"{field}_muxed_id": str(account.account_muxed_id),
    }


def _parties(operation: Any, source: MuxedAccount) -> dict[str, Any]:
    """Return the muxed names of those who take part, if any has one."""
    if isinstance(operation, sdk.Payment):
        return _muxed("from", source) | _muxed("to", operation.destination)
    if isinstance(operation, sdk.AccountMerge):
        return _muxed("account", source) | _muxed("into", operation.destination)
    fields: dict[type, str] = {sdk.CreateAccount: "funder", sdk.ChangeTrust: "trustor"}
    fields |= {sdk.ClaimClaimableBalance: "claimant"}
    field = fields.get(type(operation))
    return _muxed(field, source) if field else {}


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


def _trust(operation: sdk.ChangeTrust, source: str) -> dict[str, Any]:
    limit = {"limit": text(stroops(operation.limit)), "trustor": source}
    if not isinstance(operation.asset, sdk.Asset):
        return {"asset_type": "liquidity_pool_shares", **limit}
    asset = asset_of(operation.asset)
    trustee = {"trustee": asset.issuer} if asset else {}
    return {**as_json(asset), **limit, **trustee}


def _line_flags(operation: sdk.SetTrustLineFlags, _: str) -> dict[str, Any]:
    return {
        **as_json(asset_of(operation.asset)),
        "trustor": operation.trustor,
        **_flags("set_flags", operation.set_flags, LINE_FLAGS),
        **_flags("clear_flags", operation.clear_flags, LINE_FLAGS),
    }


def _flags(field: str, given: Any, names: dict[int, str]) -> dict[str, Any]:
    held = [flag for flag in names if int(given or 0) & flag]
    return {field: held, f"{field}_s": [names[flag] for flag in held]} if held else {}


def _options(operation: sdk.SetOptions, _: str) -> dict[str, Any]:
    signer = operation.signer
    told = {
        "home_domain": operation.home_domain,
        "inflation_dest": operation.inflation_dest,
        "master_key_weight": operation.master_weight,
        "low_threshold": operation.low_threshold,
        "med_threshold": operation.med_threshold,
        "high_threshold": operation.high_threshold,
        "signer_key": signer.signer_key.encoded_signer_key if signer else None,
        "signer_weight": signer.weight if signer else None,
    }
    return {
        **{field: value for field, value in told.items() if value is not None},
        **_flags("set_flags", operation.set_flags, ACCOUNT_FLAGS),
        **_flags("clear_flags", operation.clear_flags, ACCOUNT_FLAGS),
    }


def _data(operation: sdk.ManageData, _: str) -> dict[str, Any]:
    value = base64.b64encode(operation.data_value or b"").decode()
    return {"name": operation.data_name, "value": value}


def _bump(operation: sdk.BumpSequence, _: str) -> dict[str, Any]:
    return {"bump_to": str(operation.bump_to)}


def _merge(operation: sdk.AccountMerge, source: str) -> dict[str, Any]:
    return {"account": source, "into": operation.destination.account_id}


def _begin(operation: sdk.BeginSponsoringFutureReserves, _: str) -> dict[str, Any]:
    return {"sponsored_id": operation.sponsored_id}


def _end(_: sdk.EndSponsoringFutureReserves, __: str) -> dict[str, Any]:
    return {}  # who began it is known only when it is done


def _revoke(operation: sdk.RevokeSponsorship, _: str) -> dict[str, Any]:
    if (line := operation.trustline) is not None:
        name = asset_name(asset_of(line.asset)) if isinstance(line.asset, sdk.Asset) else None
        return {"trustline_account_id": line.account_id, "trustline_asset": name}
    if (data := operation.data) is not None:
        return {"data_account_id": data.account_id, "data_name": data.data_name}
    if (signer := operation.signer) is not None:
        key = signer.signer_key.encoded_signer_key
        return {"signer_account_id": signer.account_id, "signer_key": key}
    if operation.offer is not None:
        return {"offer_id": str(operation.offer.offer_id)}
    if operation.claimable_balance_id is not None:
        return {"claimable_balance_id": operation.claimable_balance_id}
    return {"account_id": operation.account_id}


def _set_aside(operation: sdk.CreateClaimableBalance, _: str) -> dict[str, Any]:
    return {
        "asset": asset_name(asset_of(operation.asset)),
        "amount": text(stroops(operation.amount)),
        "claimants": [
            {"destination": each.destination, "predicate": predicate_json(each.predicate)}
            for each in operation.claimants
        ],
    }


def _claim(operation: sdk.ClaimClaimableBalance, source: str) -> dict[str, Any]:
    return {"balance_id": operation.balance_id, "claimant": source}


def predicate_json(predicate: ClaimPredicate) -> dict[str, Any]:
    """Return a condition of claiming as Horizon writes it."""
    kind = predicate.claim_predicate_type
    if kind is ClaimPredicateType.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
        return {"rel_before": str(predicate.rel_before)}
    if predicate.abs_before is not None:
        until = datetime.fromtimestamp(min(predicate.abs_before, _YEAR_MAX), UTC)
        written = until.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"abs_before": written, "abs_before_epoch": str(predicate.abs_before)}
    if predicate.not_predicate is not None:
        return {"not": predicate_json(predicate.not_predicate)}
    for word, pair in (("and", predicate.and_predicates), ("or", predicate.or_predicates)):
        if pair is not None:
            return {word: [predicate_json(pair.left), predicate_json(pair.right)]}
    return {"unconditional": True}


_KINDS: dict[type, Callable[[Any, str], dict[str, Any]]] = {
    sdk.CreateAccount: _create,
    sdk.Payment: _pay,
    sdk.ChangeTrust: _trust,
    sdk.SetTrustLineFlags: _line_flags,
    sdk.SetOptions: _options,
    sdk.ManageData: _data,
    sdk.BumpSequence: _bump,
    sdk.AccountMerge: _merge,
    sdk.BeginSponsoringFutureReserves: _begin,
    sdk.EndSponsoringFutureReserves: _end,
    sdk.RevokeSponsorship: _revoke,
    sdk.CreateClaimableBalance: _set_aside,
    sdk.ClaimClaimableBalance: _claim,
}
