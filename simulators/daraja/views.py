"""Daraja's addresses, to be mounted under the value of `MPESA_BASE_URL`."""

from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, Response

from simulators.daraja import answers, troubles
from simulators.daraja.desk import Desk, Refused, Taken, needed
from simulators.daraja.network import Network
from simulators.guard import drop_connection

_PAGE = 100
_NAIROBI = timezone(timedelta(hours=3))
_CLOCK = "%Y-%m-%d %H:%M:%S"
_PULLED_SECONDS = 48 * 3600


def blueprint(network: Network) -> Blueprint:
    """Return all endpoints."""
    daraja, desk = Blueprint("daraja", __name__), network.desk

    @daraja.get("/oauth/v1/generate")
    def token() -> Response:
        return _token(desk)

    @daraja.get("/certificate")
    def certificate() -> Response:
        return Response(network.opener.certificate, content_type="application/x-pem-file")

    endpoints = (
        ("/mpesa/stkpush/v1/processrequest", troubles.PUSH, network.pushes.take, "404.001.03"),
        ("/mpesa/stkpushquery/v1/query", troubles.QUESTION, network.pushes.query, "400.003.01"),
        ("/mpesa/b2c/v3/paymentrequest", troubles.PAYOUT, network.payouts.take, "401.002.01"),
        (
            "/mpesa/transactionstatus/v1/query",
            troubles.QUESTION,
            network.questions.status,
            "404.001.03",
        ),
        (
            "/mpesa/accountbalance/v1/query",
            troubles.QUESTION,
            network.questions.balance,
            "401.002.01",
        ),
        ("/mpesa/reversal/v1/request", troubles.QUESTION, network.questions.reverse, "404.001.03"),
        ("/mpesa/c2b/v1/registerurl", troubles.QUESTION, network.paybills.register, "400.003.01"),
        ("/mpesa/c2b/v2/registerurl", troubles.QUESTION, network.paybills.register, "400.003.01"),
        (
            "/pulltransactions/v1/register",
            troubles.QUESTION,
            network.paybills.register_pull,
            "400.003.01",
        ),
        (
            "/pulltransactions/v1/query",
            troubles.QUESTION,
            lambda fields: _pull(desk, fields),
            "400.003.01",
        ),
    )
    for path, target, take, token_code in endpoints:

        def serve(target: str = target, take: Any = take, token_code: str = token_code) -> Response:
            return desk.serve(target, take, token_code=token_code)

        daraja.add_url_rule(
            path, endpoint=path.strip("/").replace("/", "-"), view_func=serve, methods=["POST"]
        )
    return daraja


def _token(desk: Desk) -> Response:
    if desk.strike(troubles.TOKEN, "down", []):
        return drop_connection()
    if error := desk.strike(troubles.TOKEN, "error", []):
        return answers.html(int(error.parameters["status"]))
    if desk.strike(troubles.TOKEN, "refused", []):
        return answers.error(400, "400.008.01", "Invalid Authentication passed")
    return desk.access.give()


def _pull(desk: Desk, fields: dict[str, Any]) -> Taken:
    """Tell one page of what came to a shortcode in the last two days."""
    shortcode, since, until = needed(fields, "ShortCode", "StartDate", "EndDate")
    asked = str(fields.get("OffSetValue") or "0")
    offset = int(asked) if asked.isdigit() and len(asked) < 9 else 0
    now = desk.bank.clock()
    found = [
        payment
        for payment in desk.bank.payments(shortcode, since=_epoch(since), until=_epoch(until))
        if payment.kind in ("push", "paybill") and payment.at > now - _PULLED_SECONDS
    ][offset : offset + _PAGE]
    rows = [
        {
            "transactionId": payment.receipt,
            "trxDate": datetime.fromtimestamp(payment.at, tz=_NAIROBI).isoformat(
                timespec="seconds"
            ),
            "msisdn": int(payment.phone[1:]),
            "sender": answers.name_of(payment.phone),
            "transactiontype": "c2b-pay-bill-debit",
            "billreference": payment.reference,
            "amount": f"{payment.cents / 100:.1f}",
            "organizationname": "NannyChain",
        }
        for payment in found
    ]
    content = {
        "ResponseRefID": answers.request_id(),
        "ResponseCode": "1000" if rows else "1001",
        "ResponseMessage": "Success" if rows else "No transactions found",
        "Response": [rows],
    }
    return Taken(answers.told(content))


def _epoch(text: str) -> float:
    try:
        return datetime.strptime(text, _CLOCK).replace(tzinfo=_NAIROBI).timestamp()
    except ValueError:
        raise Refused(400, "400.002.02", "Bad Request - Invalid StartDate") from None
