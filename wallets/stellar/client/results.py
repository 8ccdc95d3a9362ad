"""Transaction results as the network writes them (XDR), read into Horizon's names of codes."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from stellar_sdk import xdr

# Where Horizon's name is not the network's in small letters (its `internal/codes`, at v24).
_OWN_NAMES = {
    "txNO_ACCOUNT": "tx_no_source_account",
    "txBAD_MIN_SEQ_AGE_OR_GAP": "tx_bad_minseq_age_or_gap",
    "opNO_ACCOUNT": "op_no_source_account",
    "CREATE_ACCOUNT_ALREADY_EXIST": "op_already_exists",
    "ACCOUNT_MERGE_SEQNUM_TOO_FAR": "op_seq_num_too_far",
    "PATH_PAYMENT_STRICT_RECEIVE_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX": "op_over_source_max",
    "PATH_PAYMENT_STRICT_SEND_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN": "op_under_dest_min",
    "MANAGE_BUY_OFFER_SELL_NOT_AUTHORIZED": "sell_not_authorized",
    "MANAGE_BUY_OFFER_BUY_NOT_AUTHORIZED": "buy_not_authorized",
    "MANAGE_BUY_OFFER_BUY_NO_ISSUER": "buy_no_issuer",
    "MANAGE_BUY_OFFER_NOT_FOUND": "op_offer_not_found",
    "MANAGE_SELL_OFFER_SELL_NOT_AUTHORIZED": "sell_not_authorized",
    "MANAGE_SELL_OFFER_BUY_NOT_AUTHORIZED": "buy_not_authorized",
    "MANAGE_SELL_OFFER_BUY_NO_ISSUER": "buy_no_issuer",
    "MANAGE_SELL_OFFER_NOT_FOUND": "op_offer_not_found",
    "CHANGE_TRUST_NOT_AUTH_MAINTAIN_LIABILITIES": "op_not_aut_maintain_liabilities",
    "ALLOW_TRUST_NO_TRUST_LINE": "op_no_trust",
    "ALLOW_TRUST_TRUST_NOT_REQUIRED": "op_not_required",
    "SET_TRUST_LINE_FLAGS_NO_TRUST_LINE": "op_no_trust",
    "MANAGE_DATA_NAME_NOT_FOUND": "op_data_name_not_found",
    "MANAGE_DATA_INVALID_NAME": "op_data_invalid_name",
    "CLAWBACK_CLAIMABLE_BALANCE_NOT_ISSUER": "op_no_issuer",
    "INVOKE_HOST_FUNCTION_TRAPPED": "function_trapped",
    "INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED": "entry_archived",
    "INVOKE_HOST_FUNCTION_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
    "EXTEND_FOOTPRINT_TTL_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "EXTEND_FOOTPRINT_TTL_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
    "RESTORE_FOOTPRINT_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "RESTORE_FOOTPRINT_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
}
_OUTER = ("tx_fee_bump_inner_success", "tx_fee_bump_inner_failed")


class InvalidResult(ValueError):
    """What should be a transaction's result can't be read as one."""


@dataclass(frozen=True)
class Result:
    """A transaction's result. For a fee bump, the codes are those of the inner transaction.

    `fee_charged` is in whole stroops; `inner_hash` is empty where there was no fee bump. `merged`
    is what each account held that was merged into another: the operation's place, and stroops.
    """

    code: str
    operation_codes: tuple[str, ...] = ()
    fee_charged: int = 0
    inner_hash: str = ""
    merged: tuple[tuple[int, int], ...] = ()


def read_result(text: str) -> Result:
    """Read a result from XDR in base 64; raise InvalidResult."""
    try:
        result = xdr.TransactionResult.from_xdr(text)
        return _read(result)
    except Exception as error:  # noqa: BLE001 - the SDK's reader fails in many ways
        raise InvalidResult(type(error).__name__) from None


def name_of(code: IntEnum, *, family: str = "") -> str:
    """Return Horizon's name of a code; `family` is what all codes of its operation begin with."""
    if code.name in _OWN_NAMES:
        return _OWN_NAMES[code.name]
    if code.name.startswith(("tx", "op")):
        return f"{code.name[:2]}_{code.name[2:].lower()}"
    return f"op_{code.name.removeprefix(family).lower()}"


def family_of(codes: type[IntEnum]) -> str:
    """Return the beginning that all codes of an operation share: `CREATE_ACCOUNT_` and so on."""
    success = next(code.name for code in codes if code.name.endswith("_SUCCESS"))
    return success.removesuffix("SUCCESS")


def _read(result: xdr.TransactionResult) -> Result:
    code = name_of(result.result.code)
    fee = result.fee_charged.int64
    if code in _OUTER:
        pair = result.result.inner_result_pair
        assert pair is not None
        inner = pair.result.result
        return Result(
            code=name_of(inner.code),
            operation_codes=_operations(inner.results),
            fee_charged=fee,
            inner_hash=pair.transaction_hash.hash.hex(),
            merged=_merged(inner.results),
        )
    results = result.result.results
    return Result(
        code=code, operation_codes=_operations(results), fee_charged=fee, merged=_merged(results)
    )


def _operations(results: list[xdr.OperationResult] | None) -> tuple[str, ...]:
    return tuple(_operation(each) for each in results or ())


def _merged(results: list[xdr.OperationResult] | None) -> tuple[tuple[int, int], ...]:
    found = []
    for order, each in enumerate(results or ()):
        merge = each.tr.account_merge_result if each.tr is not None else None
        if merge is not None and merge.source_account_balance is not None:
            found.append((order, merge.source_account_balance.int64))
    return tuple(found)


def _operation(result: xdr.OperationResult) -> str:
    if result.code is not xdr.OperationResultCode.opINNER:
        return name_of(result.code)
    inner: Any = next(
        value
        for name, value in vars(result.tr).items()
        if name.endswith("_result") and value is not None
    )
    return name_of(inner.code, family=family_of(type(inner.code)))
