"""The network's part of the control API: close ledgers by hand, reset, turn knobs, give lumens."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from simulators.guard import json_object
from simulators.horizon.node import Node
from simulators.horizon.submitting import Desk

ADDRESSES = {
    "GET /control/horizon": "the simulated Stellar network: ledger, queue, knobs",
    "POST /control/horizon/close": "close some ledgers now: ledgers",
    "POST /control/horizon/settings": "turn knobs: ledger_seconds (0: by hand), submit_seconds,"
    " stream_seconds, min_fee, capacity",
    "POST /control/horizon/fund": "give an account lumens: address, lumens",
    "POST /control/horizon/reset": "begin the network anew, as test networks do",
}
# Knobs in whole numbers, and in seconds.
_LIMITS = {"min_fee": (100, 10_000_000), "capacity": (1, 100_000)}
_LIMITS_SECONDS = {
    "ledger_seconds": (0, 3600),
    "submit_seconds": (0, 300),
    "stream_seconds": (0, 300),
}
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
        setattr(node.knobs, name, value)


def _fund(desk: Desk, wanted: dict[str, Any]) -> dict[str, Any]:
    address, lumens = str(wanted.get("address", "")), str(wanted.get("lumens", ""))
    try:
        verdict = desk.give(address, lumens=lumens)
    except (ValueError, ArithmeticError) as error:  # the SDK's, of an amount that is no number
        raise BadRequest(f"address or lumens: {error}") from None
    return {"status": verdict.status, "hash": verdict.hash}


def _check(name: str, value: object) -> None:
    limits = {**_LIMITS, **_LIMITS_SECONDS}
    if name not in limits:
        raise BadRequest(f"the knobs are: {', '.join(limits)}")
    least, most = limits[name]
    types = (int,) if name in _LIMITS else (int, float)
    if type(value) not in types or not least <= value <= most:  # type: ignore[operator]
        raise BadRequest(f"{name} must be a number, {least} to {most}, whole unless seconds")


def _told(node: Node) -> dict[str, Any]:
    return {
        "ledger": node.latest.sequence,
        "waiting": node.chain.queue_length(),
        "is_halted": node.is_halted,
        **asdict(node.knobs),
        "resets": node.resets,
    }
