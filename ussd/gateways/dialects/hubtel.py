"""Hubtel: JSON with a type and a number for each input. Source: Hubtel's documentation."""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.errors import InvalidRequest
from ussd.gateways.seam import Call, Gone, after_dialled, hop

_BEGINS, _GOES_ON, _ENDS = "initiation", "response", frozenset({"release", "timeout"})


class Hubtel:
    """One input at a time, numbered by `Sequence`."""

    name = "hubtel"
    routes: Mapping[str, tuple[str, ...]] = {"": ("POST",)}

    def parse(self, call: Call) -> Hop | Gone:
        """Return the input; the first message is what was dialled."""
        session_id, kind = call.text("SessionId"), call.text("Type").lower()
        if kind in _ENDS:
            return Gone(session_id=session_id)
        if kind not in (_BEGINS, _GOES_ON):
            raise InvalidRequest
        typed, begins = call.text("Message", ""), kind == _BEGINS
        return hop(
            self.name,
            call,
            session_id=session_id,
            number=call.text("Mobile"),
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(typed), turn=call.text("Sequence", "")),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Answer with a text, and whether an answer is wanted."""
        return JsonResponse(
            {
                "SessionId": str(call.fields.get("SessionId", "")),
                "Type": "release" if reply.ends else "response",
                "Message": reply.text,
                "Label": "NannyChain",
                "DataType": "display" if reply.ends else "input",
                "FieldType": "text",
                "ClientState": "",
            }
        )
