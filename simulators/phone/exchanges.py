"""What the gateway sent about one phone and what came back, for the panel beside the phone."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from simulators.africastalking.ussd import EVENTS, TARGET
from simulators.phones import is_phone
from simulators.world import World

_SHOWN = 20


def add(phone: Blueprint, world: World) -> None:
    """Add the address that the panel asks."""

    @phone.get("/exchanges")
    def exchanges() -> Response:
        number = request.args.get("phone", "")
        if not is_phone(number):
            raise BadRequest("phone must look like +254712345678.")
        return jsonify(exchanges=_of(world, number))


def _of(world: World, number: str) -> list[dict[str, Any]]:
    """Return the last exchanges about this phone, newest first; JSON would sort the fields."""
    about = [
        entry | {"is_event": entry["target"] == EVENTS, "fields": list(entry["fields"].items())}
        for entry in world.record.all()
        if entry["target"] in (TARGET, EVENTS) and entry["fields"].get("phoneNumber") == number
    ]
    return about[: -_SHOWN - 1 : -1]
