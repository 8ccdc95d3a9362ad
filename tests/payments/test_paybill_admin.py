"""The paybill and transfers in the admin: what a support person reads, and what two of them do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nannychain.approvals.models import ApprovalRequest
from payments.paybill.models import PaybillPayment
from payments.transfers import services as transfers
from payments.transfers.models import Transfer
from tests.factories import money, paybill
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
LIST = "admin:payments_paybillpayment_changelist"


@pytest.fixture(autouse=True)
def our_paybill(settings: Any) -> None:
    settings.MPESA_SHORTCODE = paybill.SHORTCODE
    settings.PAYBILL_CALLBACK_KEY = paybill.KEY


@pytest.fixture
def staff() -> Client:
    return signed_in(StaffFactory.create())


@pytest.fixture
def her() -> Member:
    return money.member(1_000_00, name="Wanjiku Kamau", phone="0712000111")


def _paid(account: str, **changes: str) -> PaybillPayment:
    told = paybill.body(account, **changes)
    paybill.confirm(told)
    return paybill.payment(told)


def _page(staff: Client, row: PaybillPayment | Transfer) -> str:
    name = f"admin:payments_{row._meta.model_name}_change"
    return staff.get(reverse(name, args=[row.pk])).content.decode()


def test_the_page_of_a_payment_tells_its_life_in_words(staff: Client, her: Member) -> None:
    page = _page(staff, _paid(her.worker_id))

    assert f"KSh 800 lies in the wallet of {her.worker_id}." in page
    assert "28 Nov 2026 11:02:12: the payer has paid" in page
    assert "its account number names a member" in page
    assert "SMS to the member: queued" in page
    assert "AKINYI, 2547 ***** 126" in page


@pytest.mark.parametrize(
    ("number", "said"),
    [("ab" * 32, "number hidden by M-Pesa"), ("", "no number told")],
)
def test_of_a_hidden_number_the_page_says_so_and_shows_no_hash(
    staff: Client, her: Member, number: str, said: str
) -> None:
    page = _page(staff, _paid(her.worker_id, MSISDN=number))

    assert said in page
    assert "ab" * 32 not in page


def test_what_is_in_suspense_is_found_by_its_age(staff: Client, her: Member) -> None:
    new, old, hers = _paid("nobody"), _paid("fees"), _paid(her.worker_id)
    PaybillPayment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=5))

    def listed(query: str) -> set[str]:
        page = staff.get(reverse(LIST) + query).content.decode()
        return {row.receipt for row in (new, old, hers) if row.receipt in page}

    assert listed("?state=open") == {new.receipt, old.receipt}
    assert listed("?age=0") == {new.receipt}
    assert listed("?age=2") == {old.receipt}
    assert listed("?age=oldest") == set()
    assert listed(f"?q={hers.receipt.lower()}") == {hers.receipt}
    assert listed("?q=0712 000 111") == {hers.receipt}


def test_one_asks_to_allot_it_and_another_approves(staff: Client, her: Member) -> None:
    payment = _paid("nobody")
    assert "Put it into a wallet" in _page(staff, payment)
    address = reverse("admin:payments_paybillpayment_allot", args=[payment.pk])
    assert "AKINYI" in staff.get(address).content.decode()

    asked = staff.post(address, {"member": "0712 000 111", "reason": "the payer has called"})

    assert asked.status_code == 302
    request = ApprovalRequest.objects.get()
    assert request.payload == {"member": "0712 000 111"}
    decide = reverse("admin:nannychain_approvalrequest_decide", args=[request.pk])
    answer = {"decision": "approve", "reason": "seen it"}
    assert staff.post(decide, answer).status_code == 403  # the same person
    other = signed_in(StaffFactory.create())
    assert other.post(decide, answer).status_code == 302
    assert money.balance(her) == 1_800_00
    assert staff.get(address).status_code == 404  # nothing is left to allot


def test_the_list_asks_as_much_for_many_as_for_one(staff: Client, her: Member) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(reverse(LIST)).status_code == 200
        return len(queries)

    _paid(her.worker_id)
    few = asked()
    for _ in range(6):
        _paid(her.worker_id)
        _paid("nobody")

    assert asked() == few


def test_the_page_of_a_transfer_tells_its_life_in_words(staff: Client, her: Member) -> None:
    him = money.member(name="Juma Otieno")
    transfer = transfers.send(
        her.pk,
        recipient_id=him.pk,
        amount_cents=250_00,
        shown_fee_cents=0,
        key="1",
        channel="ussd",
    )

    page = _page(staff, transfer)
    assert f"KSh 250 went from {her.worker_id} to {him.worker_id} at once" in page
    assert f"{her.worker_id} confirmed it by ussd" in page
    assert "SMS to the recipient: queued" in page
    for term in (transfer.reference.lower(), her.phone, him.worker_id, "0712 000 111"):
        found = staff.get(reverse("admin:payments_transfer_changelist"), {"q": term})
        assert transfer.reference in found.content.decode()
    for term in ("0799999999", "nobody"):
        found = staff.get(reverse("admin:payments_transfer_changelist"), {"q": term})
        assert transfer.reference not in found.content.decode()
