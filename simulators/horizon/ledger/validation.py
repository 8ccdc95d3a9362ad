"""Whether a transaction may enter the queue or a ledger: core's checks, in core's order."""

from dataclasses import dataclass
from typing import Any

from stellar_sdk import Transaction, xdr
from stellar_sdk.xdr import OperationResultCode as Op
from stellar_sdk.xdr import OperationType
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.horizon.ledger.envelopes import Arrived
from simulators.horizon.ledger.operations import KINDS, threshold_of
from simulators.horizon.ledger.results import OpResult, bump_result, transaction_result
from simulators.horizon.ledger.signatures import Signatures, Threshold
from simulators.horizon.ledger.state import State, min_balance

_SEQUENCE_SHIFT = 32


@dataclass(frozen=True)
class Moment:
    """The ledger that is to be closed next, and when."""

    ledger: int
    closed_at: int


@dataclass(frozen=True)
class Refusal:
    """Why a transaction may not enter; `operations` come with txFAILED."""

    code: Tx
    operations: list[OpResult] | None = None
    is_outer: bool = False
    fee: int = 0

    def as_xdr(self, arrived: Arrived) -> str:
        """Return the result as the network answers it."""
        if arrived.bump is None or self.is_outer:
            return transaction_result(self.code, fee=self.fee, operations=self.operations)
        inner = arrived.envelope.hash()
        return bump_result(
            self.code, fee=arrived.least_fee, inner_hash=inner, operations=self.operations
        )


def refusal(arrived: Arrived, state: State, moment: Moment) -> Refusal | None:
    """Return why this may not enter; None when nothing is against it."""
    if arrived.bump is not None:
        code = _outer(arrived, state)
        if code is not None:
            return Refusal(code, is_outer=True, fee=arrived.least_fee)
    code = _whole(arrived, state, moment)
    if code is not None:
        return Refusal(code, fee=arrived.least_fee if code is Tx.txINSUFFICIENT_FEE else 0)
    signatures = arrived.signatures()
    source = state.peek(arrived.source)
    assert source is not None
    if not signatures.reach(source, Threshold.LOW):
        return Refusal(Tx.txBAD_AUTH)
    if arrived.bump is None and source.balance - arrived.fee < min_balance(source):
        return Refusal(Tx.txINSUFFICIENT_BALANCE)
    results = [
        _operation(each, state, signatures, default=arrived.source)
        for each in arrived.transaction.operations
    ]
    if not all(result.is_success for result in results):
        return Refusal(Tx.txFAILED, operations=results)
    return None if signatures.are_all_used else Refusal(Tx.txBAD_AUTH_EXTRA)


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
    if payer.balance - arrived.fee < min_balance(payer):
        return Tx.txINSUFFICIENT_BALANCE
    return None if signatures.are_all_used else Tx.txBAD_AUTH_EXTRA


def _whole(arrived: Arrived, state: State, moment: Moment) -> Tx | None:
    """Check what concerns the transaction as a whole, up to its sequence."""
    transaction = arrived.transaction
    if not transaction.operations:
        return Tx.txMISSING_OPERATION
    if any(type(each) not in KINDS for each in transaction.operations):
        return Tx.txNOT_SUPPORTED
    if code := _bounds(transaction, moment):
        return code
    if arrived.bump is None and arrived.fee < arrived.least_fee:
        return Tx.txINSUFFICIENT_FEE
    source = state.peek(arrived.source)
    if source is None:
        return Tx.txNO_ACCOUNT
    is_start_of_ledger = transaction.sequence == moment.ledger << _SEQUENCE_SHIFT
    if transaction.sequence != source.sequence + 1 or is_start_of_ledger:
        return Tx.txBAD_SEQ
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


def source_of(operation: Any, *, default: str) -> str:
    """Return the account that an operation acts for."""
    return str(operation.source.account_id) if operation.source else default


def _operation(operation: Any, state: State, signatures: Signatures, *, default: str) -> OpResult:
    """Check one operation: its source's signatures first, then its parameters."""
    kind = KINDS[type(operation)]
    address = source_of(operation, default=default)
    account = state.peek(address)
    if account is None:
        # It may be made by an operation before; then its own key must have signed.
        if operation.source is None:
            return OpResult(kind.type, Op.opNO_ACCOUNT)
        if not signatures.are_of(address):
            return OpResult(kind.type, Op.opBAD_AUTH)
    elif not signatures.reach(account, threshold_of(operation)):
        return OpResult(kind.type, Op.opBAD_AUTH)
    wrong = kind.check(operation, address)
    return OpResult(kind.type, wrong) if wrong is not None else success(kind.type)


def success(type: OperationType) -> OpResult:
    """Return the success of an operation that was only checked, with nothing for its value."""
    words = "".join(part.capitalize() for part in type.name.split("_"))
    codes = getattr(xdr, f"{words}ResultCode")
    code = next(each for each in codes if each.name.endswith("_SUCCESS"))
    value: Any = 0
    if type is OperationType.CREATE_CLAIMABLE_BALANCE:
        value = xdr.ClaimableBalanceID(
            xdr.ClaimableBalanceIDType.CLAIMABLE_BALANCE_ID_TYPE_V0, v0=xdr.Hash(bytes(32))
        )
    return OpResult(type, code, value)
