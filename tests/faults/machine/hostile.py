"""What nobody should believe: changed, misdirected and invented messages, from known and unknown
senders. And what even a known sender says wrongly.
"""

import json
import random
from typing import TYPE_CHECKING, Any

from payments.deposits.models import Deposit
from tests.faults.machine import asking, wire
from tests.faults.machine.provider import PAYBILL_KEY, SHORTCODE, Call
from tests.faults.machine.world import World

if TYPE_CHECKING:
    from tests.faults.machine.history import History

# Definite ones, after which nothing is tried again, and one that must be asked about first.
_FAILURES = (2040, 8, 17)


def post(world: World, url: str, body: str, *, address: str = wire.SAFARICOM) -> None:
    """Post something to an address of ours."""
    wire.post_to_us(url, body, address=address)


def lie(history: "History", chance: random.Random) -> None:
    """Say of a payout that was made that it was not; the truth is still to be told."""
    if not (made := _made(history)):
        # Somebody takes money out, so that there is something to lie about.
        asking.withdraw(history, chance)
        history.work(chance)
        made = _made(history)
    if not made:
        return
    call, told = chance.choice(made)
    told = {**told, "ResultCode": chance.choice(_FAILURES), "TransactionID": "UAK0000000"}
    told.pop("ResultParameters")
    history.notes.lied_about.add(told["OriginatorConversationID"])
    history.as_process(post, history.world, call.url, json.dumps({"Result": told}))


def _made(history: "History") -> list[tuple[Call, dict[str, Any]]]:
    """Return what is to be told of payouts that were made, and what it says."""
    return [
        (call, told)
        for call in _waiting(history)
        if "/payout/result" in call.url and (told := json.loads(call.body)["Result"])
        if told["ResultCode"] == 0
    ]


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
    failures = [call for call in calls if '"ResultCode":0' not in call.body]
    call = chance.choice(failures if failures and chance.random() < 0.6 else calls)
    body = json.loads(call.body)
    is_push = "Body" in body
    cents = (_cents_of_prompt if is_push else _cents_of_payout)(history, body)
    (_change_push if is_push else _change_result)(body, chance, cents=cents)
    # What M-Pesa answers to our own question is all that there is to go by.
    is_answer = not is_push and "/payout/" not in call.url
    # Where our answer got lost we don't know its id, and the address alone says which prompt it is.
    is_believed = is_push and not _is_known(call.body)
    stranger = is_answer or is_believed or chance.random() < 0.3
    address = wire.STRANGER if stranger else wire.SAFARICOM
    history.notes.pressed += is_push
    history.as_process(post, history.world, call.url, json.dumps(body), address=address)


def _is_known(body: str) -> bool:
    """Tell whether we were told the id of the prompt that a true message is about."""
    named = json.loads(body)["Body"]["stkCallback"]["CheckoutRequestID"]
    return Deposit.objects.filter(checkout_id=named).exists()


def _change_push(body: dict[str, Any], chance: random.Random, *, cents: int) -> None:
    """Change one thing; a failure becomes a success of another amount, or of another prompt."""
    told = body["Body"]["stkCallback"]
    is_other = chance.random() < 0.5
    if is_other:
        told["CheckoutRequestID"] += "9"
    if told["ResultCode"] != 0:
        told["ResultCode"] = 0
        told["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": cents / 100 + (not is_other)},
                {"Name": "MpesaReceiptNumber", "Value": _receipt(chance)},
                {"Name": "TransactionDate", "Value": 20261201093000},
                {"Name": "PhoneNumber", "Value": 254700000000},
            ]
        }
        return
    for item in told.get("CallbackMetadata", {}).get("Item", []):
        if item["Name"] == "Amount":
            item["Value"] += chance.choice((-1, 1, 5_000))


def _change_result(body: dict[str, Any], chance: random.Random, *, cents: int) -> None:
    """Change one thing; a failure becomes a success of another amount, or of another payout."""
    told = body.get("Result", {})
    is_other = chance.random() < 0.5
    if is_other and "OriginatorConversationID" in told:
        told["OriginatorConversationID"] += "9"
    if told and told["ResultCode"] != 0:
        receipt = _receipt(chance)
        pairs = (
            ("TransactionAmount", cents / 100 + (not is_other)),
            ("TransactionReceipt", receipt),
        )
        told["ResultCode"], told["TransactionID"] = 0, receipt
        listed = [{"Key": key, "Value": value} for key, value in pairs]
        told["ResultParameters"] = {"ResultParameter": listed}
        return
    for item in told.get("ResultParameters", {}).get("ResultParameter", []):
        if item["Key"] in ("TransactionAmount", "Amount"):
            item["Value"] = float(item["Value"]) + chance.choice((-1, 1, 5_000))
        if item["Key"] == "OriginatorConversationID" and item["Value"]:
            item["Value"] += "9"


def _receipt(chance: random.Random) -> str:
    return f"ULX{chance.randrange(10**7):07d}"


def _cents_of_prompt(history: "History", body: dict[str, Any]) -> int:
    named = body["Body"]["stkCallback"]["CheckoutRequestID"]
    prompts = history.world.provider.prompts()
    return next((p["cents"] for p in prompts if p["checkout_id"] == named), 100_00)


def _cents_of_payout(history: "History", body: dict[str, Any]) -> int:
    named = body.get("Result", {}).get("OriginatorConversationID")
    payouts = history.world.provider.payouts()
    return next((p["cents"] for p in payouts if p["originator_id"] == named), 100_00)


def _misdirected(history: "History", chance: random.Random) -> None:
    """Post what is for one operation to the address of another."""
    calls = [call for call in _waiting(history) if "paybill" not in call.url]
    if len(calls) > 1:
        one, other = chance.sample(calls, k=2)
        history.notes.pressed += "stkCallback" in other.body
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
        # The receipt of money that we have paid out is a true one, and yet nobody paid us.
        out = history.world.provider.payments("payout")
        receipt = chance.choice(out).receipt if out and chance.random() < 0.5 else _receipt(chance)
        body = {
            "TransactionType": "Pay Bill",
            "TransID": receipt,
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
        is_push = "stkCallback" in call.body
        history.notes.pressed += is_push
        path = "deposit/callback" if is_push else "b2c/result"
        history.as_process(post, history.world, f"{wire.SITE}/mpesa/{path}", call.body)
