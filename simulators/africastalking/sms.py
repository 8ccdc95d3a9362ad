"""SMS: `POST /version1/messaging` and `GET /version1/user`, word for word as recorded.

What the phones then receive lies in the store; reports about it in `reports.py`.
"""

import json
import re
import time
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request

from simulators.africastalking import fates, reports
from simulators.africastalking.gsm7 import parts
from simulators.faults import Fault, Kind, Parameter
from simulators.guard import drop_connection
from simulators.phones import is_phone
from simulators.world import World

TARGET = "africastalking.sms"
DEFAULT_SENDER = "AFRICASTKNG"
FAULTS = (
    Kind("slow", "the answer takes its time", (Parameter("seconds", 5, 0.05, 300),)),
    Kind("down", "the connection is dropped before the message is accepted"),
    Kind(
        "error", "the answer is a server error", (Parameter("status", 500, 500, 599, whole=True),)
    ),
    Kind("answer_lost", "the message is accepted and delivered, but the connection is dropped"),
    *reports.FAULTS,
    Kind("no_balance", "the account has no money: InsufficientBalance (405)"),
    Kind("rejected", "the network's gateway turns it down: RejectedByGateway (502)"),
    Kind("unauthorized", "the API key is refused (401)"),
)
_KES_PER_PART = 0.8
_USD_PER_PART = 0.0079  # the total comes in another currency than its parts; recorded so
_SENDER = re.compile(r"[A-Za-z0-9 _.-]{1,11}")
_INVALID = fates.Refusal("InvalidPhoneNumber", 403, "it is no phone number")
_NO_BALANCE = fates.Refusal("InsufficientBalance", 405, "the account has no money")
_OPTED_OUT = fates.Refusal("UserInBlacklist", 406, "the phone has stopped such messages")
_UNAUTHORIZED = "The supplied authentication is invalid"


def blueprint(world: World) -> Blueprint:
    """Return the endpoints of this provider, to be mounted under its base address."""
    endpoints = Blueprint("africastalking", __name__)

    @endpoints.post("/version1/messaging")
    def send() -> Response:
        return _send(world)

    @endpoints.get("/version1/user")
    def user() -> Response:
        if not is_authentic(world, request.args.get("username", "")):
            return _text(401, _UNAUTHORIZED)
        return _json(200, {"UserData": {"balance": "USD 999.6168"}})

    return endpoints


def _send(world: World) -> Response:
    phones = request.form.get("to", "").split(",")

    def strike(kind: str) -> Fault | None:
        return world.faults.take(target=TARGET, kind=kind, phones=phones)

    if slow := strike("slow"):
        time.sleep(slow.parameters["seconds"])
    if strike("down"):
        _record(world, {"error": "dropped before acceptance"})
        return drop_connection()
    if error := strike("error"):
        answer = _text(int(error.parameters["status"]), "There was an internal server error.")
    elif strike("unauthorized"):
        answer = _text(401, _UNAUTHORIZED)
    else:
        answer = _accept(world, phones)
        if answer.status_code == 201 and strike("answer_lost"):
            _record(world, {"error": "answer lost", "body": answer.get_data(as_text=True)})
            return drop_connection()
    _record(world, {"status": answer.status_code, "body": answer.get_data(as_text=True)})
    return answer


def _accept(world: World, phones: list[str]) -> Response:
    """Answer as a provider that is well: refuse what is wrong, deliver the rest."""
    for name in ("username", "to", "message"):
        if name not in request.form:
            return _text(400, f"Request is missing required form field '{name}'")
    if not is_authentic(world, request.form["username"]):
        return _text(401, _UNAUTHORIZED)
    sender = request.form.get("from") or DEFAULT_SENDER
    if not _may_send_as(world, sender):
        return _json(201, {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}})
    recipients = [_recipient(world, phone=phone, sender=sender) for phone in phones]
    return _json(
        201, {"SMSMessageData": {"Message": _summary(recipients), "Recipients": recipients}}
    )


def _recipient(world: World, *, phone: str, sender: str) -> dict[str, Any]:
    """Deliver the message to one phone and return its line in the answer."""
    if refused := _refusal(world, phone=phone, sender=sender):
        return _line(phone, cost="0", id="None", status=refused.status, code=refused.code)
    id, text = f"ATXid_{uuid4().hex}", request.form["message"]
    fate = fates.fate(phone)
    if world.faults.take(target=TARGET, kind="undelivered", phones=[phone]):
        fate = fates.UNDELIVERED
    world.store.add_message(id=id, phone=phone, sender=sender, text=text, status=fate.status)
    reports.report(world, target=TARGET, id=id, phone=phone, fate=fate)
    cost = f"KES {_KES_PER_PART * parts(text):.4f}"
    code = 102 if request.form.get("enqueue") == "1" else 101
    return _line(phone, cost=cost, id=id, status="Success", code=code)


def _refusal(world: World, *, phone: str, sender: str) -> fates.Refusal | None:
    """Return why nothing is sent to this recipient; None when nothing stands against it."""
    if not is_phone(phone):
        return _INVALID
    for kind, refusal in (("no_balance", _NO_BALANCE), ("rejected", fates.REJECTED)):
        if world.faults.take(target=TARGET, kind=kind, phones=[phone]):
            return refusal
    if world.store.is_opted_out(phone=phone, sender=sender):
        return _OPTED_OUT
    return fates.refusal(phone)


def _line(phone: str, *, cost: str, id: str, status: str, code: int) -> dict[str, Any]:
    return {"cost": cost, "messageId": id, "number": phone, "status": status, "statusCode": code}


def _summary(recipients: list[dict[str, Any]]) -> str:
    sent = sum(recipient["messageId"] != "None" for recipient in recipients)
    head = f"Sent to {sent}/{len(recipients)} Total Cost:"
    if not sent:
        return f"{head} 0"
    count = parts(request.form["message"])
    return f"{head} USD {_USD_PER_PART * count * sent:.4f} Message parts: {count}"


def is_authentic(world: World, username: str) -> bool:
    """Tell whether the request shows the key of our account, under its name."""
    key = request.headers.get("apiKey", "")
    right = key == world.settings.api_key if world.settings.api_key else bool(key)
    return right and username == world.settings.username


def _may_send_as(world: World, sender: str) -> bool:
    if world.settings.sender_id:
        return sender in (world.settings.sender_id, DEFAULT_SENDER)
    return _SENDER.fullmatch(sender) is not None


def _json(status: int, content: dict[str, Any]) -> Response:
    """Return JSON with a Content-Type of exactly `application/json`, on which the SDK insists."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return Response(body, status, content_type="application/json")


def _text(status: int, sentence: str) -> Response:
    return Response(sentence, status, content_type="text/plain; charset=UTF-8")


def _record(world: World, answer: dict[str, Any]) -> None:
    fields = request.form.to_dict()
    world.record.add(direction="in", target=TARGET, fields=fields, answer=answer)
