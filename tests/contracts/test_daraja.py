"""Every recorded payload of Daraja, and what must follow from it: by parser, code and meaning."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payments.mpesa import answers, balances, messages, paybills, reading
from payments.mpesa.meanings import Alert, Meaning, Others, Outcome, Where

FOLDER = Path(__file__).parent / "fixtures" / "daraja"
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
CHECKS: dict[str, Callable[[Any], None]] = {}
Check = Callable[[Any], None]


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def follows(name: str) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return keep


def sure(meaning: Meaning, outcome: Outcome, *, again: bool = False) -> None:
    assert (meaning.outcome, meaning.is_definite, meaning.is_retryable) == (outcome, True, again)


@pytest.mark.parametrize("name", FILES)
def test_what_follows_from_a_payload(name: str) -> None:
    CHECKS[name](reading.parse(raw(name)))


def test_every_payload_has_something_that_follows_from_it() -> None:
    assert sorted(CHECKS) == FILES


@follows("stk_cb_success_docs_4_items")
def _(body: Any) -> None:
    told = messages.push_result(body)
    sure(told.meaning, Outcome.PAID)
    assert (told.amount_cents, told.receipt) == (1_00, "NLJ7RT61SV")
    assert told.checkout_request_id == "ws_CO_191220191020363925"
    assert told.paid_at == datetime(2019, 12, 19, 7, 21, 15, tzinfo=UTC)
    assert messages.e164(told.phone) == "+254708374149"


@follows("stk_cb_success_balance_no_value_2019")
def _(body: Any) -> None:
    told = messages.push_result(body)
    sure(told.meaning, Outcome.PAID)
    assert (told.amount_cents, told.receipt) == (1_00, "NCB9FJNAIT")
    assert told.checkout_request_id.startswith("ws_CO_DMZ_")


@follows("stk_cb_fail_1032_docs")
@follows("stk_cb_fail_1032_prefixed_desc")
def _(body: Any) -> None:
    told = messages.push_result(body)
    sure(told.meaning, Outcome.FAILED, again=True)
    assert (told.code, told.amount_cents, told.receipt) == ("1032", None, "")


@follows("stk_cb_fail_1037_ds_timeout_long")
def _(body: Any) -> None:
    meaning = messages.push_result(body).meaning
    # A late success must be able to win.
    assert (meaning.outcome, meaning.is_definite) == (Outcome.FAILED, False)


@follows("stk_cb_fail_17_rule_limited")
def _(body: Any) -> None:
    sure(messages.push_result(body).meaning, Outcome.FAILED, again=True)


@follows("stk_cb_fail_2001_prefixed_desc")
def _(body: Any) -> None:
    meaning = messages.push_result(body).meaning
    sure(meaning, Outcome.FAILED, again=True)
    # The payer's PIN, and not our credential: nothing stops.
    assert (meaning.others, meaning.alert) == (Others.GO_ON, Alert.NEVER)


@follows("stk_sync_accepted")
def _(_: Any) -> None:
    pushed = answers.pushed(answers.opened(200, raw("stk_sync_accepted")))
    assert pushed.outcome is Outcome.ACCEPTED
    assert pushed.checkout_request_id == "ws_CO_1007202409152617172396192"
    assert pushed.merchant_request_id == "2654-4b64-97ff-b827b542881d3130"


@follows("stk_query_success_docs")
def _(_: Any) -> None:
    status = answers.push_status(answers.opened(200, raw("stk_query_success_docs")))
    sure(status.meaning, Outcome.PAID)
    assert status.checkout_request_id == "ws_CO_13012021093521236557"


@follows("stk_query_4999_still_processing")
def _(_: Any) -> None:
    status = answers.push_status(answers.opened(200, raw("stk_query_4999_still_processing")))
    assert status.outcome is Outcome.PENDING
    assert status.meaning.is_known


@follows("stk_query_500_being_processed")
def _(_: Any) -> None:
    content = raw("stk_query_500_being_processed")
    status = answers.push_status(answers.opened(500, content))
    assert (status.outcome, status.meaning.alert) == (Outcome.PENDING, Alert.NEVER)
    # As the answer to a push the same words mean that one may be on the phone.
    assert answers.pushed(answers.opened(500, content)).outcome is Outcome.UNKNOWN


@follows("error_404_001_03_invalid_token")
def _(_: Any) -> None:
    envelope = answers.opened(404, raw("error_404_001_03_invalid_token"))
    assert answers.taken(envelope).is_token_refused
    sure(envelope.meaning, Outcome.REJECTED, again=True)
    assert answers.push_status(envelope).outcome is Outcome.PENDING


@follows("error_500_001_1001_wrong_credentials")
def _(_: Any) -> None:
    envelope = answers.opened(500, raw("error_500_001_1001_wrong_credentials"))
    sure(envelope.meaning, Outcome.REJECTED, again=True)
    assert (envelope.meaning.others, envelope.meaning.alert) == (Others.STOP, Alert.AT_ONCE)
    # Of a question it says nothing about the money.
    assert answers.push_status(envelope).outcome is Outcome.PENDING


@follows("error_500_002_1001_duplicate_ocid")
def _(_: Any) -> None:
    taken = answers.taken(answers.opened(500, raw("error_500_002_1001_duplicate_ocid")))
    assert (taken.outcome, taken.meaning.is_retryable) == (Outcome.UNKNOWN, False)
    assert "earlier request" in taken.meaning.note


@follows("b2c_sync_accepted_v3")
def _(_: Any) -> None:
    taken = answers.taken(answers.opened(200, raw("b2c_sync_accepted_v3")))
    assert taken.outcome is Outcome.ACCEPTED
    assert taken.originator_conversation_id == "600997_Test_32et3241ed8yu"
    assert taken.conversation_id == "AG_20240706_20106e9209f64bebd05b"


def _paid_out(body: Any, *, receipt: str, name: str, phone: str) -> messages.Result:
    told = messages.result(body)
    sure(told.meaning(Where.PAYOUT), Outcome.PAID)
    assert (told.amount_cents, told.receipt) == (10_00, receipt)
    assert (told.receiver.name, told.receiver.phone) == (name, phone)
    assert told.is_receiver_registered is True
    return told


@follows("b2c_result_success_docs")
def _(body: Any) -> None:
    name = "NICHOLAS JOHN SONGOK"
    told = _paid_out(body, receipt="SG632NMUAB", name=name, phone="+254705912645")
    assert told.originator_conversation_id == "53e3-4aa8-9fe0-8fb5e4092cdd3533373"
    assert told.completed_at == datetime(2024, 7, 6, 19, 48, 52, tzinfo=UTC)
    assert told.utility_cents == 8_959_269_60


@follows("b2c_result_success_reordered")
def _(body: Any) -> None:
    told = _paid_out(body, receipt="REH3SOIU9T", name="DAVID SAMPLE", phone="+254704000040")
    assert told.utility_cents == 5_970_00


@follows("b2c_result_fail_1_insufficient_prod")
def _(body: Any) -> None:
    told = messages.result(body)
    meaning = told.meaning(Where.PAYOUT)
    sure(meaning, Outcome.FAILED, again=True)
    assert meaning.others is Others.PARK
    # A failure has an id too, which is no receipt.
    assert (told.transaction_id, told.receipt) == ("PJ71VRERKR", "")


@follows("b2c_queue_timeout_echo")
def _(body: Any) -> None:
    assert messages.timeout(body).originator_conversation_id == "synthetic-timeout-0001"
    with pytest.raises(messages.Unreadable):
        messages.result(body)


@follows("b2b_result_fail_single_dict_docs")
def _(body: Any) -> None:
    told = messages.result(body)
    meaning = told.meaning(Where.PAYOUT)
    sure(meaning, Outcome.FAILED, again=True)
    assert (meaning.others, meaning.alert) == (Others.STOP, Alert.AT_ONCE)
    assert told.parameters == (("BOCompletedTime", 20200120164825),)
    assert told.receipt == ""


@follows("b2b_result_success_docs")
def _(body: Any) -> None:
    told = messages.result(body)
    sure(told.meaning(Where.PAYOUT), Outcome.PAID)
    assert told.amount_cents == 190_00
    assert reading.cents(told.value("DebitAccountBalance")) == 6_186_83
    assert told.value("DebitPartyCharges") is None
    assert told.receiver.name == "Biller Companty"


@follows("balance_result_docs_strings")
def _(body: Any) -> None:
    told = messages.result(body)
    sure(told.meaning(Where.QUESTION), Outcome.PAID)
    found = balances.of_result(told)
    assert [account.name for account in found] == [
        "Working Account",
        "Float Account",
        "Utility Account",
        "Charges Paid Account",
        "Organization Settlement Account",
    ]
    assert balances.utility_cents(found) == 228_037_00
    assert balances.working_cents(found) == 700_000_00
    assert found[3].cents == -1_540_00


@follows("reversal_result_success_docs")
def _(body: Any) -> None:
    told = messages.result(body)
    sure(told.meaning(Where.REVERSAL), Outcome.PAID)
    assert told.amount_cents == 1_00
    assert told.value("OriginalTransactionID") == "SKC82PACB8"
    assert told.completed_at == datetime(2021, 11, 14, 10, 27, 11, tzinfo=UTC)


@follows("txstatus_result_docs_duplicate_key")
def _(body: Any) -> None:
    told = messages.result(body)
    sure(told.meaning(Where.QUESTION), Outcome.PAID)
    sure(told.status, Outcome.PAID)
    # The outer id names the question; the receipt is that of the payment.
    assert (told.transaction_id, told.receipt) == ("MBN0000000", "MBN31H462N")
    assert told.amount_cents == 300_00
    assert told.original_conversation_id == "3211-416020-3"
    assert told.originator_conversation_id == "3213-416199-2"
    assert len(told.values("DebitPartyName")) == 2


@follows("c2b_v2_validation_docs")
def _(body: Any) -> None:
    payment = paybills.payment(body)
    assert (payment.receipt, payment.amount_cents) == ("RKL51ZDR4F", 5_00)
    assert (payment.account, payment.shortcode) == ("Sample Transaction", "600966")
    assert (payment.phone, payment.phone_masked) == ("", "2547 ***** 126")
    assert payment.payer_name == "NICHOLAS"


@follows("c2b_v1_confirm_hashed_msisdn_2025")
def _(body: Any) -> None:
    payment = paybills.payment(body)
    assert (payment.receipt, payment.amount_cents) == ("TK60708BHZ", 1_00)
    assert payment.phone_hash.startswith("94c392c3")
    assert (payment.phone, payment.phone_masked) == ("", "")
    assert payment.balance_cents == 41_880_264_80


@follows("c2b_v2_confirm_no_middle_last_2022")
def _(body: Any) -> None:
    payment = paybills.payment(body)
    assert (payment.receipt, payment.payer_name) == ("QER3OM0QN3", "GIT")
    assert payment.paid_at == datetime(2022, 5, 27, 8, 9, 48, tzinfo=UTC)


@follows("c2b_v2_confirm_of_stk_payment_2024")
def _(body: Any) -> None:
    # Its receipt is that of the prompt's callback: so it is one payment, told twice.
    payment = paybills.payment(body)
    assert (payment.receipt, payment.account) == ("SB65A1TU7X", "2046332")


@follows("oauth_ok_expires_string")
def _(body: Any) -> None:
    # How it is taken as a token is tried with a server, in the tests of the access token.
    assert reading.text(reading.item(body, "expires_in")) == "3599"
    assert len(reading.text(reading.item(body, "access_token"))) == 28


@follows("qr_response_docs")
def _(_: Any) -> None:
    # A code in no list of ours is never taken for a yes.
    envelope = answers.opened(200, raw("qr_response_docs"))
    assert (envelope.meaning.outcome, envelope.meaning.is_known) == (Outcome.UNKNOWN, False)


def test_the_payloads_are_as_they_were_recorded() -> None:
    for name in FILES:
        json.loads(raw(name))
