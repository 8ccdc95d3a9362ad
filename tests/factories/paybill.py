"""The paybill as Safaricom tells of it: its own bodies, posted to our own addresses."""

import itertools
import json
from typing import Any

from django.test import Client

from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from payments.paybill.models import PaybillPayment

SHORTCODE, KEY = "600100", "9c" * 16
_numbers = itertools.count(1)


def receipt() -> str:
    """Return a receipt that nobody has had."""
    return f"UKS{next(_numbers):07d}"


def body(account: str, shillings: str = "800", **changes: Any) -> dict[str, Any]:
    """Return a validation or confirmation as v2 of the API writes it."""
    told = {
        "TransactionType": "Pay Bill",
        "TransID": receipt(),
        "TransTime": "20261128110212",
        "TransAmount": shillings,
        "BusinessShortCode": SHORTCODE,
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": "49197.00",
        "ThirdPartyTransID": "",
        "MSISDN": "2547 ***** 126",
        "FirstName": "AKINYI",
    }
    return {**told, **changes}


def post(path: str, told: Any, *, key: str = KEY, address: str = "127.0.0.1") -> Any:
    """Post it to `/cb/<key>/paybill/<path>`."""
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return client.generic(
        "POST",
        f"/cb/{key}/paybill/{path}",
        content,
        content_type="application/json",
        REMOTE_ADDR=address,
    )


def read_inbox() -> list[str]:
    """Work off what waits in the inbox; return what each came to, in the order of arrival."""
    waiting = InboxMessage.objects.filter(handled_at__isnull=True).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True))
    for key in keys:
        inbox.handle(key)
    rows = InboxMessage.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.values_list("outcome", flat=True))


def confirm(told: dict[str, Any], **how: Any) -> str:
    """Post a confirmation and work it off; return what it came to."""
    answer = post("confirmation", told, **how)
    assert (answer.status_code, answer.json()["ResultCode"]) == (200, "0")
    (outcome,) = read_inbox() or ["double"]
    return outcome


def payment(told: dict[str, Any]) -> PaybillPayment:
    """Return the row of a payment that was told."""
    return PaybillPayment.objects.get(receipt=told["TransID"])


def answer_of_status(
    receipt: str,
    *,
    amount: str = "800",
    status: str = "Completed",
    to: str = SHORTCODE,
    code: object = 0,
) -> dict[str, Any]:
    """Return the answer to a status query, as M-Pesa posts it."""
    parameters = {
        "DebitPartyName": "254708374149 - AKINYI ACHIENG",
        "CreditPartyName": f"{to} - NannyChain",
        "TransactionStatus": status,
        "Amount": amount,
        "ReceiptNo": receipt,
        "FinalisedTime": "20261128110212",
    }
    told: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": "3213-416199-2",
        "ConversationID": "AG_20261128_0000493344ae97d86f75",
        "TransactionID": "UKS0000000",
    }
    if code == 0:
        pairs = [{"Key": key, "Value": value} for key, value in parameters.items()]
        told["ResultParameters"] = {"ResultParameter": pairs}
    return {"Result": told}
