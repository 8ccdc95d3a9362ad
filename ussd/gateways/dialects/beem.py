"""Beem Africa: JSON with a command and a payload; what was typed may come as a number.

Source: Beem's documentation. `request_id` names each question, and its answer repeats the name.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.errors import InvalidRequest
from ussd.gateways.seam import Call, Gone, after_dialled, hop, plain_text

_BEGINS, _GOES_ON, _ENDS = "initiate", "continue", "terminate"


class Beem:
    """One input at a time; the command says which phase it is."""

    name = "beem"
    routes: Mapping[str, tuple[str, ...]] = {"": ("POST",)}

    def parse(self, call: Call) -> Hop | Gone:
        """Return the input; at the start the payload holds what was dialled, if anything."""
        session_id, command = call.text("session_id"), call.text("command").lower()
        if command == _ENDS:
            return Gone(session_id=session_id)
        if command not in (_BEGINS, _GOES_ON):
            raise InvalidRequest
        response, begins = _payload(call).get("response"), command == _BEGINS
        typed = "" if response is None else plain_text(response)
        return hop(
            self.name,
            call,
            session_id=session_id,
            number=call.text("msisdn"),
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(typed)),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Answer with the question, and whether an answer may follow."""
        fields, payload = call.fields, call.fields.get("payload")
        named = payload.get("request_id", "") if isinstance(payload, dict) else ""
        return JsonResponse(
            {
                "command": _ENDS if reply.ends else _GOES_ON,
                "msisdn": str(fields.get("msisdn", "")),
                "session_id": str(fields.get("session_id", "")),
                "operator": str(fields.get("operator", "")),
                "payload": {"request_id": str(named), "request": reply.text},
            }
        )


def _payload(call: Call) -> Mapping[str, Any]:
    payload = call.fields.get("payload")
    if not isinstance(payload, dict | None):
        raise InvalidRequest
    return payload or {}
