"""Airtel Kenya (Comviva Flares): a query for each input, the answer in text with headers.

The first input is what was dialled, without `*` and `#` at its ends. Source: vumi's `airtel`
transport; there a query with `clean` ends the session.
"""

from collections.abc import Mapping

from django.http import HttpResponse

from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.seam import Call, Gone, after_dialled, hop, own_code


class Airtel:
    """One input at a time, without a name of its own."""

    name = "airtel"
    routes: Mapping[str, tuple[str, ...]] = {"": ("GET",)}

    def parse(self, call: Call) -> Hop | Gone:
        """Return the input; a code, or nothing, begins a session where none is open."""
        if "clean" in call.fields:
            return Gone(session_id=call.text("SessionID", call.text("msisdn", "")))
        typed, shortcode = call.text("input", ""), call.text("MSC", "")
        looks_dialled = not typed or "*" in typed or typed == own_code()
        return hop(
            self.name,
            call,
            session_id=call.text("SessionID"),
            number=call.text("MSISDN"),
            text=typed,
            service_code=f"*{shortcode}#" if shortcode.isdigit() else "",
            step=Step(begins=looks_dialled, dialled=after_dialled(typed), is_sure=False),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:  # noqa: ARG002
        """Answer with the text; a header says whether more may follow."""
        response = HttpResponse(reply.text, content_type="text/plain; charset=utf-8")
        response.headers["Freeflow"] = "FB" if reply.ends else "FC"
        response.headers["charge"] = "N"
        response.headers["amount"] = "0"
        return response
