"""Reading what M-Pesa posts: total over nonsense, and liberal in what it takes for the same."""

import contextlib
import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.mpesa import answers, balances, messages, paybills, reading
from payments.mpesa.meanings import Outcome, Where

FOLDER = Path(__file__).parents[2] / "contracts" / "fixtures" / "daraja"
RECORDED = [reading.parse(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    *(
                        "Body",
                        "stkCallback",
                        "Result",
                        "ResultCode",
                        "ResultDesc",
                        "CallbackMetadata",
                    ),
                    *(
                        "Item",
                        "Name",
                        "Value",
                        "Key",
                        "ResultParameters",
                        "ResultParameter",
                        "Amount",
                    ),
                    *("TransID", "TransAmount", "BusinessShortCode", "MSISDN", "errorCode"),
                    *("ResponseCode", "Response", "OriginatorConversationID", "AccountBalance"),
                )
            )
            | st.text(max_size=8),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


def read_all(body: Any) -> list[Any]:
    """Read a body in every way; only Unreadable may be raised."""
    found = []
    for read in (messages.push_result, messages.result, messages.timeout, paybills.payment):
        try:
            found.append(read(body))
        except messages.Unreadable:
            continue
    return found


def use(found: Any) -> None:
    """Ask for everything that can be asked of what was read."""
    for name in dir(found):
        if not name.startswith("_"):
            getattr(found, name)
    if isinstance(found, messages.Result):
        for where in Where:
            found.meaning(where)
        balances.of_result(found)


@given(JSON)
def test_whatever_is_posted_is_read_or_unreadable(body: Any) -> None:
    for found in read_all(body):
        use(found)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_are_unreadable(content: bytes) -> None:
    with contextlib.suppress(reading.Unreadable):
        reading.parse(content)


@given(
    st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()),
    st.integers(100, 599),
)
def test_whatever_is_answered_has_an_outcome(content: bytes, status: int) -> None:
    envelope = answers.opened(status, content)
    assert envelope.meaning.outcome in (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN)
    assert answers.pushed(envelope).outcome is envelope.meaning.outcome
    assert answers.taken(envelope).outcome is envelope.meaning.outcome
    assert answers.push_status(envelope).outcome in (
        Outcome.PAID,
        Outcome.FAILED,
        Outcome.PENDING,
    )
    answers.pulled(envelope, shortcode="600000")


@given(st.sampled_from(RECORDED), st.randoms(use_true_random=False))
def test_a_recorded_body_with_parts_torn_out_never_pays(body: Any, chance: random.Random) -> None:
    """What was a success may become unreadable or incomplete, but no failure becomes a success."""
    before = {_code(found) for found in read_all(body)}
    torn = copy.deepcopy(body)
    _tear(torn, chance=chance)
    for found in read_all(torn):
        use(found)
        assert _code(found) in before


def _code(found: Any) -> str:
    return str(getattr(found, "code", ""))


def _tear(value: Any, *, chance: random.Random) -> None:
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = chance.choice(keys)
        if chance.random() < 0.4:
            del value[key]
            return
        if isinstance(value, dict) and chance.random() < 0.2:
            value[key] = chance.choice([None, [], {}, "", [value[key]]])
            return
        value = value[key]


def stk(**changes: Any) -> dict[str, Any]:
    told = {
        "MerchantRequestID": "1-2-3",
        "CheckoutRequestID": "ws_CO_1",
        "ResultCode": 0,
        "ResultDesc": "ok",
        "CallbackMetadata": {
            "Item": [
                {"Name": "Amount", "Value": 100},
                {"Name": "MpesaReceiptNumber", "Value": "UKL1A2B3C4"},
            ]
        },
        **changes,
    }
    return {"Body": {"stkCallback": told}}


class TestPushes:
    @pytest.mark.parametrize("code", [0, "0", " 0 "])
    def test_a_code_may_be_number_or_text(self, code: Any) -> None:
        assert messages.push_result(stk(ResultCode=code)).meaning.outcome is Outcome.PAID

    @pytest.mark.parametrize("code", [None, "", False, True, [], {}, [0, 1], 0.0])
    def test_without_one_code_nothing_is_told(self, code: Any) -> None:
        with pytest.raises(messages.Unreadable):
            messages.push_result(stk(ResultCode=code))

    @pytest.mark.parametrize("code", ["00", "0.0", "zero", -1, 99999, "4999", "C2B00011"])
    def test_a_code_that_is_not_listed_decides_nothing(self, code: Any) -> None:
        assert messages.push_result(stk(ResultCode=code)).meaning.outcome is Outcome.PENDING

    def test_a_name_that_comes_twice_with_two_values_tells_nothing(self) -> None:
        text = '{"Body":{"stkCallback":{"ResultCode":1032,"ResultCode":0}}}'
        with pytest.raises(messages.Unreadable):
            messages.push_result(reading.parse(text))
        same = text.replace("1032", "0")
        assert messages.push_result(reading.parse(same)).code == "0"

    @pytest.mark.parametrize(
        "value", [100, "100", "100.00", "1,00.00", "KES 100", " 100.0 ", "Ksh 100.00"]
    )
    def test_an_amount_may_be_spelled_in_many_ways(self, value: Any) -> None:
        item = {"Name": "Amount", "Value": value}
        told = messages.push_result(stk(CallbackMetadata={"Item": item}))
        assert told.amount_cents == 100_00

    @pytest.mark.parametrize(
        "value", [-1, 0, "1e3", "NaN", "Infinity", "1.005", "", None, True, [1], 10**40]
    )
    def test_what_is_no_amount_is_none(self, value: Any) -> None:
        item = {"Name": "Amount", "Value": value}
        told = messages.push_result(stk(CallbackMetadata={"Item": [item]}))
        assert told.amount_cents is None

    def test_two_amounts_are_none(self) -> None:
        items = [{"Name": "Amount", "Value": 100}, {"Name": "Amount", "Value": 1}]
        assert messages.push_result(stk(CallbackMetadata={"Item": items})).amount_cents is None

    def test_case_and_wrapping_do_not_count(self) -> None:
        told = {"resultcode": "0", "checkoutrequestid": "ws_CO_9"}
        for body in ({"body": {"stkcallback": told}}, {"stkCallback": told}, told):
            assert messages.push_result(body).checkout_request_id == "ws_CO_9"

    @pytest.mark.parametrize("phone", ["254712345678", 254712345678, "0712345678", "+254712345678"])
    def test_a_whole_number_is_read(self, phone: Any) -> None:
        assert messages.e164(phone) == "+254712345678"

    @pytest.mark.parametrize("phone", ["2547 ***** 126", "25470****149", "ab" * 32, "", None, {}])
    def test_a_hidden_number_is_none(self, phone: Any) -> None:
        assert messages.e164(phone) == ""

    def test_neither_number_nor_id_of_it_shows(self) -> None:
        items = [{"Name": "PhoneNumber", "Value": 254712345678}]
        told = messages.push_result(
            stk(CallbackMetadata={"Item": items}, CheckoutRequestID="ws_CO_254712345678")
        )
        assert "712345678" not in repr(told)


class TestResults:
    def test_parameters_may_be_one_deeper(self) -> None:
        one = {"Key": "AccountBalance", "Value": "Utility Account|KES|5.00"}
        for nested in ({"ResultParameters": [one]}, {"ResultParameters": {"ResultParameter": one}}):
            told = messages.result(
                {"Result": {"ResultCode": "0", "ResultParameters": {"ResultParameter": nested}}}
            )
            assert balances.utility_cents(balances.of_result(told)) == 5_00

    @pytest.mark.parametrize("receipt", ["0000000000000000", "", "a b", "x" * 40, None])
    def test_what_is_no_receipt_is_none(self, receipt: Any) -> None:
        parameter = {"Key": "TransactionReceipt", "Value": receipt}
        told = messages.result(
            {"Result": {"ResultCode": 0, "ResultParameters": {"ResultParameter": parameter}}}
        )
        assert told.receipt == ""

    @pytest.mark.parametrize("word", ["", "Perhaps", "Pending"])
    def test_a_status_that_is_not_final_decides_nothing(self, word: str) -> None:
        parameter = {"Key": "TransactionStatus", "Value": word}
        told = messages.result(
            {"Result": {"ResultCode": 0, "ResultParameters": {"ResultParameter": parameter}}}
        )
        assert told.status.outcome is Outcome.PENDING

    def test_a_local_number_of_the_receiver_is_read(self) -> None:
        assert messages.party("0113000040 - Asha  Ali").phone == "+254113000040"
        assert messages.party("0113000040 - Asha  Ali").name == "Asha Ali"

    def test_balances_that_cannot_be_read_are_left_out(self) -> None:
        found = balances.of_text("Working Account|KES|x|1&&Utility Account|KES|7.50|1|2|3|4&|KES|1")
        assert [(account.name, account.cents) for account in found] == [("Utility Account", 7_50)]


class TestPulledPages:
    def test_a_page_is_read_and_its_rows_are_counted(self) -> None:
        row = {
            "transactionId": "UKL1A2B3C4",
            "trxDate": "2026-11-20T09:30:00+03:00",
            "msisdn": 254712345678,
            "sender": "WANJIKU",
            "transactiontype": "c2b-pay-bill-debit",
            "billreference": "NW-7K3QX9MB",
            "amount": "150.0",
            "organizationname": "NannyChain",
        }
        body = {"ResponseCode": "1000", "ResponseMessage": "Success", "Response": [[row, {"x": 1}]]}
        page = answers.pulled(answers.opened(200, json.dumps(body).encode()), shortcode="600000")
        assert (page.outcome, page.rows) == (Outcome.ACCEPTED, 2)
        payment = page.payments[0]
        assert (payment.receipt, payment.amount_cents) == ("UKL1A2B3C4", 150_00)
        assert (payment.shortcode, payment.phone) == ("600000", "+254712345678")
        assert payment.paid_at is not None
        assert payment.paid_at.isoformat() == "2026-11-20T06:30:00+00:00"

    def test_an_empty_page_is_the_last(self) -> None:
        body = b'{"ResponseCode":"1001","ResponseMessage":"none","Response":[[]]}'
        page = answers.pulled(answers.opened(200, body), shortcode="600000")
        assert (page.outcome, page.rows, page.payments) == (Outcome.ACCEPTED, 0, ())
