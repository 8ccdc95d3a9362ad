"""Result codes: every one that the network knows has a name of Horizon and a line in the table."""

import base64
import json
import subprocess
import sys
from collections import Counter
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stellar_sdk import Asset, xdr

from tests.architecture import tree
from wallets.stellar import codes
from wallets.stellar.client.results import (
    InvalidResult,
    Result,
    family_of,
    name_of,
    read_result,
)
from wallets.stellar.codes import Outcome, Phase

_BLIND = ("codes", "models", "selectors", "services", "states", "policy", "intents")
_WHOLE = (xdr.TransactionResultCode, xdr.OperationResultCode)
_WITH_OPERATIONS = (xdr.TransactionResultCode.txSUCCESS, xdr.TransactionResultCode.txFAILED)
_ENUMS: list[type[IntEnum]] = [
    kind
    for name, kind in sorted(vars(xdr).items())
    if name.endswith("ResultCode") and issubclass(kind, IntEnum)
]
_MEMBERS = [(kind, code) for kind in _ENUMS for code in kind]
# By hand, field for field: a fee of 100, failed, one payment, no destination.
_FAILED_PAYMENT = "AAAAAAAAAGT/////AAAAAQAAAAAAAAAB////+wAAAAA="


def horizon_name(kind: type[IntEnum], code: IntEnum) -> str:
    """Return the name that the reader gives to a code of that kind."""
    return name_of(code, family="" if kind in _WHOLE else family_of(kind))


def test_every_operation_of_the_sdk_has_its_codes_here() -> None:
    assert len(_ENUMS) >= len(xdr.OperationType)
    assert len(_MEMBERS) > 150


@pytest.mark.parametrize(("kind", "code"), _MEMBERS, ids=[code.name for _, code in _MEMBERS])
def test_every_code_of_the_sdk_has_a_line(kind: type[IntEnum], code: IntEnum) -> None:
    name = horizon_name(kind, code)
    assert name in codes._RULES, f"{code.name} is {name}, of which the table knows nothing"


def test_no_line_stands_for_a_code_that_nothing_can_bring_about() -> None:
    named = {horizon_name(kind, code) for kind, code in _MEMBERS} | {"op_success"}
    assert {rule.name for rule in codes._TABLE} - named == set()


def test_no_code_has_two_lines() -> None:
    counted = Counter(rule.name for rule in codes._TABLE)
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("rule", codes._TABLE, ids=lambda rule: rule.name)
def test_a_line_agrees_with_itself(rule: codes.Rule) -> None:
    assert rule.words
    assert rule.words[0].islower()
    assert rule.words[-1] != "."
    assert (rule.outcome is Outcome.OK) == (rule.phase is Phase.DONE) or rule.name == "op_inner"
    if rule.outcome is Outcome.FIX:
        assert rule.pages_staff
        assert rule.pause_seconds >= 60
    if rule.outcome in (Outcome.OK, Outcome.ALREADY):
        assert (rule.pause_seconds, rule.pages_staff) == (0, False)


def test_a_code_that_nobody_knows_is_a_matter_for_staff() -> None:
    rule = codes.rule_for("tx_of_a_later_protocol")
    assert (rule.name, rule.outcome) == ("tx_of_a_later_protocol", Outcome.FIX)
    assert rule.pages_staff
    assert rule.words == "a result that this version does not know"


@pytest.mark.parametrize(
    ("name", "outcome", "phase", "pages_staff"),
    [
        ("tx_too_late", Outcome.RETRY, Phase.BEFORE, False),
        ("tx_bad_seq", Outcome.RETRY, Phase.BEFORE, True),
        ("tx_insufficient_fee", Outcome.RETRY, Phase.BEFORE, False),
        ("tx_bad_auth", Outcome.FIX, Phase.BEFORE, True),
        ("tx_bad_auth_extra", Outcome.FIX, Phase.BEFORE, True),
        ("tx_failed", Outcome.RETRY, Phase.EITHER, False),
        ("op_bad_auth", Outcome.SPLIT, Phase.EITHER, False),
        ("op_already_exists", Outcome.ALREADY, Phase.LEDGER, False),
        ("op_no_destination", Outcome.SPLIT, Phase.LEDGER, False),
        ("op_underfunded", Outcome.RETRY, Phase.LEDGER, True),
        ("op_src_not_authorized", Outcome.FIX, Phase.LEDGER, True),
    ],
)
def test_what_the_codes_that_we_meet_lead_to(
    name: str, outcome: Outcome, phase: Phase, pages_staff: bool
) -> None:
    rule = codes.rule_for(name)
    assert (rule.outcome, rule.phase, rule.pages_staff) == (outcome, phase, pages_staff)


@pytest.mark.parametrize("name", ["tx_insufficient_fee", "tx_internal_error", "tx_bad_seq"])
def test_a_surge_or_a_sick_network_slows_us_down(name: str) -> None:
    assert codes.rule_for(name).pause_seconds >= 5


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (xdr.TransactionResultCode.txNO_ACCOUNT, "tx_no_source_account"),
        (xdr.TransactionResultCode.txBAD_MIN_SEQ_AGE_OR_GAP, "tx_bad_minseq_age_or_gap"),
        (xdr.OperationResultCode.opNO_ACCOUNT, "op_no_source_account"),
        (xdr.CreateAccountResultCode.CREATE_ACCOUNT_ALREADY_EXIST, "op_already_exists"),
        (xdr.AccountMergeResultCode.ACCOUNT_MERGE_SEQNUM_TOO_FAR, "op_seq_num_too_far"),
        (xdr.AccountMergeResultCode.ACCOUNT_MERGE_NO_ACCOUNT, "op_no_account"),
        (xdr.ManageDataResultCode.MANAGE_DATA_NAME_NOT_FOUND, "op_data_name_not_found"),
        (
            xdr.ChangeTrustResultCode.CHANGE_TRUST_NOT_AUTH_MAINTAIN_LIABILITIES,
            "op_not_aut_maintain_liabilities",  # so in Horizon
        ),
        (xdr.SetTrustLineFlagsResultCode.SET_TRUST_LINE_FLAGS_NO_TRUST_LINE, "op_no_trust"),
        (xdr.InvokeHostFunctionResultCode.INVOKE_HOST_FUNCTION_TRAPPED, "function_trapped"),
    ],
)
def test_names_are_those_of_horizon_where_they_are_not_the_networks(
    code: IntEnum, name: str
) -> None:
    assert horizon_name(type(code), code) == name


def test_the_words_need_no_sdk_nor_do_those_who_serve_requests() -> None:
    program = (
        "import django, json, sys; django.setup()\n"
        + "".join(f"import wallets.stellar.{name}\n" for name in _BLIND)
        + "print(json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tree.ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    modules = json.loads(run.stdout.splitlines()[-1])
    assert "wallets.stellar.codes" in modules
    assert [name for name in modules if name.startswith("stellar_sdk")] == []
    assert "wallets.stellar.client.horizon" not in modules


def operation_result(kind: xdr.OperationType, code: IntEnum) -> xdr.OperationResult:
    """Return the result of an operation of that kind that ended so."""
    field, annotation = _FIELDS[kind]
    result = getattr(xdr, annotation.split(" ")[0])
    takes_asset = code.name.endswith("NO_ISSUER") and code.name.startswith("PATH_PAYMENT")
    told = {"no_issuer": Asset.native().to_xdr_object()} if takes_asset else {}
    whole = xdr.OperationResultTr(kind, **{field: result(code, **told)})
    return xdr.OperationResult(xdr.OperationResultCode.opINNER, whole)


def transaction_result(
    code: xdr.TransactionResultCode, operations: list[xdr.OperationResult], *, fee: int = 100
) -> str:
    """Return a whole transaction's result as the network writes it."""
    held = operations if code in _WITH_OPERATIONS else None
    result = xdr.TransactionResultResult(code, results=held)
    return xdr.TransactionResult(xdr.Int64(fee), result, xdr.TransactionResultExt(0)).to_xdr()


def fee_bump_result(
    code: xdr.TransactionResultCode, operations: list[xdr.OperationResult], *, fee: int = 400
) -> str:
    """Return the result of a fee bump around a transaction that ended with that code."""
    held = operations if code in _WITH_OPERATIONS else None
    inner = xdr.InnerTransactionResult(
        xdr.Int64(0),
        xdr.InnerTransactionResultResult(code, results=held),
        xdr.InnerTransactionResultExt(0),
    )
    outer = (
        xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
        if code is xdr.TransactionResultCode.txSUCCESS
        else xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED
    )
    result = xdr.TransactionResultResult(
        outer, inner_result_pair=xdr.InnerTransactionResultPair(xdr.Hash(b"\xab" * 32), inner)
    )
    return xdr.TransactionResult(xdr.Int64(fee), result, xdr.TransactionResultExt(0)).to_xdr()


_FIELDS = dict(
    zip(
        xdr.OperationType,
        [
            (name, annotation)
            for name, annotation in xdr.OperationResultTr.__init__.__annotations__.items()
            if name.endswith("_result")
        ],
        strict=True,
    )
)
_FAILURES = [
    (kind, code)
    for kind, (_, annotation) in _FIELDS.items()
    for code in getattr(xdr, f"{annotation.split(' ')[0]}Code")
    if not code.name.endswith("_SUCCESS")
]


def test_a_failed_payment_is_read_as_the_network_wrote_it() -> None:
    assert read_result(_FAILED_PAYMENT) == Result("tx_failed", ("op_no_destination",), 100)


@pytest.mark.parametrize(
    ("kind", "code"), _FAILURES, ids=[f"{kind.name}-{code.name}" for kind, code in _FAILURES]
)
def test_the_failure_of_any_operation_is_read_with_its_name(
    kind: xdr.OperationType, code: IntEnum
) -> None:
    failed = [operation_result(kind, code)]
    name = horizon_name(type(code), code)
    alone = read_result(transaction_result(xdr.TransactionResultCode.txFAILED, failed))
    assert alone == Result("tx_failed", (name,), 100)
    bumped = read_result(fee_bump_result(xdr.TransactionResultCode.txFAILED, failed))
    assert bumped == Result("tx_failed", (name,), 400, "ab" * 32)


@pytest.mark.parametrize(
    "code",
    [
        code
        for code in xdr.TransactionResultCode
        if code.name not in ("txFEE_BUMP_INNER_SUCCESS", "txFEE_BUMP_INNER_FAILED")
    ],
    ids=lambda code: code.name,
)
def test_the_result_of_a_transaction_is_read_with_and_without_a_fee_bump(
    code: xdr.TransactionResultCode,
) -> None:
    name = horizon_name(xdr.TransactionResultCode, code)
    assert read_result(transaction_result(code, [])) == Result(name, (), 100)
    assert read_result(fee_bump_result(code, [])) == Result(name, (), 400, "ab" * 32)


def test_each_operation_keeps_its_place() -> None:
    held = [
        operation_result(xdr.OperationType.CREATE_ACCOUNT, code)
        for code in (
            xdr.CreateAccountResultCode.CREATE_ACCOUNT_SUCCESS,
            xdr.CreateAccountResultCode.CREATE_ACCOUNT_ALREADY_EXIST,
        )
    ]
    held.append(xdr.OperationResult(xdr.OperationResultCode.opBAD_AUTH))
    read = read_result(transaction_result(xdr.TransactionResultCode.txFAILED, held))
    assert read.operation_codes == ("op_success", "op_already_exists", "op_bad_auth")


def test_what_merged_accounts_held_is_read_with_and_without_a_fee_bump() -> None:
    empty, rich = (
        xdr.OperationResult(
            xdr.OperationResultCode.opINNER,
            xdr.OperationResultTr(
                xdr.OperationType.ACCOUNT_MERGE,
                account_merge_result=xdr.AccountMergeResult(
                    xdr.AccountMergeResultCode.ACCOUNT_MERGE_SUCCESS,
                    source_account_balance=xdr.Int64(stroops),
                ),
            ),
        )
        for stroops in (0, 7)
    )
    for write in (transaction_result, fee_bump_result):
        read = read_result(write(xdr.TransactionResultCode.txSUCCESS, [empty, rich]))
        assert read.merged == ((0, 0), (1, 7))


@pytest.mark.parametrize(
    "text",
    ["", "AAAA", "no base 64", _FAILED_PAYMENT[:-8], "AAAAAAAAAGT///+AAAAAAA==", None, 7, ["x"]],
)
def test_what_is_no_result_is_refused(text: object) -> None:
    with pytest.raises(InvalidResult):
        read_result(text)  # type: ignore[arg-type]


@given(st.binary(max_size=80).map(lambda held: base64.b64encode(held).decode()) | st.text())
def test_any_bytes_are_a_result_or_an_invalid_one(text: str) -> None:
    try:
        read = read_result(text)
    except InvalidResult:
        return
    assert read.code in codes._RULES
    assert all(name in codes._RULES for name in read.operation_codes)
