"""Looking at the simulated M-Pesa: what was told, what phones show, and where the money is."""

import json
from typing import Any

from tests.simulators.daraja.caller import Caller
from tests.simulators.program import Receiver

PHONE, OTHER = "+254712345678", "+254722000111"
AUTOMATIC = "+254712999924"  # pays by itself


def told(product: Receiver, path: str) -> Any:
    """Wait for what is told at this path; other news that comes before it is kept for its turn."""
    others = []
    while (received := product.next()).path != path:
        others.append(received)
    for other in others:
        product.posts.put(other)
    return json.loads(received.body)


def prompt(caller: Caller, phone: str) -> dict[str, Any] | None:
    found: dict[str, Any] = caller.simulators.get("/phone/inboxes", phone=phone)[phone]["mpesa"]
    return found["prompt"]


def answer(caller: Caller, phone: str, **how: Any) -> bool:
    shown = prompt(caller, phone)
    assert shown is not None
    done = caller.simulators.post("/phone/mpesa/answer", phone=phone, prompt=shown["id"], **how)
    return bool(done["was_open"])


def balance(caller: Caller, phone: str) -> int:
    found = caller.simulators.get("/phone/inboxes", phone=phone)[phone]["mpesa"]
    return int(found["shillings"])


def floats(caller: Caller) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = caller.simulators.get("/control/daraja")["floats"]
    return found


def stk(body: Any) -> dict[str, Any]:
    found: dict[str, Any] = body["Body"]["stkCallback"]
    return found


def item(callback: dict[str, Any], name: str) -> Any:
    (found,) = [e for e in callback["CallbackMetadata"]["Item"] if e["Name"] == name]
    return found.get("Value")


def parameters(body: Any) -> dict[str, Any]:
    listed = body["Result"]["ResultParameters"]["ResultParameter"]
    return {entry["Key"]: entry["Value"] for entry in listed}
