"""How Daraja writes: answers, errors, results, and their parameters, in recorded shapes."""

import json
import secrets
import time
from typing import Any

from flask import Response

_NAIROBI_SECONDS = 3 * 3600
_ACCEPTED = "Accept the service request successfully."
DONE = "The service request is processed successfully."
_HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_SOAP = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    "<soapenv:Fault><faultcode>env:Server</faultcode></soapenv:Fault></soapenv:Body>"
    "</soapenv:Envelope>"
)


def told(content: dict[str, Any], *, status: int = 200) -> Response:
    """Return JSON as theirs: compact, in the order given."""
    return Response(as_text(content), status, content_type="application/json;charset=UTF-8")


def as_text(content: dict[str, Any]) -> str:
    """Return JSON as they write it."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def error(status: int, code: str, message: str) -> Response:
    """Return an error in their envelope."""
    content = {"requestId": request_id(), "errorCode": code, "errorMessage": message}
    return told(content, status=status)


def html(status: int = 200) -> Response:
    """Return a page where JSON was to come."""
    return Response(_HTML, status, content_type="text/html")


def soap() -> Response:
    """Return a SOAP fault in the name of JSON."""
    return Response(_SOAP, 500, content_type="application/json")


def accepted(*, originator_id: str, conversation_id: str) -> Response:
    """Return that a payout or a question was taken."""
    return told(
        {
            "ConversationID": conversation_id,
            "OriginatorConversationID": originator_id,
            "ResponseCode": "0",
            "ResponseDescription": _ACCEPTED,
        }
    )


def result(
    *,
    code: int | str,
    text: str,
    originator_id: str,
    conversation_id: str,
    receipt: str,
    parameters: list[tuple[str, Any]],
) -> dict[str, Any]:
    """Return a result as it is posted; without parameters there are none in it."""
    content: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": text,
        "OriginatorConversationID": originator_id,
        "ConversationID": conversation_id,
        "TransactionID": receipt,
    }
    if parameters:
        listed = [{"Key": key, "Value": value} for key, value in parameters]
        content["ResultParameters"] = {"ResultParameter": listed}
    item = {"Key": "QueueTimeoutURL", "Value": "https://internal.example/results/v1/submit"}
    content["ReferenceData"] = {"ReferenceItem": item}
    return {"Result": content}


def request_id() -> str:
    """Return an id of a request, as theirs."""
    first = "-".join(secrets.token_hex(2) for _ in range(3))
    return f"{first}-{secrets.token_hex(9)}"


def conversation_id(at: float) -> str:
    """Return an id of a conversation, as theirs."""
    return f"AG_{time.strftime('%Y%m%d', nairobi(at))}_{secrets.token_hex(10)}"


def checkout_id(*, phone: str, at: float) -> str:
    """Return the id of a prompt, which ends with the payer's number as theirs does."""
    clock = time.strftime("%d%m%Y%H%M%S", nairobi(at))
    return f"ws_CO_{clock}{secrets.randbelow(1000):03}{phone[-9:]}"


def nairobi(at: float) -> time.struct_time:
    """Return the wall clock of Nairobi."""
    return time.gmtime(at + _NAIROBI_SECONDS)


def stamp(at: float) -> str:
    """Return a time as `20261120093000`."""
    return time.strftime("%Y%m%d%H%M%S", nairobi(at))


def shillings(cents: int) -> float:
    """Return an amount as their JSON has it."""
    return round(cents / 100, 2)


def name_of(phone: str) -> str:
    """Return the name that goes with a number."""
    first = ("WANJIKU", "ACHIENG", "OTIENO", "MWENDE", "KIPCHOGE", "AMINA", "NJERI", "BARAKA")
    last = ("KAMAU", "OUMA", "MUTUA", "CHEBET", "HASSAN", "WAMBUI", "MWANGI", "NAFULA")
    digits = int(phone[-6:])
    return f"{first[digits % 8]} {last[digits // 8 % 8]}"


def masked(phone: str) -> str:
    """Return a number as paybill notifications show it: `2547 ***** 126`."""
    plain = phone.removeprefix("+")
    return f"{plain[:4]} ***** {plain[-3:]}"
