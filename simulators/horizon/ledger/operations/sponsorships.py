"""Lending reserves: begun and ended within one transaction, handed back or over later."""

from collections.abc import Callable
from typing import Any

from stellar_sdk import Asset as SdkAsset
from stellar_sdk import (
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    RevokeSponsorship,
)
from stellar_sdk.operation.revoke_sponsorship import RevokeSponsorshipType as Kind
from stellar_sdk.xdr import BeginSponsoringFutureReservesResultCode as Begin
from stellar_sdk.xdr import EndSponsoringFutureReservesResultCode as End
from stellar_sdk.xdr import RevokeSponsorshipResultCode as Revoke

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.payments import asset_name, asset_of
from simulators.horizon.ledger.state import min_balance
from simulators.horizon.ledger.types import (
    Account,
    ClaimableBalance,
    DataEntry,
    Signer,
    Trustline,
)

Entry = Account | Trustline | DataEntry | Signer | ClaimableBalance


def check_begin(operation: BeginSponsoringFutureReserves, source: str) -> Begin | None:
    """Return what is wrong with the operation by itself."""
    is_self = operation.sponsored_id == source
    return Begin.BEGIN_SPONSORING_FUTURE_RESERVES_MALFORMED if is_self else None


def begin(operation: BeginSponsoringFutureReserves, context: Context) -> Begin:
    """Let the source lend the reserves of what the other account gets from here on."""
    sponsored = operation.sponsored_id
    if sponsored in context.sponsors:
        return Begin.BEGIN_SPONSORING_FUTURE_RESERVES_ALREADY_SPONSORED
    if context.source in context.sponsors or sponsored in context.sponsors.values():
        return Begin.BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE
    context.sponsors[sponsored] = context.source
    return Begin.BEGIN_SPONSORING_FUTURE_RESERVES_SUCCESS


def end(operation: EndSponsoringFutureReserves, context: Context) -> End:  # noqa: ARG001
    """End what another account has begun for the source."""
    sponsor = context.sponsors.pop(context.source, None)
    if sponsor is None:
        return End.END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED
    context.details |= {"begin_sponsor": sponsor}
    return End.END_SPONSORING_FUTURE_RESERVES_SUCCESS


def revoke(operation: RevokeSponsorship, context: Context) -> Revoke:
    """Stop lending the reserve of an entry: its owner holds it, or who sponsors the source now."""
    owner, entry, entries = _find(operation, context)
    if entry is None:
        return Revoke.REVOKE_SPONSORSHIP_DOES_NOT_EXIST
    former = entry.sponsor
    if context.source != (former or (owner.id if owner else None)):
        return Revoke.REVOKE_SPONSORSHIP_NOT_SPONSOR
    heir = context.sponsors.get(context.source)
    if owner is None:
        if heir is None or heir == former:
            return Revoke.REVOKE_SPONSORSHIP_ONLY_TRANSFERABLE
    elif heir == owner.id:
        heir = None  # whose entry it is holds the reserve herself
    if former is None and heir is None:
        return Revoke.REVOKE_SPONSORSHIP_SUCCESS
    context.release(owner, entries, sponsor=former)
    if heir is not None:
        context.account(heir).num_sponsoring += entries
        if owner is not None:
            owner.num_sponsored += entries
    payer = context.account(heir) if heir else owner
    assert payer is not None
    if payer.balance < min_balance(payer):
        return Revoke.REVOKE_SPONSORSHIP_LOW_RESERVE
    entry.sponsor = heir
    _note(operation, context, owner, former, heir)
    return Revoke.REVOKE_SPONSORSHIP_SUCCESS


def _note(
    operation: RevokeSponsorship,
    context: Context,
    owner: Account | None,
    former: str | None,
    heir: str | None,
) -> None:
    """Tell of a sponsorship that began, went to another or ended."""
    name, number, told = _EFFECTS[operation.revoke_sponsorship_type](operation)
    if former is None:
        verb, step, who = "created", 0, {"sponsor": heir}
    elif heir is None:
        verb, step, who = "removed", 2, {"former_sponsor": former}
    else:
        verb, step, who = "updated", 1, {"former_sponsor": former, "new_sponsor": heir}
    account = owner.id if owner else context.source
    context.note(account, f"{name}_sponsorship_{verb}", number + step, **told, **who)


def _of_line(operation: RevokeSponsorship) -> tuple[str, int, dict[str, Any]]:
    line = operation.trustline
    asset = line.asset if line is not None and isinstance(line.asset, SdkAsset) else None
    return "trustline", 63, {"asset": asset_name(asset_of(asset)) if asset else ""}


def _of_data(operation: RevokeSponsorship) -> tuple[str, int, dict[str, Any]]:
    return "data", 66, {"data_name": operation.data.data_name if operation.data else ""}


def _of_signer(operation: RevokeSponsorship) -> tuple[str, int, dict[str, Any]]:
    signer = operation.signer
    return "signer", 72, {"signer": signer.signer_key.encoded_signer_key if signer else ""}


_EFFECTS: dict[Kind, Callable[[RevokeSponsorship], tuple[str, int, dict[str, Any]]]] = {
    Kind.ACCOUNT: lambda _: ("account", 60, {}),
    Kind.TRUSTLINE: _of_line,
    Kind.DATA: _of_data,
    Kind.CLAIMABLE_BALANCE: lambda operation: (
        "claimable_balance",
        69,
        {"balance_id": operation.claimable_balance_id},
    ),
    Kind.SIGNER: _of_signer,
}


def _find(
    operation: RevokeSponsorship, context: Context
) -> tuple[Account | None, Entry | None, int]:
    """Return the owner, the entry and how many reserves it takes."""
    kind = operation.revoke_sponsorship_type
    if kind is Kind.CLAIMABLE_BALANCE:
        balance = context.draft.balance(str(operation.claimable_balance_id))
        return None, balance, len(balance.predicates) if balance else 0
    address = _owner(operation)
    owner = context.draft.account(address) if address else None
    if owner is None:
        return None, None, 0
    if kind is Kind.ACCOUNT:
        return owner, owner, 2
    if kind is Kind.TRUSTLINE and operation.trustline is not None:
        named = operation.trustline.asset
        asset = asset_of(named) if isinstance(named, SdkAsset) else None
        return owner, owner.trustlines.get(asset) if asset else None, 1
    if kind is Kind.DATA and operation.data is not None:
        return owner, owner.data.get(operation.data.data_name), 1
    if kind is Kind.SIGNER and operation.signer is not None:
        return owner, owner.signers.get(operation.signer.signer_key.encoded_signer_key), 1
    return owner, None, 0


def _owner(operation: RevokeSponsorship) -> str | None:
    for part in (operation.trustline, operation.data, operation.signer):
        if part is not None:
            return str(part.account_id)
    return operation.account_id
