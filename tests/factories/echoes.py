"""A prompt, and its echo on the paybill that has lost our reference, in any order."""

import hashlib
from datetime import datetime
from typing import Any

from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.clock import NAIROBI
from nannychain.ids import new_id
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill.states import State
from tests.factories import mpesa, paybill
from tests.factories.safaricom import PUSH, Safaricom, checkout_id, post, push_result
from wallets.ledger.chart import Kind
from workers.identity.models import Member

RECEIPT, PHONE = "UKL1A2B3C4", "+254712345126"
LOST = "2046332"  # an account number that names nobody
MASKED = "2547 ***** 126"
HASHED = hashlib.sha256(b"254712345126").hexdigest()
ATIENO, BARASA = (Actor(id=new_id(), name=name) for name in ("NW-ATIEN0", "NW-BARASA"))


def prompted(her: Member, cents: int = 500_00) -> Deposit:
    """Return a deposit whose prompt is on her phone."""
    deposit = deposits.request(her.pk, amount_cents=cents, channel="ussd")
    mpesa.work()
    deposit.refresh_from_db()
    return deposit


def echo(number: str, account: str = LOST, **changes: Any) -> dict[str, Any]:
    """Return the confirmation of the prompt's payment, made from that number just now."""
    told = {
        "TransID": RECEIPT,
        "TransTime": clock(timezone.now()),
        "BusinessShortCode": mpesa.SHORTCODE,
        "MSISDN": number,
    }
    return paybill.body(account, "500.00", **{**told, **changes})


def clock(at: datetime) -> str:
    """Return an instant as M-Pesa writes it."""
    return f"{at.astimezone(NAIROBI):%Y%m%d%H%M%S}"


def queried(server: Safaricom, number: int = 1) -> None:
    """The callback is lost, and M-Pesa says on our question that it was paid."""
    server.push_results[checkout_id(number)] = ("0", "processed")
    mpesa.pass_time(seconds=16)
    mpesa.work()


def called_back(server: Safaricom) -> list[str]:
    """Let the prompt's own callback come; return what it came to."""
    (pushed,) = server.asked(PUSH)
    post(pushed["CallBackURL"], push_result(pushed, receipt=RECEIPT))
    return mpesa.read_inbox()


def leave_to_deposit(told: dict[str, Any], deposit: str) -> None:
    """Let two members of staff say that the payment is that of the deposit."""
    request = approvals.ask(
        "paybill.leave_to_deposit",
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(told).pk,
        payload={"deposit": deposit, "evidence": "line 12 of the statement"},
        by=ATIENO,
        reason="the same receipt on the statement",
    )
    approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")


def stands(her: Member, deposit: Deposit, told: dict[str, Any]) -> None:
    """The money is there once, as a deposit with its receipt, and nothing lies in suspense."""
    deposit.refresh_from_db()
    assert (deposit.state, deposit.receipt) == (DepositState.PAID, RECEIPT)
    assert (paybill.payment(told).state, paybill.payment(told).deposit_id) == (
        State.ECHO,
        deposit.pk,
    )
    assert MpesaReceipt.objects.get(code=RECEIPT).owner == f"deposit:{deposit.pk}"
    assert mpesa.balance(her) == 500_00
    assert in_float() == 500_00
    assert in_suspense() == 0
    assert len(mpesa.texts(her)) == 1


def in_float() -> int:
    """Return what the books have in the paybill's float."""
    return mpesa.standing(Kind.PAYBILL_FLOAT, mpesa.SHORTCODE)


def in_suspense() -> int:
    """Return what lies in suspense."""
    # What lies there is owed, and so below zero on the side of debits.
    return abs(mpesa.standing(Kind.SUSPENSE_RECEIPTS, mpesa.SHORTCODE))


def allot(told: dict[str, Any], member: Member) -> None:
    """Let two members of staff put the payment into a wallet."""
    request = approvals.ask(
        "paybill.allot",
        subject_type="payments.paybillpayment",
        subject_id=paybill.payment(told).pk,
        payload={"member": member.worker_id},
        by=ATIENO,
        reason="the payer has called",
    )
    approvals.decide(request.pk, by=BARASA, approve=True, reason="seen it")
