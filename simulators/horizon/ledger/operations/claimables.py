"""Claimable balances: an amount set aside for accounts that may take it under conditions."""

from stellar_sdk import ClaimClaimableBalance, CreateClaimableBalance, xdr
from stellar_sdk.operation.create_claimable_balance import ClaimPredicate, ClaimPredicateType
from stellar_sdk.xdr import ClaimClaimableBalanceResultCode as Claim
from stellar_sdk.xdr import CreateClaimableBalanceResultCode as Create

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.operations.details import predicate_json
from simulators.horizon.ledger.operations.payments import as_json, asset_name, asset_of
from simulators.horizon.ledger.state import min_balance, stroops, text
from simulators.horizon.ledger.types import Account, Asset, ClaimableBalance

_CLAIMANTS_MAX = 10
_DEPTH_MAX = 4
_TIME_MAX = 2**63 - 1


def check_create(operation: CreateClaimableBalance, source: str) -> Create | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    names = [claimant.destination for claimant in operation.claimants]
    is_valid = 0 < len(names) <= _CLAIMANTS_MAX and len(set(names)) == len(names)
    are_sound = all(_is_sound(each.predicate, depth=1) for each in operation.claimants)
    if not is_valid or not are_sound or stroops(operation.amount) <= 0:
        return Create.CREATE_CLAIMABLE_BALANCE_MALFORMED
    return None


def create(
    operation: CreateClaimableBalance, context: Context
) -> tuple[Create, xdr.ClaimableBalanceID | None]:
    """Set an amount aside; its reserve is the source's, half a lumen for each claimant."""
    amount, asset = stroops(operation.amount), asset_of(operation.asset)
    source = context.account(context.source)
    refusal = _set_aside(source, asset, amount)
    if refusal is not None:
        return refusal, None
    sponsor = context.account(context.sponsors.get(source.id, source.id))
    sponsor.num_sponsoring += len(operation.claimants)
    if sponsor.balance < min_balance(sponsor):
        return Create.CREATE_CLAIMABLE_BALANCE_LOW_RESERVE, None
    id = context.balance_id()
    key = id.to_xdr_bytes().hex()
    conditions = {
        claimant.destination: _absolute(claimant.predicate, now=context.closed_at)
        for claimant in operation.claimants
    }
    stored = {name: each.to_xdr_object().to_xdr() for name, each in conditions.items()}
    context.draft.add_balance(
        ClaimableBalance(key, asset, amount, stored, sponsor.id, context.ledger)
    )
    context.new_sponsor = sponsor.id
    told = {"balance_id": key, "asset": asset_name(asset), "amount": text(amount)}
    context.note(source.id, "claimable_balance_created", 50, **told)
    for name, each in conditions.items():
        claimant = {**told, "predicate": predicate_json(each)}
        context.note(name, "claimable_balance_claimant_created", 51, **claimant)
    context.note(source.id, "account_debited", 3, **as_json(asset), amount=text(amount))
    lent = {"balance_id": key, "sponsor": sponsor.id}
    context.note(source.id, "claimable_balance_sponsorship_created", 69, **lent)
    return Create.CREATE_CLAIMABLE_BALANCE_SUCCESS, id


def _set_aside(source: Account, asset: Asset | None, amount: int) -> Create | None:
    """Take the amount from its source; an issuer makes it anew."""
    if asset is None:
        if source.balance - amount < min_balance(source):
            return Create.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED
        source.balance -= amount
        return None
    if asset.issuer == source.id:
        return None
    line = source.trustlines.get(asset)
    if line is None:
        return Create.CREATE_CLAIMABLE_BALANCE_NO_TRUST
    if not line.is_authorized:
        return Create.CREATE_CLAIMABLE_BALANCE_NOT_AUTHORIZED
    if line.balance < amount:
        return Create.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED
    line.balance -= amount
    return None


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
    told = {"balance_id": balance.id, "asset": asset_name(balance.asset), "amount": amount}
    context.note(account.id, "claimable_balance_claimed", 52, **told)
    context.note(account.id, "account_credited", 2, **as_json(balance.asset), amount=amount)
    lent = {"balance_id": balance.id, "former_sponsor": balance.sponsor}
    context.note(account.id, "claimable_balance_sponsorship_removed", 71, **lent)
    return Claim.CLAIM_CLAIMABLE_BALANCE_SUCCESS


def _absolute(predicate: ClaimPredicate, *, now: int) -> ClaimPredicate:
    """Return a predicate with times reckoned from now made absolute, as the ledger stores it."""
    kind = predicate.claim_predicate_type
    if kind is ClaimPredicateType.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
        until = min(now + (predicate.rel_before or 0), _TIME_MAX)
        return ClaimPredicate.predicate_before_absolute_time(until)
    if predicate.not_predicate is not None:
        return ClaimPredicate.predicate_not(_absolute(predicate.not_predicate, now=now))
    for pair, join in (
        (predicate.and_predicates, ClaimPredicate.predicate_and),
        (predicate.or_predicates, ClaimPredicate.predicate_or),
    ):
        if pair is not None:
            return join(_absolute(pair.left, now=now), _absolute(pair.right, now=now))
    return predicate


def _is_sound(predicate: ClaimPredicate, *, depth: int) -> bool:
    """Tell whether a condition is at most four deep and names no time before all times."""
    if depth > _DEPTH_MAX:
        return False
    if predicate.not_predicate is not None:
        return _is_sound(predicate.not_predicate, depth=depth + 1)
    for pair in (predicate.and_predicates, predicate.or_predicates):
        if pair is not None:
            return all(_is_sound(each, depth=depth + 1) for each in (pair.left, pair.right))
    return min(predicate.abs_before or 0, predicate.rel_before or 0) >= 0


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
