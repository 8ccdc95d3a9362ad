"""Claimable balances: an amount set aside for accounts that may take it under conditions."""

import hashlib

from stellar_sdk import ClaimClaimableBalance, CreateClaimableBalance, xdr
from stellar_sdk.operation.create_claimable_balance import ClaimPredicate, ClaimPredicateType
from stellar_sdk.xdr import ClaimClaimableBalanceResultCode as Claim
from stellar_sdk.xdr import CreateClaimableBalanceResultCode as Create

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.payments import as_json, asset_of
from simulators.horizon.ledger.state import min_balance, stroops, text
from simulators.horizon.ledger.types import ClaimableBalance

_CLAIMANTS_MAX = 10


def check_create(operation: CreateClaimableBalance, source: str) -> Create | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    names = [claimant.destination for claimant in operation.claimants]
    is_valid = 0 < len(names) <= _CLAIMANTS_MAX and len(set(names)) == len(names)
    if not is_valid or stroops(operation.amount) <= 0:
        return Create.CREATE_CLAIMABLE_BALANCE_MALFORMED
    return None


def create(
    operation: CreateClaimableBalance, context: Context
) -> tuple[Create, xdr.ClaimableBalanceID | None]:
    """Set an amount aside; its reserve is the source's, half a lumen for each claimant."""
    amount, asset = stroops(operation.amount), asset_of(operation.asset)
    source = context.account(context.source)
    if asset is not None and asset.issuer != source.id:
        line = source.trustlines.get(asset)
        if line is None:
            return Create.CREATE_CLAIMABLE_BALANCE_NO_TRUST, None
        if not line.is_authorized:
            return Create.CREATE_CLAIMABLE_BALANCE_NOT_AUTHORIZED, None
        if line.balance < amount:
            return Create.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED, None
        line.balance -= amount
    sponsor = context.account(context.sponsors.get(source.id, source.id))
    sponsor.num_sponsoring += len(operation.claimants)
    if sponsor.balance < min_balance(sponsor):
        return Create.CREATE_CLAIMABLE_BALANCE_LOW_RESERVE, None
    if asset is None:
        if source.balance - amount < min_balance(source):
            return Create.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED, None
        source.balance -= amount
    id = xdr.ClaimableBalanceID(
        xdr.ClaimableBalanceIDType.CLAIMABLE_BALANCE_ID_TYPE_V0,
        v0=xdr.Hash(hashlib.sha256(context.operation_id).digest()),
    )
    key = id.to_xdr_bytes().hex()
    predicates = {
        claimant.destination: _absolute(claimant.predicate, now=context.closed_at)
        .to_xdr_object()
        .to_xdr()
        for claimant in operation.claimants
    }
    context.draft.add_balance(
        ClaimableBalance(key, asset, amount, predicates, sponsor.id, context.ledger)
    )
    name = "native" if asset is None else f"{asset.code}:{asset.issuer}"
    context.details |= {"asset": name, "amount": text(amount)}
    context.note(source.id, "claimable_balance_created", 50, balance_id=key, amount=text(amount))
    return Create.CREATE_CLAIMABLE_BALANCE_SUCCESS, id


def claim(operation: ClaimClaimableBalance, context: Context) -> Claim:
    """Take a balance that is set aside for the source, if its condition holds now."""
    balance = context.draft.peek_balance(operation.balance_id)
    if balance is None:
        return Claim.CLAIM_CLAIMABLE_BALANCE_DOES_NOT_EXIST
    stored = balance.predicates.get(context.source)
    if stored is None or not _holds(_predicate(stored), now=context.closed_at):
        return Claim.CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM
    account = context.account(context.source)
    if balance.asset is None:
        account.balance += balance.amount
    elif balance.asset.issuer != account.id:
        line = account.trustlines.get(balance.asset)
        if line is None:
            return Claim.CLAIM_CLAIMABLE_BALANCE_NO_TRUST
        if not line.is_authorized:
            return Claim.CLAIM_CLAIMABLE_BALANCE_NOT_AUTHORIZED
        if line.balance + balance.amount > line.limit:
            return Claim.CLAIM_CLAIMABLE_BALANCE_LINE_FULL
        line.balance += balance.amount
    context.draft.remove_balance(balance.id)
    context.release(None, len(balance.predicates), sponsor=balance.sponsor)
    amount = text(balance.amount)
    context.details |= {"balance_id": balance.id, "claimant": account.id}
    context.note(account.id, "claimable_balance_claimed", 52, balance_id=balance.id)
    context.note(account.id, "account_credited", 2, **as_json(balance.asset), amount=amount)
    return Claim.CLAIM_CLAIMABLE_BALANCE_SUCCESS


def _absolute(predicate: ClaimPredicate, *, now: int) -> ClaimPredicate:
    """Return a predicate with times reckoned from now made absolute, as the ledger stores it."""
    kind = predicate.claim_predicate_type
    if kind is ClaimPredicateType.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
        return ClaimPredicate.predicate_before_absolute_time(now + (predicate.rel_before or 0))
    if predicate.not_predicate is not None:
        return ClaimPredicate.predicate_not(_absolute(predicate.not_predicate, now=now))
    for pair, join in (
        (predicate.and_predicates, ClaimPredicate.predicate_and),
        (predicate.or_predicates, ClaimPredicate.predicate_or),
    ):
        if pair is not None:
            return join(_absolute(pair.left, now=now), _absolute(pair.right, now=now))
    return predicate


def _predicate(stored: str) -> ClaimPredicate:
    return ClaimPredicate.from_xdr_object(xdr.ClaimPredicate.from_xdr(stored))


def _holds(predicate: ClaimPredicate, *, now: int) -> bool:
    if predicate.and_predicates is not None:
        pair = predicate.and_predicates
        return _holds(pair.left, now=now) and _holds(pair.right, now=now)
    if predicate.or_predicates is not None:
        pair = predicate.or_predicates
        return _holds(pair.left, now=now) or _holds(pair.right, now=now)
    if predicate.not_predicate is not None:
        return not _holds(predicate.not_predicate, now=now)
    return predicate.abs_before is None or now < predicate.abs_before
