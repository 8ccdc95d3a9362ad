"""The control API: faults at will, what the phones received, what went over the wire. All JSON."""

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from simulators.africastalking import fates, insights
from simulators.africastalking.ussd import Ussd
from simulators.daraja import control as daraja
from simulators.daraja.network import Network
from simulators.faults import InvalidFault
from simulators.guard import json_object
from simulators.horizon import control as network
from simulators.horizon.node import Node
from simulators.horizon.submitting import Desk
from simulators.world import World

_ADDRESSES = {
    "GET /control/health": "is the program well",
    "GET /control/faults": "the faults that are set, and those that there are",
    "POST /control/faults": "set one: target, kind and its parameters; times (null: always),"
    " probability, phone",
    "DELETE /control/faults": "clear all, or by id, target, kind, phone",
    "GET /control/sms?phone=": "messages to a phone and their final status, newest first",
    "GET /control/numbers": "the endings of numbers that are refused or never reached",
    "GET /control/requests?target=": "what went over the wire lately",
    "POST /control/reset": "forget everything but the Stellar network",
    **insights.ADDRESSES,
    **network.ADDRESSES,
    **daraja.ADDRESSES,
}
_FILTERS = ("id", "target", "kind", "phone")


def blueprint(world: World, ussd: Ussd, *, node: Node, desk: Desk, mpesa: Network) -> Blueprint:
    """Return the endpoints, to be mounted under /control."""
    control = Blueprint("control", __name__)
    _add_faults(control, world)
    insights.add(control, world)
    network.add(control, node=node, desk=desk)
    daraja.add(control, mpesa)

    @control.get("", strict_slashes=False)
    def index() -> Response:
        return jsonify(addresses=_ADDRESSES)

    @control.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @control.get("/sms")
    def sms() -> Response:
        phone = request.args.get("phone", "")
        if not phone:
            raise BadRequest("Say which phone: /control/sms?phone=%2B254712345678")
        return jsonify(messages=world.store.messages(phone))

    @control.get("/numbers")
    def numbers() -> Response:
        return jsonify(numbers=fates.as_json())

    @control.get("/requests")
    def requests() -> Response:
        return jsonify(requests=world.record.all(request.args.get("target", "")))

    @control.post("/reset")
    def reset() -> Response:
        json_object()
        ussd.reset()
        world.faults.clear()
        world.posting.reset()
        world.record.reset()
        mpesa.reset()
        return jsonify(status="ok")

    return control


def _add_faults(control: Blueprint, world: World) -> None:
    @control.get("/faults")
    def faults() -> Response:
        return jsonify(faults=world.faults.all(), catalogue=_catalogue(world))

    @control.post("/faults")
    def set_fault() -> tuple[Response, int]:
        try:
            fault = world.faults.add(json_object())
        except InvalidFault as error:
            raise BadRequest(str(error)) from error
        return jsonify(fault.as_json()), 201

    @control.delete("/faults")
    def clear_faults() -> Response:
        unknown = set(request.args) - set(_FILTERS)
        if unknown:
            raise BadRequest(f"Clear by any of: {', '.join(_FILTERS)}; or all, by none.")
        return jsonify(cleared=world.faults.clear(**request.args.to_dict()))


def _catalogue(world: World) -> dict[str, list[dict[str, object]]]:
    """Return which faults there are, for people and for the phone page's buttons."""
    return {
        target: [
            {
                "kind": kind.name,
                "phrase": kind.phrase,
                "parameters": {parameter.name: parameter.default for parameter in kind.parameters},
            }
            for kind in kinds
        ]
        for target, kinds in world.faults.catalogue.items()
    }
