"""Safaricom: JSON with all input so far; and the older query, which begins with what was dialled.

Source: the JSON shape is the one of the loan system's brief; the query is that of vumi's
`safaricom` transport, where `*167*7#` arrives as DEST 167 and USSD_PARAMS 7, and the start may be
sent twice.
"""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from ussd.engine.hop import Hop, Reply
from ussd.gateways.seam import Call, hop

_JSON, _QUERY = "POST", "GET"


class Safaricom:
    """Cumulative, in two forms told apart by their verb."""

    name = "safaricom"
    routes: Mapping[str, tuple[str, ...]] = {"": (_JSON, _QUERY)}

    def parse(self, call: Call) -> Hop:
        """Return the hop of either form."""
        if call.method == _QUERY:
            return self._from_query(call)
        return hop(
            self.name,
            call,
            session_id=call.text("sessionId"),
            number=call.text("phoneNumber"),
            text=call.text("text", ""),
            service_code=call.text("serviceCode", ""),
        )

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Answer a query in text, and JSON in JSON."""
        if call.method == _QUERY:
            return HttpResponse(str(reply), content_type="text/plain; charset=utf-8")
        kind = "notification" if reply.ends else "input"
        return JsonResponse({"responseType": kind, "message": reply.text})

    def _from_query(self, call: Call) -> Hop:
        code, text = _dialled(call.text("DEST"), call.text("USSD_PARAMS", ""))
        return hop(
            self.name,
            call,
            session_id=call.text("SESSION_ID"),
            number=call.text("ORIG"),
            text=text,
            service_code=code,
        )


def _dialled(shortcode: str, params: str) -> tuple[str, str]:
    """Return the whole code and the input after it: ours by its setting, others have one suffix."""
    whole, own = f"{shortcode}*{params}", settings.USSD_SERVICE_CODE.strip("*#")
    if whole == own or whole.startswith(f"{own}*"):
        return f"*{own}#", whole[len(own) + 1 :]
    suffix, _, rest = params.partition("*")
    return (f"*{shortcode}*{suffix}#" if suffix else f"*{shortcode}#"), rest
