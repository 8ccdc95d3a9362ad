"""Arkesel: JSON with a flag for a new session. Source: clients of the gateway."""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.seam import Call, after_dialled, hop


class Arkesel:
    """One input at a time, without a name of its own."""

    name = "arkesel"
    routes: Mapping[str, tuple[str, ...]] = {"": ("POST",)}

    def parse(self, call: Call) -> Hop:
        """Return the input; the first is what was dialled."""
        typed, begins = call.text("userData", ""), call.flag("newSession")
        return hop(
            self.name,
            call,
            session_id=call.text("sessionID"),
            number=call.text("msisdn"),
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(typed)),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Answer with a message, and whether the session goes on."""
        echoed = {
            name: str(call.fields.get(name, "")) for name in ("sessionID", "userID", "msisdn")
        }
        return JsonResponse({**echoed, "message": reply.text, "continueSession": not reply.ends})
