"""The names that Horizon gives to result codes, for the extras of a failed transaction."""

from typing import Any

from stellar_sdk import xdr
from stellar_sdk.xdr import OperationResultCode

_OWN_NAMES = {
    "txNO_ACCOUNT": "tx_no_source_account",
    "txBAD_MIN_SEQ_AGE_OR_GAP": "tx_bad_minseq_age_or_gap",
    "opNO_ACCOUNT": "op_no_source_account",
    "CREATE_ACCOUNT_ALREADY_EXIST": "op_already_exists",
    "ACCOUNT_MERGE_SEQNUM_TOO_FAR": "op_seq_num_too_far",
    "SET_TRUST_LINE_FLAGS_NO_TRUST_LINE": "op_no_trust",
    "MANAGE_DATA_NAME_NOT_FOUND": "op_data_name_not_found",
    "MANAGE_DATA_INVALID_NAME": "op_data_invalid_name",
}


def result_codes(result_xdr: str) -> dict[str, Any]:
    """Return the codes of a result as Horizon's extras have them."""
    result = xdr.TransactionResult.from_xdr(result_xdr).result
    told: dict[str, Any] = {"transaction": _whole(result.code.name)}
    results = result.results
    if result.inner_result_pair is not None:
        inner = result.inner_result_pair.result.result
        told["inner_transaction"] = _whole(inner.code.name)
        results = inner.results
    if results:
        told["operations"] = [_operation(each) for each in results]
    return told


def _whole(name: str) -> str:
    return _OWN_NAMES.get(name) or f"tx_{name[2:].lower()}"


def _operation(result: xdr.OperationResult) -> str:
    if result.code is not OperationResultCode.opINNER:
        name = result.code.name
        return _OWN_NAMES.get(name) or f"op_{name[2:].lower()}"
    fields = vars(result.tr).items()
    inner = next(value for name, value in fields if name.endswith("_result") and value is not None)
    names = [each.name for each in type(inner.code)]
    family = next(name for name in names if name.endswith("_SUCCESS")).removesuffix("SUCCESS")
    own = inner.code.name
    return _OWN_NAMES.get(own) or f"op_{own.removeprefix(family).lower()}"
