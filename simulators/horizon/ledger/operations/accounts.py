"""Creating accounts, merging them, and moving a sequence on."""

from stellar_sdk import AccountMerge, BumpSequence, CreateAccount
from stellar_sdk.xdr import AccountMergeResultCode as Merge
from stellar_sdk.xdr import BumpSequenceResultCode as Bump
from stellar_sdk.xdr import CreateAccountResultCode as Create

from simulators.horizon.ledger.operations.context import Context
from simulators.horizon.ledger.state import min_balance, stroops, subentries, text
from simulators.horizon.ledger.types import Account

SEQUENCE_SHIFT = 32
_SEQUENCE_MAX = 2**63 - 1


def check_create(operation: CreateAccount, source: str) -> Create | None:
    """Return what is wrong with the operation by itself."""
    if stroops(operation.starting_balance) < 0 or operation.destination == source:
        return Create.CREATE_ACCOUNT_MALFORMED
    return None


def create(operation: CreateAccount, context: Context) -> Create:
    """Create an account with a starting balance, or with reserves that another one lends."""
    amount = stroops(operation.starting_balance)
    if context.draft.peek(operation.destination) is not None:
        return Create.CREATE_ACCOUNT_ALREADY_EXIST
    new = Account(
        id=operation.destination,
        balance=amount,
        sequence=context.ledger << SEQUENCE_SHIFT,
        last_modified_ledger=context.ledger,
        last_modified_time=context.closed_at,
    )
    context.draft.add(new)
    is_enough, new.sponsor = context.reserve(new, 2)
    if not is_enough:
        return Create.CREATE_ACCOUNT_LOW_RESERVE
    source = context.account(context.source)
    if source.balance - amount < min_balance(source):
        return Create.CREATE_ACCOUNT_UNDERFUNDED
    source.balance -= amount
    context.note(new.id, "account_created", 0, starting_balance=text(amount))
    context.note(context.source, "account_debited", 3, asset_type="native", amount=text(amount))
    context.note(new.id, "signer_created", 10, weight=1, public_key=new.id, key=new.id)
    if new.sponsor:
        context.note(new.id, "account_sponsorship_created", 60, sponsor=new.sponsor)
    return Create.CREATE_ACCOUNT_SUCCESS


def check_merge(operation: AccountMerge, source: str) -> Merge | None:
    """Return what is wrong with the operation by itself."""
    is_self = operation.destination.account_id == source
    return Merge.ACCOUNT_MERGE_MALFORMED if is_self else None


def merge(operation: AccountMerge, context: Context) -> tuple[Merge, int]:
    """Move all of an account into another one and remove it; return the code and the balance."""
    target = operation.destination.account_id
    source = context.account(context.source)
    refusal = _why_not_merged(source, context, target=target)
    if refusal is not None:
        return refusal, 0
    balance = source.balance
    context.account(target).balance += balance
    for signer in source.signers.values():
        context.release(source, 1, sponsor=signer.sponsor)
    context.release(source, 2, sponsor=source.sponsor)
    context.draft.remove(source.id)
    context.note(source.id, "account_debited", 3, asset_type="native", amount=text(balance))
    context.note(target, "account_credited", 2, asset_type="native", amount=text(balance))
    context.note(source.id, "account_removed", 1)
    if source.sponsor:
        context.note(source.id, "account_sponsorship_removed", 62, former_sponsor=source.sponsor)
    return Merge.ACCOUNT_MERGE_SUCCESS, balance


def _why_not_merged(source: Account, context: Context, *, target: str) -> Merge | None:
    if context.draft.peek(target) is None:
        return Merge.ACCOUNT_MERGE_NO_ACCOUNT
    if source.flags & 0x4:
        return Merge.ACCOUNT_MERGE_IMMUTABLE_SET
    if subentries(source) > len(source.signers):
        return Merge.ACCOUNT_MERGE_HAS_SUB_ENTRIES
    if source.sequence >= context.ledger << SEQUENCE_SHIFT:
        return Merge.ACCOUNT_MERGE_SEQNUM_TOO_FAR
    if source.num_sponsoring or source.id in context.sponsors.values():
        return Merge.ACCOUNT_MERGE_IS_SPONSOR
    return None


def check_bump(operation: BumpSequence, source: str) -> Bump | None:  # noqa: ARG001
    """Return what is wrong with the operation by itself."""
    is_valid = 0 <= operation.bump_to <= _SEQUENCE_MAX
    return None if is_valid else Bump.BUMP_SEQUENCE_BAD_SEQ


def bump(operation: BumpSequence, context: Context) -> Bump:
    """Move the sequence of an account on, never back."""
    source = context.account(context.source)
    if operation.bump_to > source.sequence:
        source.sequence = operation.bump_to
        source.sequence_ledger, source.sequence_time = context.ledger, context.closed_at
        context.note(source.id, "sequence_bumped", 43, new_seq=str(source.sequence))
    return Bump.BUMP_SEQUENCE_SUCCESS
