"""Applying a transaction: its operations one after the other, all of them or none."""

from dataclasses import dataclass
from typing import Any

from stellar_sdk import xdr
from stellar_sdk.xdr import OperationResultCode as Op
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.operations import KINDS, Context
from simulators.horizon.ledger.results import OpResult, bump_result, transaction_result
from simulators.horizon.ledger.state import Draft, State
from simulators.horizon.ledger.types import Operation
from simulators.horizon.ledger.validation import Moment, source_of


@dataclass(frozen=True)
class Applied:
    """What became of a transaction in a ledger."""

    is_successful: bool
    result_xdr: str
    operations: tuple[Operation, ...]


def apply(arrived: Arrived, state: State, moment: Moment, *, fee: int) -> Applied:
    """Do all operations, or none; fee and sequence are the caller's. `fee` is in the result."""
    draft = Draft(state)
    sponsors: dict[str, str] = {}
    results: list[OpResult] = []
    done: list[Operation] = []
    for index, operation in enumerate(arrived.transaction.operations):
        context = Context(
            draft=Draft(draft),
            ledger=moment.ledger,
            closed_at=moment.closed_at,
            source=source_of(operation, default=arrived.source),
            operation_id=_operation_id(arrived, index),
            sponsors=dict(sponsors),
        )
        result = _do(operation, context)
        results.append(result)
        if result.is_success:
            context.draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)
            sponsors = context.sponsors
        done.append(_told(operation, context, order=index + 1))
    code = Tx.txSUCCESS if all(result.is_success for result in results) else Tx.txFAILED
    if code is Tx.txSUCCESS and sponsors:
        code = Tx.txBAD_SPONSORSHIP
    is_successful = code is Tx.txSUCCESS
    if is_successful:
        draft.commit(ledger=moment.ledger, closed_at=moment.closed_at)
    return Applied(
        is_successful=is_successful,
        result_xdr=_result(arrived, code, fee=fee, results=results),
        operations=tuple(done),
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


def _told(operation: Any, context: Context, *, order: int) -> Operation:
    kind = KINDS[type(operation)]
    return Operation(
        order=order,
        source_account=context.source,
        type=kind.name,
        type_i=kind.type.value,
        details=context.details,
        sponsor=context.sponsors.get(context.source),
        effects=tuple(context.effects),
    )


def _result(arrived: Arrived, code: Tx, *, fee: int, results: list[OpResult]) -> str:
    if arrived.bump is None:
        return transaction_result(code, fee=fee, operations=results)
    inner = arrived.envelope.hash()
    return bump_result(code, fee=fee, inner_hash=inner, operations=results)


def _operation_id(arrived: Arrived, index: int) -> bytes:
    """Return what a claimable balance's id is the hash of (XDR's OperationID)."""
    source = arrived.transaction.source.to_xdr_object()
    return xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_OP_ID,
        operation_id=xdr.HashIDPreimageOperationID(
            source_account=_account_id(source),
            seq_num=xdr.SequenceNumber(xdr.Int64(arrived.transaction.sequence)),
            op_num=xdr.Uint32(index),
        ),
    ).to_xdr_bytes()


def _account_id(source: xdr.MuxedAccount) -> xdr.AccountID:
    key = source.ed25519 if source.ed25519 is not None else source.med25519.ed25519  # type: ignore[union-attr]
    return xdr.AccountID(xdr.PublicKey(xdr.PublicKeyType.PUBLIC_KEY_TYPE_ED25519, key))
