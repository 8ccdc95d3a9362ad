"""The control API's part for M-Pesa: knobs, floats, wallets, what moved, and payments by people."""

from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from simulators.daraja import fates
from simulators.daraja.bank import UTILITY, Bank, NotEnough
from simulators.daraja.network import Network
from simulators.guard import json_object, text_field
from simulators.phones import is_phone

ADDRESSES = {
    "GET /control/daraja": "knobs, floats, totals, and the magic amounts and numbers",
    "POST /control/daraja/settings": "turn knobs: answers (phone, accept), result_seconds,"
    " prompt_seconds",
    "POST /control/daraja/floats": "let an account hold so much: shortcode, account, cents",
    "POST /control/daraja/wallets": "let a phone's wallet hold so much: phone, cents",
    "POST /control/daraja/sweep": "move money to settlement: shortcode, account, cents",
    "POST /control/daraja/charges": "pay the charges that are owed: shortcode, account",
    "GET /control/daraja/payments": "all money that has moved, and all payouts handed in",
    "POST /control/daraja/paybill": "somebody pays: phone, shortcode, account, shillings",
    "POST /control/daraja/reset": "forget all of M-Pesa's money and prompts",
}
_CENTS_MAX = 10**13


def add(control: Blueprint, network: Network) -> None:
    """Add the addresses."""
    _add_knobs(control, network)
    _add_money(control, network)

    @control.post("/daraja/paybill")
    def pay_paybill() -> Response:
        return jsonify(vars(pay_from_phone(network, json_object())))

    @control.post("/daraja/reset")
    def reset_mpesa() -> Response:
        json_object()
        network.reset()
        return jsonify(status="ok")


def _add_knobs(control: Blueprint, network: Network) -> None:
    bank, knobs = network.bank, network.desk.knobs

    @control.get("/daraja")
    def daraja() -> Response:
        settings = network.desk.world.settings
        shortcodes = sorted({settings.mpesa_shortcode, settings.mpesa_b2c_shortcode} - {""})
        return jsonify(
            settings=vars(knobs),
            floats={shortcode: bank.floats(shortcode) for shortcode in shortcodes},
            totals=network.totals(),
            fates=fates.as_json(),
        )

    @control.post("/daraja/settings")
    def turn_mpesa() -> Response:
        asked = json_object()
        if unknown := set(asked) - set(vars(knobs)):
            raise BadRequest(f"There is no knob {min(unknown)[:40]!r}.")
        answers = asked.get("answers", knobs.answers)
        if answers not in ("phone", "accept"):
            raise BadRequest("answers must be phone or accept.")
        for name in ("result_seconds", "prompt_seconds"):
            setattr(knobs, name, _number(asked.get(name, getattr(knobs, name)), name, most=3600))
        knobs.answers = answers
        return jsonify(vars(knobs))


def _add_money(control: Blueprint, network: Network) -> None:
    bank = network.bank

    @control.post("/daraja/floats")
    def set_float() -> Response:
        asked = json_object()
        shortcode, account = _account(bank, asked)
        cents = _number(asked.get("cents"), "cents", most=_CENTS_MAX)
        bank.set_float(shortcode, account, cents=int(cents))
        return jsonify(bank.floats(shortcode))

    @control.post("/daraja/sweep")
    def sweep() -> Response:
        asked = json_object()
        shortcode, account = _account(bank, asked)
        cents = _number(asked.get("cents"), "cents", most=_CENTS_MAX)
        try:
            return jsonify(receipt=bank.sweep(shortcode, account, cents=int(cents)))
        except NotEnough:
            raise BadRequest("There is less on that account.") from None

    @control.post("/daraja/charges")
    def pay_charges() -> Response:
        shortcode, account = _account(bank, json_object())
        try:
            return jsonify(receipt=bank.pay_charges(shortcode, account))
        except NotEnough:
            raise BadRequest("There is less on that account.") from None

    @control.post("/daraja/wallets")
    def set_wallet() -> Response:
        asked = json_object()
        phone = _phone(asked)
        cents = _number(asked.get("cents"), "cents", most=_CENTS_MAX)
        bank.set_wallet(phone, cents=int(cents))
        return jsonify(phone=phone, cents=bank.wallet(phone))

    @control.get("/daraja/payments")
    def payments() -> Response:
        moved = [vars(payment) for payment in bank.payments()]
        return jsonify(payments=moved, payouts=network.payouts.all())


def pay_from_phone(network: Network, asked: dict[str, Any]) -> Any:
    """Let a phone pay to a paybill, and return what it is told."""
    shillings = _number(asked.get("shillings"), "shillings", most=1_000_000)
    shortcode = text_field(asked, "shortcode", longest=10)
    return network.paybills.pay(
        phone=_phone(asked),
        shortcode=shortcode or network.desk.world.settings.mpesa_shortcode,
        account=text_field(asked, "account", longest=40),
        cents=int(shillings * 100),
    )


def _account(bank: Bank, asked: dict[str, Any]) -> tuple[str, str]:
    shortcode = text_field(asked, "shortcode", longest=10)
    account = text_field(asked, "account", longest=40) or UTILITY
    if account not in bank.floats(shortcode):
        raise BadRequest("There is no such account.")
    return shortcode, account


def _phone(asked: dict[str, Any]) -> str:
    phone = asked.get("phone")
    if not isinstance(phone, str) or not is_phone(phone):
        raise BadRequest("phone must look like +254712345678.")
    return phone


def _number(value: object, name: str, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise BadRequest(f"{name} must be a number, 0 to {most:g}.")
    return value
