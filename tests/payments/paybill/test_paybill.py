"""Payments to the paybill: into the wallet that is named, into suspense, and only once."""

import json
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.notifications.models import Sms
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill import selectors
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from tests.factories import money, paybill
from wallets.ledger import accounts, reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Journal
from workers.identity.models import Member
from workers.identity.standing import services as standing
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[2] / "contracts" / "fixtures" / "daraja"


@pytest.fixture
def her() -> Member:
    return money.member(name="Wanjiku Kamau", phone="0712000111")


def suspense() -> int:
    account = accounts.open_account(Kind.SUSPENSE_RECEIPTS, label=paybill.SHORTCODE)
    return reading.standing(account).balance


def float_cents() -> int:
    account = accounts.open_account(Kind.PAYBILL_FLOAT, label=paybill.SHORTCODE)
    return reading.standing(account).balance


def test_a_payment_with_a_worker_id_is_in_that_wallet(her: Member) -> None:
    told = paybill.body(her.worker_id)

    assert paybill.confirm(told) == "credited"

    assert (money.balance(her), float_cents(), suspense()) == (800_00, 800_00, 0)
    payment = paybill.payment(told)
    assert (payment.state, payment.member) == (State.CREDITED, her)
    journal = Journal.objects.get(key=f"mpesa:{payment.receipt}")
    assert journal.effective_at.isoformat() == "2026-11-28T08:02:12+00:00"


@pytest.mark.parametrize(
    "typed", ["0712000111", "254712000111", "O712 000 111", "acc 0712-000-111", "712000111"]
)
def test_a_payment_with_a_phone_in_any_spelling_is_in_that_wallet(her: Member, typed: str) -> None:
    assert paybill.confirm(paybill.body(typed)) == "credited"
    assert money.balance(her) == 800_00


def test_a_worker_id_without_prefix_and_in_lower_case_is_found(her: Member) -> None:
    typed = her.worker_id.removeprefix("NW-").lower()

    assert paybill.confirm(paybill.body(f" {typed[:4]} {typed[4:]} ")) == "credited"


def test_the_member_is_told_in_her_language() -> None:
    her = money.member(language="sw")
    told = paybill.body(her.worker_id, "1250.50")

    paybill.confirm(told)

    assert Sms.objects.get().text == (
        f"{told['TransID']} Umepokea KSh 1,250.50 kwa paybill ya M-Pesa kutoka kwa AKINYI. "
        "Salio KSh 1,250.50."
    )
    assert paybill.payment(told).sms == Sms.objects.get()


def test_without_the_payers_name_the_member_is_told_all_the_same(her: Member) -> None:
    told = paybill.body(her.worker_id, FirstName="")

    paybill.confirm(told)

    assert Sms.objects.get().text == (
        f"{told['TransID']} You received KSh 800 by M-Pesa paybill. Balance KSh 800."
    )


@pytest.mark.parametrize("typed", ["", "school fees", "0799999999", "NW-00000000", "\x00", "é" * 9])
def test_what_names_nobody_is_kept_in_suspense(typed: str) -> None:
    told = paybill.body(typed)

    assert paybill.confirm(told) == "suspense"

    assert (suspense(), float_cents()) == (800_00, 800_00)
    assert paybill.payment(told).state == State.SUSPENSE
    assert not Sms.objects.exists()


def test_the_same_confirmation_twice_is_one_payment(her: Member) -> None:
    told = paybill.body(her.worker_id)

    assert paybill.confirm(told) == "credited"
    assert paybill.confirm(told) == "double"
    assert paybill.confirm({**told, "OrgAccountBalance": "1.00"}) == "known"

    assert money.balance(her) == 800_00
    assert Sms.objects.count() == 1


def test_the_same_receipt_with_another_amount_books_nothing_and_tells_staff(her: Member) -> None:
    told = paybill.body(her.worker_id)
    paybill.confirm(told)

    assert paybill.confirm({**told, "TransAmount": "80000"}) == "another amount"

    assert money.balance(her) == 800_00
    assert Alert.objects.get().key == f"paybill:contradiction:{told['TransID']}"


def test_a_payment_to_another_number_is_none_of_ours(her: Member) -> None:
    told = paybill.body(her.worker_id, BusinessShortCode="600999")

    assert paybill.confirm(told) == "another paybill"

    assert not PaybillPayment.objects.exists()
    assert Alert.objects.exists()


@pytest.mark.parametrize(
    ("number", "plain", "masked", "hashed"),
    [
        ("254708374149", "+254708374149", "", ""),
        ("2547 ***** 126", "", "2547 ***** 126", ""),
        ("25470****149", "", "25470****149", ""),
        ("94C392" + "ab" * 29, "", "", "94c392" + "ab" * 29),
        ("", "", "", ""),
    ],
)
def test_the_payers_number_may_be_plain_masked_hashed_or_missing(
    her: Member, number: str, plain: str, masked: str, hashed: str
) -> None:
    told = paybill.body(her.worker_id, MSISDN=number)

    assert paybill.confirm(told) == "credited"

    row = paybill.payment(told)
    assert (row.payer_phone, row.payer_phone_masked, row.payer_phone_hash) == (
        plain,
        masked,
        hashed,
    )


def test_a_frozen_member_receives(her: Member) -> None:
    standing.freeze(her.pk, reason="a stolen phone", by=money.STAFF)

    assert paybill.confirm(paybill.body(her.worker_id)) == "credited"


def test_a_closed_account_receives_nothing_and_nothing_is_lost(her: Member) -> None:
    Member.objects.filter(pk=her.pk).update(is_active=False)

    assert paybill.confirm(paybill.body(her.worker_id)) == "suspense"
    assert suspense() == 800_00


def test_money_above_her_limit_is_hers_and_held() -> None:
    her = money.member(19_800_00, level=Level.PHONE)

    assert paybill.confirm(paybill.body(her.worker_id)) == "credited"

    assert (money.balance(her), money.available(her)) == (20_600_00, 20_000_00)


def test_a_stopped_flow_is_refused_beforehand_and_booked_all_the_same(her: Member) -> None:
    operating.stop(Flow.PAYBILL, reason="a fault", by=money.STAFF)
    told = paybill.body(her.worker_id)

    assert paybill.post("validation", told).json()["ResultCode"] == "C2B00016"
    assert paybill.confirm(told) == "credited"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "0"),
        ({"BillRefNumber": "nobody"}, "0"),
        ({"BillRefNumber": ""}, "0"),
        ({"MSISDN": "ab" * 32}, "0"),
        ({"TransAmount": "250000"}, "0"),
        ({"TransAmount": "250001"}, "C2B00013"),
        ({"TransAmount": "0.50"}, "C2B00013"),
        ({"BusinessShortCode": "600999"}, "C2B00015"),
        ({"TransAmount": "many"}, "C2B00016"),
    ],
)
def test_only_what_can_not_be_right_is_refused_beforehand(
    changes: dict[str, str], code: str
) -> None:
    answer = paybill.post("validation", paybill.body("0712000111", **changes))

    assert (answer.status_code, answer.json()["ResultCode"]) == (200, code)
    assert not PaybillPayment.objects.exists()


def test_a_wrong_key_is_answered_like_an_address_that_does_not_exist(her: Member) -> None:
    for path in ("validation", "confirmation"):
        answer = paybill.post(path, paybill.body(her.worker_id), key="00" * 16)
        assert answer.status_code == 404
    assert paybill.read_inbox() == []


@pytest.mark.parametrize(
    "name",
    [
        "c2b_v1_confirm_hashed_msisdn_2025",
        "c2b_v2_confirm_no_middle_last_2022",
        "c2b_v2_confirm_of_stk_payment_2024",
        "c2b_v2_validation_docs",
    ],
)
def test_what_safaricom_has_really_posted_is_in_suspense_once(
    name: str, settings: Settings
) -> None:
    told = json.loads((FOLDER / f"{name}.json").read_bytes())
    settings.MPESA_SHORTCODE = told["BusinessShortCode"]

    assert paybill.post("validation", told).json()["ResultCode"] == "0"
    assert paybill.confirm(told) == "suspense"
    assert paybill.confirm(told) == "double"

    row = paybill.payment(told)
    assert row.amount_cents == round(float(told["TransAmount"]) * 100)
    assert row.account == told["BillRefNumber"]


def test_a_confirmation_from_who_knows_where_books_nothing(her: Member, settings: Settings) -> None:
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    told = paybill.body(her.worker_id)

    assert paybill.confirm(told, address="203.0.113.9") == "to be confirmed"
    assert money.balance(her) == 0
    assert paybill.payment(told).state == State.UNCONFIRMED

    assert paybill.confirm(told, address="196.201.214.200") == "credited"
    assert money.balance(her) == 800_00


def test_what_a_stranger_said_does_not_stick_to_the_true_payment(
    her: Member, settings: Settings
) -> None:
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    told = paybill.body(her.worker_id)
    thief = money.member()
    lie = {**told, "BillRefNumber": thief.worker_id, "TransAmount": "8000"}
    paybill.confirm(lie, address="203.0.113.9")

    assert paybill.confirm(told, address="196.201.214.200") == "credited"

    assert (money.balance(her), money.balance(thief)) == (800_00, 0)


def test_an_unreadable_confirmation_is_kept_and_told_to_staff() -> None:
    assert paybill.post("confirmation", b"<soap>").status_code == 200

    assert paybill.read_inbox()[0].startswith("quarantined")
    assert Alert.objects.exists()


def test_a_receipt_that_belongs_to_another_operation_is_not_booked_again(her: Member) -> None:
    told = paybill.body(her.worker_id)
    MpesaReceipt.objects.create(code=told["TransID"], owner="withdrawal:0199")

    assert paybill.confirm(told) == "echo"
    assert money.balance(her) == 0
    assert paybill.payment(told).state == State.ECHO


def test_a_statement_says_who_paid(her: Member) -> None:
    told, unnamed = paybill.body(her.worker_id), paybill.body(her.worker_id, FirstName="")
    paybill.confirm(told)
    paybill.confirm(unnamed)
    causes = [f"mpesa:{each['TransID']}" for each in (told, unnamed)] + ["transfer:1"]

    assert selectors.statement_words(her.pk, causes) == {
        causes[0]: "Paybill from AKINYI",
        causes[1]: f"Paybill {unnamed['TransID']}",
    }
    assert selectors.statement_words(money.member().pk, causes) == {}


def test_how_long_something_lies_in_suspense_is_told_in_classes() -> None:
    from datetime import timedelta

    told = paybill.body("nobody")
    paybill.confirm(told)
    row, now = paybill.payment(told), timezone.now()

    days = (0, 1.5, 5, 20, 90)
    assert [selectors.age_in_words(row, at=now + timedelta(days=each)) for each in days] == [
        "up to 1 day",
        "2 to 3 days",
        "4 to 7 days",
        "8 to 30 days",
        "over 30 days",
    ]
