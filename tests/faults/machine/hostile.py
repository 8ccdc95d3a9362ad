"""What nobody should believe: changed, misdirected and invented messages, from known and unknown
senders. And what even a known sender says wrongly.
"""

import json
import random
from typing import TYPE_CHECKING, Any

from tests.faults.machine import wire
from tests.faults.machine.provider import PAYBILL_KEY, SHORTCODE, Call
from tests.faults.machine.world import World

if TYPE_CHECKING:
    from tests.faults.machine.history import History

# A definite no, after which nothing is tried again.
_FAILURES = (2040, 8)


def post(world: World, url: str, body: str, *, address: str = wire.SAFARICOM) -> None:
    """Post something to an address of ours."""
    wire.post_to_us(url, body, address=address)


def lie(history: "History", chance: random.Random) -> None:
    """Say of a payout that was made that it was not; the truth is still to be told."""
    made = [
        (call, told)
        for call in _waiting(history)
        if "/payout/result" in call.url and (told := json.loads(call.body)["Result"])
        if told["ResultCode"] == 0
    ]
    if not made:
        return
    call, told = chance.choice(made)
    told = {**told, "ResultCode": chance.choice(_FAILURES), "TransactionID": "UAK0000000"}
    told.pop("ResultParameters")
    history.notes.lied_about.add(told["OriginatorConversationID"])
    history.as_process(post, history.world, call.url, json.dumps({"Result": told}))


def forge(history: "History", chance: random.Random) -> None:
    """Change a message that is on its way, send it elsewhere, or invent one."""
    chance.choice((_changed, _changed, _misdirected, _invented_paybill, _to_the_older_address))(
        history, chance
    )


def _waiting(history: "History") -> list[Call]:
    return history.world.provider.due_calls(until=history.world.seconds() + 10)


def _changed(history: "History", chance: random.Random) -> None:
    """Post a copy with another amount or another receipt's name, before the true one."""
    calls = [call for call in _waiting(history) if "paybill" not in call.url]
    if not calls:
        return
    call = chance.choice(calls)
    body = json.loads(call.body)
    (_change_push if "Body" in body else _change_result)(body, chance)
    stranger = chance.random() < 0.3
    address = wire.STRANGER if stranger else wire.SAFARICOM
    history.as_process(post, history.world, call.url, json.dumps(body), address=address)


def _change_push(body: dict[str, Any], chance: random.Random) -> None:
    told = body["Body"]["stkCallback"]
    if chance.random() < 0.3:
        told["CheckoutRequestID"] += "9"
    for item in told.get("CallbackMetadata", {}).get("Item", []):
        if item["Name"] == "Amount":
            item["Value"] += chance.choice((-1, 1, 5_000))


def _change_result(body: dict[str, Any], chance: random.Random) -> None:
    told = body.get("Result", {})
    if chance.random() < 0.3 and "OriginatorConversationID" in told:
        told["OriginatorConversationID"] += "9"
    for item in told.get("ResultParameters", {}).get("ResultParameter", []):
        if item["Key"] in ("TransactionAmount", "Amount"):
            item["Value"] = float(item["Value"]) + chance.choice((-1, 1, 5_000))
        if item["Key"] == "OriginatorConversationID" and item["Value"]:
            item["Value"] += "9"


def _misdirected(history: "History", chance: random.Random) -> None:
    """Post what is for one operation to the address of another."""
    calls = [call for call in _waiting(history) if "paybill" not in call.url]
    if len(calls) > 1:
        one, other = chance.sample(calls, k=2)
        history.as_process(post, history.world, one.url, other.body)


def _invented_paybill(history: "History", chance: random.Random) -> None:
    """A stranger who knows the address tells of a payment, or of a true one for somebody else."""
    url = f"{wire.SITE}/cb/{PAYBILL_KEY}/paybill/confirmation"
    waiting = [call for call in _waiting(history) if call.url.endswith("/confirmation")]
    thief = chance.choice(history.world.people)
    if waiting and chance.random() < 0.6:
        body = json.loads(chance.choice(waiting).body)
        body["BillRefNumber"] = thief.worker_id
    else:
        body = {
            "TransactionType": "Pay Bill",
            "TransID": f"ULX{chance.randrange(10**7):07d}",
            "TransTime": "20261201093000",
            "TransAmount": "5000.00",
            "BusinessShortCode": SHORTCODE,
            "BillRefNumber": thief.worker_id,
            "MSISDN": "2547 ***** 126",
            "FirstName": "NOBODY",
        }
        history.notes.forged.add(body["TransID"])
    history.as_process(post, history.world, url, json.dumps(body), address=wire.STRANGER)


def _to_the_older_address(history: "History", chance: random.Random) -> None:
    """Post a true message to the address where nothing is believed."""
    calls = [call for call in _waiting(history) if "paybill" not in call.url]
    if calls:
        call = chance.choice(calls)
        path = "deposit/callback" if "stkCallback" in call.body else "b2c/result"
        history.as_process(post, history.world, f"{wire.SITE}/mpesa/{path}", call.body)
