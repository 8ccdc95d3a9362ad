"""The page of the browser phone and the JSON that it speaks with the simulated network."""

import math
import re

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest, NotFound

from simulators.africastalking import reports
from simulators.africastalking.ussd import Line, Screen, Ussd
from simulators.daraja.network import Network
from simulators.guard import json_object, number_field, text_field
from simulators.phone import exchanges, mpesa
from simulators.phones import NETWORKS, is_phone, network_of
from simulators.world import World

_CODE = re.compile(r"[0-9*#+]{1,40}")
_INPUT_LONGEST = 160
_PHONES_MOST = 6
_IDLE_SECONDS_MOST = 3600
# Safaricom's own code by which a person allows the messages again that she has stopped.
_ALLOW_MESSAGES = "*456*9#"


def blueprint(world: World, ussd: Ussd, network: Network) -> Blueprint:
    """Return the page and its endpoints, to be mounted under /phone."""
    phone = Blueprint("phone", __name__, template_folder="templates", static_folder="static")

    @phone.get("", strict_slashes=False)
    def page() -> str:
        return render_template(
            "phone.html",
            service_code=world.settings.service_code,
            paybill=world.settings.mpesa_shortcode,
            networks=NETWORKS,
        )

    _add_calls(phone, world, ussd)
    _add_messages(phone, world, ussd, network)
    mpesa.add(phone, network)
    exchanges.add(phone, world)
    return phone


def _add_calls(phone: Blueprint, world: World, ussd: Ussd) -> None:
    @phone.post("/dial")
    def dial() -> Response:
        asked = json_object()
        number, code = _phone(asked), text_field(asked, "code", longest=40)
        if not _CODE.fullmatch(code):
            raise BadRequest("code must be made of digits, * and #.")
        if code == _ALLOW_MESSAGES:
            world.store.opt_in(number)
            return _screen(Screen("You will receive all messages again."))
        return _screen(ussd.dial(phone=number, code=code, line=_line(asked)))

    @phone.post("/reply")
    def reply() -> Response:
        asked = json_object()
        typed = text_field(asked, "input", longest=_INPUT_LONGEST)
        session = text_field(asked, "session", longest=80)
        return _screen(
            ussd.reply(
                phone=_phone(asked),
                session_id=session,
                typed=typed,
                drops=asked.get("drops") is True,
            )
        )

    @phone.post("/hangup")
    def hang_up() -> Response:
        asked = json_object()
        ussd.hang_up(phone=_phone(asked), session_id=text_field(asked, "session", longest=80))
        return jsonify(status="ok")


def _add_messages(phone: Blueprint, world: World, ussd: Ussd, network: Network) -> None:
    @phone.get("/inboxes")
    def inboxes() -> Response:
        numbers = request.args.getlist("phone")[:_PHONES_MOST]
        return jsonify({n: _news(world, ussd, network, number=n) for n in numbers if is_phone(n)})

    @phone.post("/read")
    def read() -> Response:
        asked = json_object()
        world.store.mark_read(phone=_phone(asked), id=text_field(asked, "id", longest=80))
        return jsonify(status="ok")

    @phone.post("/stop")
    def stop() -> Response:
        asked = json_object()
        number, sender = _phone(asked), text_field(asked, "sender", longest=20)
        if sender not in {message["sender"] for message in world.store.inbox(number)}:
            raise NotFound("No message from this sender.")
        world.store.opt_out(phone=number, sender=sender)
        reports.tell_opt_out(world, phone=number, sender=sender)
        return jsonify(status="ok")


def _news(world: World, ussd: Ussd, network: Network, *, number: str) -> dict[str, object]:
    """Return what the network tells a phone unasked."""
    return {
        "network": network_of(number).name,
        "screen_longest": network_of(number).screen_longest,
        "messages": world.store.inbox(number),
        "session": ussd.open_session(number),
        "mpesa": mpesa.news(network, number),
    }


def _phone(asked: dict[str, object]) -> str:
    number = asked.get("phone")
    if not isinstance(number, str) or not is_phone(number):
        raise BadRequest("phone must look like +254712345678.")
    return number


def _line(asked: dict[str, object]) -> Line:
    """Return what was chosen for a call; a network has one of the codes that there are."""
    network = text_field(asked, "network", longest=5)
    if network not in {"", *(known.code for known in NETWORKS)}:
        raise BadRequest(f"network must be one of {', '.join(n.code for n in NETWORKS)}.")
    idle = number_field(asked, "idle_seconds", default=math.inf, most=_IDLE_SECONDS_MOST)
    return Line(network=network, idle_seconds=idle, drops=asked.get("drops") is True)


def _screen(screen: Screen) -> Response:
    return jsonify(text=screen.text, session=screen.session, failed=screen.failed)
