"""SIM swaps: `POST /v1/sim-swap`, word for word as recorded; the day follows by a callback.

A phone whose SIM was never changed is told of as the provider does it: changed on 01-01-1900.
"""

import json
from datetime import date
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from simulators.africastalking.sms import is_authentic
from simulators.faults import Kind
from simulators.guard import drop_connection, json_object, text_field
from simulators.phones import is_phone
from simulators.world import World

TARGET = "africastalking.insights"
FAULTS = (
    Kind("down", "the connection is dropped before the question is taken"),
    Kind("answer_lost", "the question is taken, but the connection is dropped"),
    Kind("duplicate", "the callback comes twice"),
    Kind("early", "the callback comes before the answer"),
    Kind("no_callback", "no callback comes"),
)
ADDRESSES = {
    "POST /control/sims": "say when a phone's SIM was changed: phone, swapped_on (2026-11-28)",
}
_CALLBACK = "INSIGHTS_URL"
_NEVER = date(1900, 1, 1)
_KES = 5


def blueprint(world: World) -> Blueprint:
    """Return the endpoint, to be mounted under the provider's base address."""
    endpoints = Blueprint("insights", __name__)

    @endpoints.post("/v1/sim-swap")
    def sim_swap() -> Response:
        return _sim_swap(world)

    return endpoints


def add(control: Blueprint, world: World) -> None:
    """Add what can be said about SIMs to the control API."""

    @control.post("/sims")
    def sims() -> Response:
        found = json_object()
        phone = text_field(found, "phone", longest=20)
        try:
            day = date.fromisoformat(text_field(found, "swapped_on", longest=10))
        except ValueError as error:
            raise BadRequest("swapped_on must be a day such as 2026-11-28.") from error
        if not is_phone(phone):
            raise BadRequest("phone must be a number such as +254712345678.")
        world.store.swap_sim(phone=phone, day=day.isoformat())
        return jsonify(phone=phone, swapped_on=day.isoformat())


def _sim_swap(world: World) -> Response:
    found = json_object()
    listed = found.get("phoneNumbers")
    entries = listed if isinstance(listed, list) else []
    phones = [phone for phone in entries if isinstance(phone, str)]
    if not is_authentic(world, str(found.get("username", ""))):
        return _record(world, phones, Response("The supplied authentication is invalid", 401))
    if not phones:
        return _record(world, phones, Response("Request is missing 'phoneNumbers'", 400))

    def strikes(kind: str) -> bool:
        return world.faults.take(target=TARGET, kind=kind, phones=phones) is not None

    if strikes("down"):
        return drop_connection()
    transaction_id = str(uuid4())
    lines = [_entry(phone) for phone in phones]
    for phone, entry in zip(phones, lines, strict=True):
        if "requestId" in entry and not strikes("no_callback"):
            body = _callback(world, phone, entry["requestId"], transaction_id)
            _tell(world, body, times=2 if strikes("duplicate") else 1, is_early=strikes("early"))
    if strikes("answer_lost"):
        return drop_connection()
    return _record(world, phones, _answer(lines, transaction_id))


def _entry(phone: str) -> dict[str, Any]:
    """Return one number's line; a number that nobody can be asked about has neither id nor cost."""
    if not is_phone(phone):
        return {"phoneNumber": {"number": phone}, "status": "UnsupportedNumberType"}
    return {
        "cost": {"amount": _KES, "currencyCode": "KES"},
        "phoneNumber": {
            "carrierName": "Safaricom",
            "countryCode": 254,
            "networkCode": "Safaricom",
            "number": phone,
            "numberType": "Mobile",
        },
        "requestId": f"ATXSwid_{uuid4().hex}",
        "status": "Queued",
    }


def _answer(entries: list[dict[str, Any]], transaction_id: str) -> Response:
    asked = sum("requestId" in entry for entry in entries)
    content = {
        "responses": entries,
        "status": "Processed",
        "totalCost": {"amount": 0.05 * asked, "currencyCode": "USD"},
        "transactionId": transaction_id,
    }
    return Response(json.dumps(content), 200, content_type="application/json")


def _callback(world: World, phone: str, request_id: str, transaction_id: str) -> str:
    day = world.store.sim_swapped_on(phone)
    return json.dumps(
        {
            "status": "Swapped",
            "lastSimSwapDate": f"{date.fromisoformat(day) if day else _NEVER:%d-%m-%Y}",
            "providerRefId": str(uuid4()),
            "requestId": request_id,
            "transactionId": transaction_id,
        }
    )


def _tell(world: World, body: str, *, times: int, is_early: bool) -> None:
    if is_early and world.posting.post_now(setting=_CALLBACK, body=body):
        return
    for _ in range(times):
        world.posting.schedule(
            setting=_CALLBACK, body=body, delay_seconds=world.settings.sms_report_seconds
        )


def _record(world: World, phones: list[str], answer: Response) -> Response:
    said = {"status": answer.status_code, "body": answer.get_data(as_text=True)}
    fields = {"phoneNumbers": ",".join(phones), "path": request.path}
    world.record.add(direction="in", target=TARGET, fields=fields, answer=said)
    return answer
