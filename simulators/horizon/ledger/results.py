"""Results as the network writes them: codes put into XDR."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from stellar_sdk import xdr
from stellar_sdk.xdr import OperationResultCode, TransactionResultCode

TX = TransactionResultCode
OP = OperationResultCode
_MERGE_SUCCESS = xdr.AccountMergeResultCode.ACCOUNT_MERGE_SUCCESS
_BALANCE_SUCCESS = xdr.CreateClaimableBalanceResultCode.CREATE_CLAIMABLE_BALANCE_SUCCESS

_FIELDS = {xdr.OperationType.BUMP_SEQUENCE: "bump_seq_result"}  # not named as its type is


@dataclass(frozen=True)
class OpResult:
    """One operation's result: a code of any operation, or one of its own kind, with its value."""

    type: xdr.OperationType
    code: IntEnum
    value: Any = None

    @property
    def is_success(self) -> bool:
        """Tell whether the operation was done."""
        return self.code.name.endswith("_SUCCESS")

    def as_xdr(self) -> xdr.OperationResult:
        """Return the result in XDR."""
        if isinstance(self.code, OperationResultCode):
            return xdr.OperationResult(code=self.code)
        family = type(self.code).__name__.removesuffix("Code")  # such as CreateAccountResult
        arguments: dict[str, Any] = {"code": self.code}
        if self.code is _MERGE_SUCCESS:
            arguments["source_account_balance"] = xdr.Int64(self.value)
        if self.code is _BALANCE_SUCCESS:
            arguments["balance_id"] = self.value
        own = getattr(xdr, family)(**arguments)
        field = _FIELDS.get(self.type) or f"{self.type.name.lower()}_result"
        tr = xdr.OperationResultTr(type=self.type, **{field: own})
        return xdr.OperationResult(code=OP.opINNER, tr=tr)


def transaction_result(
    code: TransactionResultCode, *, fee: int, operations: list[OpResult] | None = None
) -> str:
    """Return a transaction's result (base 64); operations come with success and failure only."""
    return xdr.TransactionResult(
        fee_charged=xdr.Int64(fee), result=_body(code, operations), ext=xdr.TransactionResultExt(0)
    ).to_xdr()


def bump_result(
    code: TransactionResultCode,
    *,
    fee: int,
    inner_hash: bytes,
    operations: list[OpResult] | None = None,
) -> str:
    """Return the result of a fee bump whose inner transaction ended with that code."""
    is_success = code is TX.txSUCCESS
    outer = TX.txFEE_BUMP_INNER_SUCCESS if is_success else TX.txFEE_BUMP_INNER_FAILED
    results = [each.as_xdr() for each in operations or []]
    has_results = code in (TX.txSUCCESS, TX.txFAILED)
    inner = xdr.InnerTransactionResult(
        fee_charged=xdr.Int64(0),
        result=xdr.InnerTransactionResultResult(code, results=results if has_results else None),
        ext=xdr.InnerTransactionResultExt(0),
    )
    pair = xdr.InnerTransactionResultPair(xdr.Hash(inner_hash), inner)
    body = xdr.TransactionResultResult(outer, inner_result_pair=pair)
    return xdr.TransactionResult(
        fee_charged=xdr.Int64(fee), result=body, ext=xdr.TransactionResultExt(0)
    ).to_xdr()


def _body(
    code: TransactionResultCode, operations: list[OpResult] | None
) -> xdr.TransactionResultResult:
    if code in (TX.txSUCCESS, TX.txFAILED):
        results = [each.as_xdr() for each in operations or []]
        return xdr.TransactionResultResult(code, results=results)
    return xdr.TransactionResultResult(code)
