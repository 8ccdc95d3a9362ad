"""M-Pesa on the browser phone: the prompt for a PIN, the balance, and paying to a paybill."""

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from simulators.daraja.control import pay_from_phone
from simulators.daraja.network import Network
from simulators.guard import json_object, text_field
from simulators.phones import is_phone


def add(phone: Blueprint, network: Network) -> None:
    """Add the addresses that the page asks."""

    @phone.post("/mpesa/answer")
    def answer() -> Response:
        """Answer a prompt: with a PIN, or without one to cancel it."""
        asked = json_object()
        number = asked.get("phone")
        if not isinstance(number, str) or not is_phone(number):
            raise BadRequest("phone must look like +254712345678.")
        pin = text_field(asked, "pin", longest=8)
        was_open = network.pushes.answer(
            phone=number,
            checkout_id=text_field(asked, "prompt", longest=80),
            pin=None if asked.get("cancel") is True else pin,
        )
        return jsonify(was_open=was_open)

    @phone.post("/mpesa/pay")
    def pay() -> Response:
        return jsonify(vars(pay_from_phone(network, json_object())))


def news(network: Network, number: str) -> dict[str, object]:
    """Return what M-Pesa shows on a phone unasked: a prompt, and the balance."""
    return {
        "prompt": network.pushes.on_phone(number),
        "shillings": network.bank.wallet(number) // 100,
    }
