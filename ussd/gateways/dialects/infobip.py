"""Infobip: JSON posted to `/session/<id>/start` and `/response`, and put to `/end`.

Source: vumi's `infobip` transport. Every answer has an exit code of its own beside HTTP's.
"""

from collections.abc import Mapping

from django.http import HttpResponse, JsonResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.seam import Call, Gone, after_dialled, hop

_SESSION = "session/[A-Za-z0-9_.:-]{1,100}"
_DONE = 200


class Infobip:
    """One input at a time; the path names session and phase."""

    name = "infobip"
    routes: Mapping[str, tuple[str, ...]] = {
        f"{_SESSION}/start": ("POST",),
        f"{_SESSION}/response": ("POST",),
        f"{_SESSION}/end": ("PUT",),
    }

    def parse(self, call: Call) -> Hop | Gone:
        """Return the input; at the start, what was dialled is in `shortCode`."""
        _, session_id, phase = call.path.split("/")
        if phase == "end":
            return Gone(session_id=session_id)
        begins = phase == "start"
        typed, shortcode = call.text("text", ""), call.text("shortCode", "")
        return hop(
            self.name,
            call,
            session_id=session_id,
            number=call.text("msisdn"),
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(shortcode)),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:  # noqa: ARG002
        """Answer with the menu, and whether the session is to be closed."""
        return JsonResponse(
            {
                "shouldClose": reply.ends,
                "ussdMenu": reply.text,
                "responseExitCode": _DONE,
                "responseMessage": "",
            }
        )
