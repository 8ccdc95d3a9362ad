"""Nalo: JSON with a flag. Session ids can't be relied upon, so that the phone names the session.

Source: clients of the gateway; MSGTYPE is true for a new session, and in answers for one that
goes on.
"""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from nannychain import phone
from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.seam import Call, after_dialled, hop


class Nalo:
    """One input at a time; a phone has one session."""

    name = "nalo"
    routes: Mapping[str, tuple[str, ...]] = {"": ("POST",)}

    def parse(self, call: Call) -> Hop:
        """Return the input; the first is what was dialled."""
        typed, number, begins = call.text("USERDATA", ""), call.text("MSISDN"), call.flag("MSGTYPE")
        return hop(
            self.name,
            call,
            session_id=phone.parse(number).lstrip("+"),
            number=number,
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(typed)),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Answer with a message, and whether more may follow."""
        return JsonResponse(
            {
                "USERID": str(call.fields.get("USERID", "")),
                "MSISDN": str(call.fields.get("MSISDN", "")),
                "MSG": reply.text,
                "MSGTYPE": not reply.ends,
            }
        )
