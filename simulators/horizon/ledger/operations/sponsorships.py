"""Lending reserves: begun and ended within one transaction, handed back or over later."""

from stellar_sdk import (
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    RevokeSponsorship,
    StrKey,
)
from stellar_sdk.operation.revoke_sponsorship import RevokeSponsorshipType as Kind
from stellar_sdk.xdr import BeginSponsoringFutureReservesResultCode as Begin
from stellar_sdk.xdr import EndSponsoringFutureReservesResultCode as End
from stellar_sdk.xdr import RevokeSponsorshipResultCode as Revoke

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.payments import asset_of
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
    context.details |= {"sponsored_id": sponsored}
    return Begin.BEGIN_SPONSORING_FUTURE_RESERVES_SUCCESS


def end(operation: EndSponsoringFutureReserves, context: Context) -> End:  # noqa: ARG001
    """End what another account has begun for the source."""
    sponsor = context.sponsors.pop(context.source, None)
    if sponsor is None:
        return End.END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED
    context.details |= {"begin_sponsor": sponsor}
    return End.END_SPONSORING_FUTURE_RESERVES_SUCCESS


def revoke(operation: RevokeSponsorship, context: Context) -> Revoke:
    """Stop lending the reserve of an entry: its owner holds it, or who sponsors her now."""
    owner, entry, entries = _find(operation, context)
    if entry is None:
        return Revoke.REVOKE_SPONSORSHIP_DOES_NOT_EXIST
    is_claimable = isinstance(entry, ClaimableBalance)
    holder = entry.sponsor or (owner.id if owner else None)
    if context.source != holder:
        return Revoke.REVOKE_SPONSORSHIP_NOT_SPONSOR
    heir = context.sponsors.get(owner.id if owner else context.source)
    if is_claimable and heir is None:
        return Revoke.REVOKE_SPONSORSHIP_ONLY_TRANSFERABLE
    if entry.sponsor is not None:
        context.release(owner, entries, sponsor=entry.sponsor)
    if heir is not None:
        context.account(heir).num_sponsoring += entries
        if owner is not None:
            owner.num_sponsored += entries
    payer = context.account(heir) if heir else owner
    assert payer is not None
    if payer.balance < min_balance(payer):
        return Revoke.REVOKE_SPONSORSHIP_LOW_RESERVE
    if is_claimable:
        assert heir is not None
        entry.sponsor = heir
    else:
        entry.sponsor = heir
    return Revoke.REVOKE_SPONSORSHIP_SUCCESS


def _find(
    operation: RevokeSponsorship, context: Context
) -> tuple[Account | None, Entry | None, int]:
    """Return the owner, the entry and how many reserves it takes."""
    kind = operation.revoke_sponsorship_type
    if kind is Kind.CLAIMABLE_BALANCE:
        balance = context.draft.peek_balance(str(operation.claimable_balance_id))
        return None, balance, len(balance.predicates) if balance else 0
    address = _owner(operation)
    owner = context.draft.account(address) if address else None
    if owner is None:
        return None, None, 0
    if kind is Kind.ACCOUNT:
        return owner, owner, 2
    if kind is Kind.TRUSTLINE and operation.trustline is not None:
        asset = asset_of(operation.trustline.asset)  # type: ignore[arg-type]
        return owner, owner.trustlines.get(asset) if asset else None, 1
    if kind is Kind.DATA and operation.data is not None:
        return owner, owner.data.get(operation.data.data_name), 1
    if kind is Kind.SIGNER and operation.signer is not None:
        key = StrKey.encode_ed25519_public_key(operation.signer.signer_key.signer_key)
        return owner, owner.signers.get(key), 1
    return owner, None, 0


def _owner(operation: RevokeSponsorship) -> str | None:
    for part in (operation.trustline, operation.data, operation.signer):
        if part is not None:
            return str(part.account_id)
    return operation.account_id
