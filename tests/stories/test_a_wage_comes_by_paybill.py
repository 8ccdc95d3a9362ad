"""An employer pays a wage to the paybill number, and everything that can go wrong with it."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import services as approvals
from nannychain.ids import new_id
from payments.mpesa.callbacks import addresses
from payments.paybill import asking, tending
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State
from payments.transfers import services as transfers
from tests.factories import money, mpesa, paybill, safaricom
from tests.factories.safaricom import STATUS, Safaricom
from wallets.ledger.chart import Kind
from workers.identity.models import Member
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db
WAGE = "15000.00"


@pytest.fixture(autouse=True)
def server(settings: Any) -> Any:
    """A Safaricom that does as it is told, and the key of our paybill."""
    with safaricom.serving() as running:
        mpesa.use(settings, **mpesa.account(running.url), PAYBILL_CALLBACK_KEY=paybill.KEY)
        yield running


@pytest.fixture
def wanjiku() -> Member:
    return money.member(name="Wanjiku Kamau", phone="0712000111", level=Level.ID_NUMBER)


def _wage(account: str, **changes: str) -> dict[str, Any]:
    told = {"BusinessShortCode": mpesa.SHORTCODE, "FirstName": "MERCY", **changes}
    return paybill.body(account, WAGE, **told)


def _suspense() -> int:
    return mpesa.standing(Kind.SUSPENSE_RECEIPTS, mpesa.SHORTCODE)


def test_it_comes_twice_and_she_has_it_once_and_sends_some_home(wanjiku: Member) -> None:
    home = money.member(name="Mama Wanjiku", phone="0722000222", language="sw")
    wage = _wage(wanjiku.worker_id.lower())

    assert paybill.post("validation", wage).json()["ResultCode"] == "0"
    assert [paybill.confirm(wage), paybill.confirm(wage)] == ["credited", "double"]
    quote = transfers.quote(wanjiku.pk, recipient_text="0722 000 222", amount_text="2,000")
    transfers.send(
        wanjiku.pk,
        recipient_id=quote.recipient_id,
        amount_cents=quote.amount_cents,
        shown_fee_cents=quote.fee.total_cents,
        key="ussd:1:2",
        channel="ussd",
    )

    assert (money.balance(wanjiku), money.balance(home)) == (13_000_00, 2_000_00)
    assert mpesa.texts(wanjiku)[0].endswith(
        "You received KSh 15,000 by M-Pesa paybill from MERCY. Balance KSh 15,000."
    )
    assert "Umepokea KSh 2,000 kutoka kwa Wanjiku K***" in mpesa.texts(home)[0]


def test_its_confirmation_is_lost_and_m_pesas_list_has_it(
    wanjiku: Member, server: Safaricom, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "transactionId": "UKS4444444",
        "trxDate": "2026-11-28T11:02:12+03:00",
        "msisdn": 722000000,
        "sender": "MERCY",
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": "NW" + wanjiku.worker_id[3:],
        "amount": WAGE,
    }
    pages = [
        {"ResponseCode": "1000", "ResponseMessage": "Success", "Response": [[row]]},
        {"ResponseCode": "1001", "ResponseMessage": "None", "Response": [[]]},
    ]
    server.plan("/pulltransactions/v1/query", *(safaricom._json(page) for page in pages))

    assert tending.pull().seen == 1

    assert money.balance(wanjiku) == 15_000_00


def test_somebody_who_knows_the_address_forges_one(
    wanjiku: Member, server: Safaricom, settings: Any
) -> None:
    settings.MPESA_CALLBACK_IPS = (ip_network("196.201.214.0/24"),)
    forged = _wage(wanjiku.worker_id)

    assert paybill.confirm(forged, address="203.0.113.9") == "to be confirmed"
    payment = paybill.payment(forged)
    tending.tend(payment.pk)

    (question,) = server.asked(STATUS)
    assert question["TransactionID"] == forged["TransID"]
    settings.MPESA_CALLBACK_IPS = ()
    token = addresses.token_of(asking.SOURCE, payment.pk)
    answer = paybill.answer_of_status(payment.receipt, amount=WAGE, to="254799999999")
    Client().post(f"/cb/{token}/result", answer, content_type="application/json")
    assert paybill.read_inbox() == ["refuted"]
    assert money.balance(wanjiku) == 0


def test_the_account_number_is_wrong_and_two_of_the_staff_find_her(wanjiku: Member) -> None:
    wage = _wage("NW-WANJIKU")
    assert paybill.confirm(wage) == "suspense"
    assert (money.balance(wanjiku), _suspense()) == (0, 15_000_00)

    request = approvals.ask(
        "paybill.allot",
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(wage).pk,
        payload={"member": "0712 000 111"},
        by=Actor(id=new_id(), name="NW-ATIEN0"),
        reason="the employer has called",
    )
    approvals.decide(
        request.pk, by=Actor(id=new_id(), name="NW-BARASA"), approve=True, reason="checked"
    )

    assert (money.balance(wanjiku), _suspense()) == (15_000_00, 0)
    assert paybill.payment(wage).state == State.CREDITED


def test_m_pesa_is_silent_about_a_great_one_until_somebody_must_look(server: Safaricom) -> None:
    her = money.member()
    wage = _wage(her.worker_id, TransAmount="90000")
    assert paybill.confirm(wage) == "to be confirmed"
    for _ in range(len(asking.PAUSES) + 1):
        PaybillPayment.objects.update(due_at=timezone.now())
        tending.tend(paybill.payment(wage).pk)

    assert len(server.asked(STATUS)) == len(asking.PAUSES)
    assert money.balance(her) == 0
    assert Alert.objects.get(key__startswith="paybill:doubt").details["receipt"] == wage["TransID"]


def test_it_is_more_than_her_wallet_may_hold_and_is_hers_all_the_same() -> None:
    her = money.member(12_000_00, level=Level.PHONE)

    assert paybill.confirm(_wage(her.worker_id)) == "credited"

    assert (money.balance(her), money.available(her)) == (27_000_00, 20_000_00)
    assert mpesa.texts(her)[0].startswith("Your wallet can hold KSh 20,000. KSh 7,000 above that")
