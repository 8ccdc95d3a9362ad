"""A stand-in for Safaricom: a real HTTP server whose every answer a test decides.

It speaks the true wire format, remembers what it was asked for, and posts nothing by itself: a test
posts its callbacks, when and as often as it likes, to our real views. The full simulator is a
program of its own; this one can also be stopped in the middle of a call.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

TOKEN, PUSH, QUERY = "/oauth/v1/generate", "/mpesa/stkpush/v1/processrequest", "/query"
PAYOUT, STATUS = "/mpesa/b2c/v3/paymentrequest", "/mpesa/transactionstatus/v1/query"
BALANCE = "/mpesa/accountbalance/v1/query"
_QUERY_PATH = "/mpesa/stkpushquery/v1/query"


@dataclass(frozen=True)
class Answer:
    """What is sent back. Without a status the connection is cut in place of an answer."""

    status: int | None = 200
    body: bytes = b"{}"


CUT = Answer(status=None)
HTML = Answer(200, b"<html><body>Service Unavailable</body></html>")


def error(code: str, message: str, *, status: int = 500) -> Answer:
    """Return Safaricom's envelope of an error."""
    body = {"requestId": "1c5b-4ba8", "errorCode": code, "errorMessage": message}
    return Answer(status, json.dumps(body).encode())


SPIKE_ARREST = error("500.003.02", "System is busy. Spike Arrest Violation")
INVALID_TOKEN = error("404.001.03", "Invalid Access Token", status=404)
Plan = Answer | Callable[[dict[str, Any]], Answer | None]


@dataclass
class Safaricom:
    """What it was asked for, and what it will say. Plans are used up one by one, by path."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    push_results: dict[str, tuple[str, str]] = field(default_factory=dict)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)  # payouts by our id
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, path: str, *plans: Plan) -> None:
        """Let the next calls to that path be answered so."""
        self.plans.setdefault(path, []).extend(plans)

    def asked(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies of all calls to that path, in order."""
        return [body for called, body in self.calls if called == path]

    # What it says by itself.

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        """Answer as planned, or as Safaricom does on a good day."""
        with self._lock:
            self.calls.append((path, body))
            plans = self.plans.get(path, [])
            plan = plans.pop(0) if plans else None
        planned = plan(body) if callable(plan) else plan
        return planned if planned is not None else self.usual(path, body)

    def usual(self, path: str, body: dict[str, Any]) -> Answer:
        """Answer as on a good day; what is asked for is taken."""
        with self._lock:
            known = {
                TOKEN: self._token,
                PUSH: self._push,
                QUERY: self._query,
                PAYOUT: self._payout,
                STATUS: self._status,
                BALANCE: self._status,
            }
            return known[path](body)

    def _token(self, _: dict[str, Any]) -> Answer:
        self.tokens += 1
        return _json({"access_token": f"token-{self.tokens}", "expires_in": "3599"})

    def _push(self, body: dict[str, Any]) -> Answer:
        number = len(self.asked(PUSH))
        told = {
            "MerchantRequestID": f"29115-34620561-{number}",
            "CheckoutRequestID": checkout_id(number),
            "ResponseCode": "0",
            "ResponseDescription": "Success. Request accepted for processing",
            "CustomerMessage": "Success. Request accepted for processing",
        }
        return _json(told)

    def _query(self, body: dict[str, Any]) -> Answer:
        named = body["CheckoutRequestID"]
        waiting = ("4999", "The transaction is still under processing")
        code, description = self.push_results.get(named, waiting)
        return _json(
            {
                "ResponseCode": "0",
                "ResponseDescription": "The service request has been accepted successsfully",
                "MerchantRequestID": "22205-34066-1",
                "CheckoutRequestID": named,
                "ResultCode": code,
                "ResultDesc": description,
            }
        )

    def _payout(self, body: dict[str, Any]) -> Answer:
        ours = body["OriginatorConversationID"]
        if ours in self.taken:
            return error("500.002.1001", "Duplicate OriginatorConversationID.")
        self.taken[ours] = body
        return _json(self._accepted(ours))

    def _status(self, _: dict[str, Any]) -> Answer:
        return _json(self._accepted(f"question-{len(self.asked(STATUS))}"))

    def _accepted(self, originator_id: str) -> dict[str, Any]:
        return {
            "ConversationID": f"AG_20261120_{len(self.calls):020d}",
            "OriginatorConversationID": originator_id,
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }


def checkout_id(number: int) -> str:
    """Return M-Pesa's id of the n-th prompt."""
    return f"ws_CO_2011202609{number:04d}712345678"


def _json(body: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(body).encode())


# What it posts to us.


def post(url: str, body: Any) -> int:
    """Post a body to one of our addresses, as it was given to Safaricom; return our status."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    path = urlsplit(url).path
    return Client().post(path, data=content, content_type="application/json").status_code


def push_result(
    pushed: dict[str, Any] | None = None,
    *,
    number: int = 1,
    code: int | str = 0,
    amount: Any = None,
    receipt: str = "UKL1A2B3C4",
    phone: Any = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return the callback of the n-th prompt, as it was asked for in `pushed`."""
    phone = int((pushed or {}).get("PhoneNumber", 254712345678)) if phone is None else phone
    told: dict[str, Any] = {
        "MerchantRequestID": f"29115-34620561-{number}",
        "CheckoutRequestID": checkout_id(number),
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        **changes,
    }
    if str(code) == "0":
        whole = float((pushed or {}).get("Amount", 0)) if amount is None else amount
        told["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": whole},
                {"Name": "MpesaReceiptNumber", "Value": receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": 20261120090112},
                {"Name": "PhoneNumber", "Value": phone},
            ]
        }
    return {"Body": {"stkCallback": told}}


def payout_result(
    ordered: dict[str, Any],
    *,
    code: int | str = 0,
    receipt: str = "UKL5D6E7F8",
    amount: Any = None,
    name: str = "254712345678 - WANJIKU KAMAU",
    **changes: Any,
) -> dict[str, Any]:
    """Return the result of a payout, as it was ordered."""
    told: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": ordered["OriginatorConversationID"],
        "ConversationID": "AG_20261120_2010364430d9bbdaf872",
        "TransactionID": receipt,
        **changes,
    }
    if str(code) == "0":
        told["ResultParameters"] = {
            "ResultParameter": [
                {"Key": "ReceiverPartyPublicName", "Value": name},
                {"Key": "TransactionReceipt", "Value": receipt},
                {"Key": "TransactionAmount", "Value": amount or int(ordered["Amount"])},
                {"Key": "TransactionCompletedDateTime", "Value": "20.11.2026 09:01:12"},
                {"Key": "B2CUtilityAccountAvailableFunds", "Value": 8959269.6},
            ]
        }
    return {"Result": told}


def status_result(
    question: dict[str, Any],
    *,
    status: str = "Completed",
    code: int | str = "0",
    amount: Any = "500",
    receipt: str = "UKL5D6E7F8",
) -> dict[str, Any]:
    """Return the answer to a status query."""
    told: dict[str, Any] = {
        "ResultType": "0",
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": "3211-416020-3",
        "ConversationID": f"AG_20261120_{abs(hash(str(question))) % 10**12:012d}",
        "TransactionID": "UKL0000000",
    }
    if str(code) == "0":
        told["ResultParameters"] = {
            "ResultParameter": [
                {"Key": "DebitPartyName", "Value": "600000 - NannyChain"},
                {"Key": "CreditPartyName", "Value": "254712345678 - WANJIKU   KAMAU"},
                {"Key": "TransactionStatus", "Value": status},
                {"Key": "Amount", "Value": amount},
                {"Key": "ReceiptNo", "Value": receipt},
                {
                    "Key": "OriginatorConversationID",
                    "Value": question["OriginalConversationID"],
                },
            ]
        }
    return {"Result": told}


@contextmanager
def serving() -> Iterator[Safaricom]:
    """Run the server until the block ends."""
    safaricom = Safaricom()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(safaricom.answer(urlsplit(self.path).path, {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = urlsplit(self.path).path
            self._reply(safaricom.answer(QUERY if path == _QUERY_PATH else path, body))

        def _reply(self, answer: Answer) -> None:
            if answer.status is None:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    safaricom.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield safaricom
    finally:
        server.shutdown()
        server.server_close()
