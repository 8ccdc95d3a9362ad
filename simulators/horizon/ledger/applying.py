"""Applying a transaction: its operations one after the other, all of them or none."""

from dataclasses import dataclass
from typing import Any

from stellar_sdk import StrKey
from stellar_sdk.xdr import OperationResultCode as Op
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.operations import KINDS, Context
from simulators.horizon.ledger.operations.details import describe
from simulators.horizon.ledger.results import OpResult, bump_result, transaction_result
from simulators.horizon.ledger.state import Draft, State
from simulators.horizon.ledger.types import Operation
from simulators.horizon.ledger.validation import Moment, refusal_at_apply, source_of


@dataclass(frozen=True)
class Applied:
    """What became of a transaction in a ledger."""

    is_successful: bool
    result_xdr: str
    operations: tuple[Operation, ...]


def apply(arrived: Arrived, state: State, moment: Moment, *, fee: int) -> Applied:
    """Use up the sequence and do all operations, or none. `fee` is in the result only."""
    uses_sequence, refused = refusal_at_apply(arrived, state, moment)
    if uses_sequence:
        _use_up(arrived, state, moment)
    if refused is not None:
        results, code = refused.operations or [], refused.code
        told = tuple(
            _told(each, _context(arrived, index, Draft(state), moment, {}), is_done=False)
            for index, each in enumerate(arrived.transaction.operations)
        )
        return Applied(False, _result(arrived, code, fee=fee, results=results), told)
    draft = Draft(state)
    code, results, contexts = _all(arrived, draft, moment)
    is_successful = code is Tx.txSUCCESS
    if is_successful:
        draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)
    return Applied(
        is_successful=is_successful,
        result_xdr=_result(arrived, code, fee=fee, results=results),
        operations=tuple(
            _told(each, context, is_done=is_successful)
            for each, context in zip(arrived.transaction.operations, contexts, strict=True)
        ),
    )


def _use_up(arrived: Arrived, state: State, moment: Moment) -> None:
    """Use up the source's sequence, and signers that stand for this one transaction."""
    draft = Draft(state)
    source = draft.account(arrived.source)
    assert source is not None
    source.sequence = arrived.transaction.sequence
    source.sequence_ledger, source.sequence_time = moment.ledger, moment.closed_at
    once = StrKey.encode_pre_auth_tx(arrived.inner_hash)
    operations = arrived.transaction.operations
    for address in {source_of(each, default=arrived.source) for each in operations}:
        found = draft.peek(address)
        if found is not None and once in found.signers:
            context = _context(arrived, 0, draft, moment, {})
            owner = context.account(address)
            context.release(owner, 1, sponsor=owner.signers.pop(once).sponsor)
    draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)


def _all(
    arrived: Arrived, draft: Draft, moment: Moment
) -> tuple[Tx, list[OpResult], list[Context]]:
    """Do the operations one after the other upon the draft, also when one has failed."""
    sponsors: dict[str, str] = {}
    results: list[OpResult] = []
    contexts: list[Context] = []
    for index, operation in enumerate(arrived.transaction.operations):
        context = _context(arrived, index, Draft(draft), moment, dict(sponsors))
        result = _do(operation, context)
        results.append(result)
        contexts.append(context)
        if result.is_success:
            context.draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)
            sponsors = context.sponsors
    if not all(result.is_success for result in results):
        return Tx.txFAILED, results, contexts
    return Tx.txBAD_SPONSORSHIP if sponsors else Tx.txSUCCESS, results, contexts


def _context(
    arrived: Arrived, index: int, draft: Draft, moment: Moment, sponsors: dict[str, str]
) -> Context:
    operation = arrived.transaction.operations[index]
    return Context(
        draft=draft,
        ledger=moment.ledger,
        closed_at=moment.closed_at,
        source=source_of(operation, default=arrived.source),
        muxed=operation.source or arrived.transaction.source,
        index=index,
        transaction_source=arrived.source,
        sequence=arrived.transaction.sequence,
        sponsors=sponsors,
    )


def _do(operation: Any, context: Context) -> OpResult:
    kind = KINDS[type(operation)]
    if context.draft.peek(context.source) is None:
        return OpResult(kind.type, Op.opNO_ACCOUNT)
    wrong = kind.check(operation, context.source)
    if wrong is not None:
        return OpResult(kind.type, wrong)
    answer = kind.apply(operation, context)
    code, value = answer if isinstance(answer, tuple) else (answer, None)
    return OpResult(kind.type, code, value)


def _told(operation: Any, context: Context, *, is_done: bool) -> Operation:
    kind = KINDS[type(operation)]
    described = describe(operation, context.muxed)
    return Operation(
        order=context.index + 1,
        source_account=context.source,
        type=kind.name,
        type_i=kind.type.value,
        details={**described, **context.details} if is_done else described,
        sponsor=context.new_sponsor if is_done else None,
        effects=tuple(context.effects) if is_done else (),
    )


def _result(arrived: Arrived, code: Tx, *, fee: int, results: list[OpResult]) -> str:
    if arrived.bump is None:
        return transaction_result(code, fee=fee, operations=results)
    return bump_result(code, fee=fee, inner_hash=arrived.inner_hash, operations=results)
