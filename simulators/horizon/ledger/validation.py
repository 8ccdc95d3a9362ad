"""Whether a transaction may enter the queue or a ledger: core's checks, in core's order."""

from dataclasses import dataclass
from typing import Any

from stellar_sdk import Preconditions, Transaction, xdr
from stellar_sdk.xdr import OperationResultCode as Op
from stellar_sdk.xdr import OperationType
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.operations import KINDS, threshold_of
from simulators.horizon.ledger.results import OpResult, bump_result, transaction_result
from simulators.horizon.ledger.signatures import Signatures, Threshold
from simulators.horizon.ledger.state import State, min_balance
from simulators.horizon.ledger.types import Account

_SEQUENCE_SHIFT = 32


@dataclass(frozen=True)
class Moment:
    """The ledger that is to be closed next, and when."""

    ledger: int
    closed_at: int


@dataclass(frozen=True)
class Refusal:
    """Why a transaction may not enter; `operations` come with txFAILED.

    `fee` is what it would have to bid, where that is more than the least.
    """

    code: Tx
    operations: list[OpResult] | None = None
    is_outer: bool = False
    fee: int = 0

    def as_xdr(self, arrived: Arrived) -> str:
        """Return the result as the network answers it."""
        if arrived.bump is None or self.is_outer:
            fee = self.fee or arrived.least_fee
            return transaction_result(self.code, fee=fee, operations=self.operations)
        return bump_result(
            self.code,
            fee=arrived.least_fee,
            inner_hash=arrived.inner_hash,
            operations=self.operations,
        )


def refusal(arrived: Arrived, state: State, moment: Moment) -> Refusal | None:
    """Return why this may not enter the queue; None when nothing is against it."""
    if arrived.bump is not None:
        code = _outer(arrived, state)
        if code is not None:
            return Refusal(code, is_outer=True)
    code = _whole(arrived, moment) or _sequence(arrived, state, moment)
    if code is not None:
        return Refusal(code)
    signatures = arrived.signatures()
    code = _unmet(arrived, state, moment, signatures)
    if code is None and arrived.bump is None:
        code = _unpaid(arrived, state)
    if code is not None:
        return Refusal(code)
    return _operations(arrived, state, signatures, with_parameters=True)


def refusal_at_apply(arrived: Arrived, state: State, moment: Moment) -> tuple[bool, Refusal | None]:
    """Check again what transactions before it in the same ledger may have changed.

    Returns whether its sequence is used up, and why it fails; the fee is taken in any case.
    """
    code = _sequence(arrived, state, moment)
    if code is not None:
        return False, Refusal(code)
    signatures = arrived.signatures()
    code = _unmet(arrived, state, moment, signatures)
    if code is not None:
        return code is not Tx.txBAD_MIN_SEQ_AGE_OR_GAP, Refusal(code)
    return True, _operations(arrived, state, signatures, with_parameters=False)


def _outer(arrived: Arrived, state: State) -> Tx | None:
    """Check the fee bump itself."""
    inner_fee = arrived.transaction.fee
    inner_operations = max(1, len(arrived.transaction.operations))
    is_rate_enough = arrived.fee * inner_operations >= inner_fee * arrived.operations
    if arrived.fee < arrived.least_fee or not is_rate_enough:
        return Tx.txINSUFFICIENT_FEE
    payer = state.peek(arrived.fee_source)
    if payer is None:
        return Tx.txNO_ACCOUNT
    signatures = arrived.bump_signatures()
    if not signatures.reach(payer, Threshold.LOW):
        return Tx.txBAD_AUTH
    if (code := _unpaid(arrived, state)) is not None:
        return code
    return None if signatures.are_all_used else Tx.txBAD_AUTH_EXTRA


def _unpaid(arrived: Arrived, state: State) -> Tx | None:
    payer = state.peek(arrived.fee_source)
    assert payer is not None
    is_enough = payer.balance - arrived.fee >= min_balance(payer)
    return None if is_enough else Tx.txINSUFFICIENT_BALANCE


def _whole(arrived: Arrived, moment: Moment) -> Tx | None:
    """Check what concerns the transaction as a whole, up to its source."""
    transaction = arrived.transaction
    if not transaction.operations:
        return Tx.txMISSING_OPERATION
    if any(type(each) not in KINDS for each in transaction.operations):
        return Tx.txNOT_SUPPORTED
    if code := _bounds(transaction, moment):
        return code
    if arrived.bump is None and arrived.fee < arrived.least_fee:
        return Tx.txINSUFFICIENT_FEE
    return None


def _bounds(transaction: Transaction, moment: Moment) -> Tx | None:
    given = transaction.preconditions
    if given is None:
        return None
    times, ledgers = given.time_bounds, given.ledger_bounds
    if (times and times.min_time > moment.closed_at) or (
        ledgers and ledgers.min_ledger > moment.ledger
    ):
        return Tx.txTOO_EARLY
    if (times and 0 < times.max_time < moment.closed_at) or (
        ledgers and 0 < ledgers.max_ledger <= moment.ledger
    ):
        return Tx.txTOO_LATE
    return None


def _sequence(arrived: Arrived, state: State, moment: Moment) -> Tx | None:
    source, wanted = state.peek(arrived.source), arrived.transaction.sequence
    if source is None:
        return Tx.txNO_ACCOUNT
    given = arrived.transaction.preconditions
    least = given.min_sequence_number if given is not None else None
    follows = source.sequence + 1 == wanted
    if least is not None:
        follows = least <= source.sequence < wanted
    is_start_of_ledger = wanted == moment.ledger << _SEQUENCE_SHIFT
    return None if follows and not is_start_of_ledger else Tx.txBAD_SEQ


def _unmet(arrived: Arrived, state: State, moment: Moment, signatures: Signatures) -> Tx | None:
    """Check how long the sequence has rested, and who has signed for the source."""
    source = state.peek(arrived.source)
    assert source is not None
    given = arrived.transaction.preconditions
    if given is not None:
        if not _has_rested(source, given, moment):
            return Tx.txBAD_MIN_SEQ_AGE_OR_GAP
        for each in given.extra_signers or []:
            if not signatures.are_of(each.encoded_signer_key):
                return Tx.txBAD_AUTH
    return None if signatures.reach(source, Threshold.LOW) else Tx.txBAD_AUTH


def _has_rested(source: Account, given: Preconditions, moment: Moment) -> bool:
    seconds = moment.closed_at - source.sequence_time
    ledgers = moment.ledger - source.sequence_ledger
    return seconds >= (given.min_sequence_age or 0) and ledgers >= (
        given.min_sequence_ledger_gap or 0
    )


def _operations(
    arrived: Arrived, state: State, signatures: Signatures, *, with_parameters: bool
) -> Refusal | None:
    """Check the operations, and that no signature was of no use.

    With parameters, as in the queue, core stops at the first that is wrong: the others then say
    that they are well. Without, as in a ledger, only the signatures of all are looked at.
    """
    results: list[OpResult] = []
    wrong = False
    for each in arrived.transaction.operations:
        kind = KINDS[type(each)]
        result = success(kind.type)
        if not (wrong and with_parameters):
            code = _authority(each, state, signatures, default=arrived.source)
            if code is None and with_parameters:
                code = kind.check(each, source_of(each, default=arrived.source))
            if code is not None:
                wrong, result = True, OpResult(kind.type, code)
        results.append(result)
    if wrong:
        return Refusal(Tx.txFAILED, operations=results)
    return None if signatures.are_all_used else Refusal(Tx.txBAD_AUTH_EXTRA)


def source_of(operation: Any, *, default: str) -> str:
    """Return the account that an operation acts for."""
    return str(operation.source.account_id) if operation.source else default


def _authority(operation: Any, state: State, signatures: Signatures, *, default: str) -> Any:
    """Return what is missing for an operation to act for its source."""
    address = source_of(operation, default=default)
    account = state.peek(address)
    if account is not None:
        is_signed = signatures.reach(account, threshold_of(operation))
    elif operation.source is None:
        return Op.opNO_ACCOUNT
    else:
        # It may be made by an operation before; then its own key must have signed.
        is_signed = signatures.are_of(address)
    return None if is_signed else Op.opBAD_AUTH


_SUCCESSES: dict[OperationType, OpResult] = {}


def success(type: OperationType) -> OpResult:
    """Return the success of an operation that was only checked, with nothing for its value."""
    if type not in _SUCCESSES:
        words = "".join(part.capitalize() for part in type.name.split("_"))
        codes = getattr(xdr, f"{words}ResultCode")
        code = next(each for each in codes if each.name.endswith("_SUCCESS"))
        value: Any = 0
        if type is OperationType.CREATE_CLAIMABLE_BALANCE:
            value = xdr.ClaimableBalanceID(
                xdr.ClaimableBalanceIDType.CLAIMABLE_BALANCE_ID_TYPE_V0, v0=xdr.Hash(bytes(32))
            )
        _SUCCESSES[type] = OpResult(type, code, value)
    return _SUCCESSES[type]
