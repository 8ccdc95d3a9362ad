"""Cellulant: a query for each input, one line of fields between bars as the answer.

Source: vumi's `cellulant` transport.
"""

from collections.abc import Mapping

from django.http import HttpResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.seam import Call, Gone, after_dialled, hop

_BEGINS, _ABORTS = "BEG", "ABO"


class Cellulant:
    """One input at a time, without a name of its own."""

    name = "cellulant"
    routes: Mapping[str, tuple[str, ...]] = {"": ("GET",)}

    def parse(self, call: Call) -> Hop | Gone:
        """Return the input; the first is what was dialled."""
        session_id, operation = call.text("sessionID"), call.text("opCode", "")
        if operation == _ABORTS or call.text("ABORT", "0") not in ("0", "null", ""):
            return Gone(session_id=session_id)
        typed, begins = call.text("INPUT", ""), operation == _BEGINS
        return hop(
            self.name,
            call,
            session_id=session_id,
            number=call.text("MSISDN"),
            text=typed,
            step=Step(begins=begins, dialled=after_dialled(typed)),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:  # noqa: ARG002
        """Answer with level, text, two fields of theirs, and whether it ends."""
        text = reply.text.replace("|", "/")
        line = f"1|{text}|null|null|{'end' if reply.ends else 'null'}|null"
        return HttpResponse(line, content_type="text/plain; charset=utf-8")
