"""The network's part of the control API: close ledgers by hand, reset, turn knobs, give lumens."""

from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from simulators.guard import json_object
from simulators.horizon.node import Node
from simulators.horizon.submitting import Desk

ADDRESSES = {
    "GET /control/horizon": "the simulated Stellar network: ledger, queue, knobs",
    "POST /control/horizon/close": "close some ledgers now: ledgers",
    "POST /control/horizon/settings": "turn knobs: ledger_seconds (0: by hand), min_fee, capacity",
    "POST /control/horizon/fund": "give an account lumens: address, lumens",
    "POST /control/horizon/reset": "begin the network anew, as test networks do",
}
_LIMITS = {"ledger_seconds": (0, 3600), "min_fee": (100, 10_000_000), "capacity": (1, 100_000)}
_CLOSED_MAX = 10_000


def add(control: Blueprint, *, node: Node, desk: Desk) -> None:
    """Add the addresses to the control API."""

    @control.get("/horizon")
    def network() -> Response:
        return jsonify(**_told(node))

    @control.post("/horizon/close")
    def close_ledgers() -> Response:
        _close(node, json_object())
        return jsonify(**_told(node))

    @control.post("/horizon/settings")
    def turn_knobs() -> Response:
        _turn(node, json_object())
        return jsonify(**_told(node))

    @control.post("/horizon/fund")
    def fund() -> Response:
        return jsonify(**_fund(desk, json_object()))

    @control.post("/horizon/reset")
    def reset_network() -> Response:
        json_object()
        node.reset()
        return jsonify(**_told(node))


def _close(node: Node, wanted: dict[str, Any]) -> None:
    ledgers = wanted.get("ledgers", 1)
    if type(ledgers) is not int or not 1 <= ledgers <= _CLOSED_MAX:
        raise BadRequest(f"ledgers must be a whole number, 1 to {_CLOSED_MAX}")
    for _ in range(ledgers):
        node.close()


def _turn(node: Node, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        _check(name, value)
    for name, value in wanted.items():
        setattr(node.knobs, name, value if name == "ledger_seconds" else int(value))


def _fund(desk: Desk, wanted: dict[str, Any]) -> dict[str, Any]:
    address, lumens = str(wanted.get("address", "")), str(wanted.get("lumens", ""))
    try:
        verdict = desk.fund(address, lumens=lumens)
    except ValueError as error:
        raise BadRequest(f"address or lumens: {error}") from None
    return {"status": verdict.status, "hash": verdict.hash}


def _check(name: str, value: object) -> None:
    if name not in _LIMITS:
        raise BadRequest(f"the knobs are: {', '.join(_LIMITS)}")
    least, most = _LIMITS[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:  # type: ignore[operator]
        raise BadRequest(f"{name} must be a number, {least} to {most}")


def _told(node: Node) -> dict[str, Any]:
    return {
        "ledger": node.chain.latest.sequence,
        "waiting": node.chain.queue_length(),
        "ledger_seconds": node.knobs.ledger_seconds,
        "min_fee": node.knobs.min_fee,
        "capacity": node.knobs.capacity,
        "resets": node.resets,
    }
