"""Trustlines: opened, changed and removed by who holds them, authorized by the issuer."""

from stellar_sdk import ChangeTrust, LiquidityPoolAsset, SetTrustLineFlags
from stellar_sdk.xdr import ChangeTrustResultCode as Change
from stellar_sdk.xdr import SetTrustLineFlagsResultCode as Flags

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.details import LINE_FLAGS
from simulators.horizon.ledger.operations.payments import as_json, asset_name, asset_of
from simulators.horizon.ledger.state import stroops, text
from simulators.horizon.ledger.types import Asset, Trustline

_AUTH_REQUIRED, _AUTH_REVOCABLE, _AUTH_CLAWBACK = 0x1, 0x2, 0x8
_AUTHORIZED, _MAINTAIN, _CLAWBACK = 0x1, 0x2, 0x4
_ALL = _AUTHORIZED | _MAINTAIN | _CLAWBACK


def check_change(operation: ChangeTrust, source: str) -> Change | None:
    """Return what is wrong with the operation by itself."""
    if isinstance(operation.asset, LiquidityPoolAsset):
        return Change.CHANGE_TRUST_MALFORMED  # pools are not simulated
    asset = asset_of(operation.asset)
    if stroops(operation.limit) < 0 or asset is None or asset.issuer == source:
        return Change.CHANGE_TRUST_MALFORMED
    return None


def change(operation: ChangeTrust, context: Context) -> Change:
    """Open a trustline, change its limit, or remove it by a limit of nothing."""
    assert not isinstance(operation.asset, LiquidityPoolAsset)
    asset, limit = asset_of(operation.asset), stroops(operation.limit)
    assert asset is not None
    holder = context.account(context.source)
    line = holder.trustlines.get(asset)
    if line is None:
        return _open(context, asset, limit)
    if limit < line.balance:
        return Change.CHANGE_TRUST_INVALID_LIMIT
    if limit == 0:
        del holder.trustlines[asset]
        context.release(holder, 1, sponsor=line.sponsor)
        context.note(holder.id, "trustline_removed", 21, **as_json(asset), limit=text(0))
        if line.sponsor:
            told = {"asset": asset_name(asset), "former_sponsor": line.sponsor}
            context.note(holder.id, "trustline_sponsorship_removed", 65, **told)
        return Change.CHANGE_TRUST_SUCCESS
    if context.draft.peek(asset.issuer) is None:
        return Change.CHANGE_TRUST_NO_ISSUER
    line.limit, line.last_modified_ledger = limit, context.ledger
    context.note(holder.id, "trustline_updated", 22, **as_json(asset), limit=text(limit))
    return Change.CHANGE_TRUST_SUCCESS


def _open(context: Context, asset: Asset, limit: int) -> Change:
    if limit == 0:
        return Change.CHANGE_TRUST_INVALID_LIMIT
    issuer = context.draft.peek(asset.issuer)
    if issuer is None:
        return Change.CHANGE_TRUST_NO_ISSUER
    holder = context.account(context.source)
    line = Trustline(
        asset=asset,
        limit=limit,
        is_authorized=not issuer.flags & _AUTH_REQUIRED,
        is_clawback_enabled=bool(issuer.flags & _AUTH_CLAWBACK),
        last_modified_ledger=context.ledger,
    )
    holder.trustlines[asset] = line
    is_enough, line.sponsor = context.reserve(holder, 1)
    if not is_enough:
        return Change.CHANGE_TRUST_LOW_RESERVE
    context.note(holder.id, "trustline_created", 20, **as_json(asset), limit=text(limit))
    if line.sponsor:
        told = {"asset": asset_name(asset), "sponsor": line.sponsor}
        context.note(holder.id, "trustline_sponsorship_created", 63, **told)
    return Change.CHANGE_TRUST_SUCCESS


def check_flags(operation: SetTrustLineFlags, source: str) -> Flags | None:
    """Return what is wrong with the operation by itself."""
    asset = asset_of(operation.asset)
    given, taken = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    if asset is None or asset.issuer != source or operation.trustor == source or given & taken:
        return Flags.SET_TRUST_LINE_FLAGS_MALFORMED
    is_valid = given in (0, _AUTHORIZED, _MAINTAIN) and not taken & ~_ALL
    return None if is_valid else Flags.SET_TRUST_LINE_FLAGS_MALFORMED


def set_flags(operation: SetTrustLineFlags, context: Context) -> Flags:
    """Authorize a trustline, or take that back."""
    asset = asset_of(operation.asset)
    assert asset is not None
    given, taken = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    issuer = context.account(context.source)
    takes_away = bool(taken & (_AUTHORIZED | _MAINTAIN)) and not given & _AUTHORIZED
    if takes_away and not issuer.flags & _AUTH_REVOCABLE:
        return Flags.SET_TRUST_LINE_FLAGS_CANT_REVOKE
    holder = context.draft.account(operation.trustor)
    line = holder.trustlines.get(asset) if holder else None
    if line is None:
        return Flags.SET_TRUST_LINE_FLAGS_NO_TRUST_LINE
    flags = _flags_of(line) & ~taken | given
    if flags & _AUTHORIZED and flags & _MAINTAIN:
        return Flags.SET_TRUST_LINE_FLAGS_INVALID_STATE
    line.is_authorized = bool(flags & _AUTHORIZED)
    line.is_authorized_to_maintain_liabilities = bool(flags & _MAINTAIN)
    line.is_clawback_enabled = bool(flags & _CLAWBACK)
    line.last_modified_ledger = context.ledger
    changed = {
        f"{name}_flag": bool(flag & given)
        for flag, name in LINE_FLAGS.items()
        if flag & (given | taken)
    }
    context.note(
        issuer.id,
        "trustline_flags_updated",
        26,
        **as_json(asset),
        trustor=operation.trustor,
        **changed,
    )
    return Flags.SET_TRUST_LINE_FLAGS_SUCCESS


def _flags_of(line: Trustline) -> int:
    return (
        _AUTHORIZED * line.is_authorized
        | _MAINTAIN * line.is_authorized_to_maintain_liabilities
        | _CLAWBACK * line.is_clawback_enabled
    )
