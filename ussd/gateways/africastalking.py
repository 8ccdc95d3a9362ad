"""Africa's Talking: a form post in, `CON …` or `END …` out.

Source: the provider's help centre and recorded traffic; there is no signature, and 4xx or 5xx end
the session on the phone.
"""

from django.http import QueryDict

from ussd.engine.hop import FIRST_GATEWAY, Hop
from ussd.gateways.errors import InvalidRequest
from ussd.gateways.seam import Call, hop

FIELDS = ("sessionId", "phoneNumber", "serviceCode", "networkCode", "text")


def from_form(form: QueryDict, *, is_authenticated: bool) -> Hop:
    """Return the hop that a decoded form describes; raise InvalidRequest or phone.InvalidPhone.

    `networkCode` may be missing, `text` at the first hop, and a `+` that wasn't percent-encoded
    arrives as a blank. A field that comes twice is refused, since it can't be told which one was
    meant.
    """
    if any(len(form.getlist(name)) > 1 for name in FIELDS):
        raise InvalidRequest
    fields = {name: form.get(name) for name in FIELDS}
    call = Call(method="POST", path="", fields=fields, is_authenticated=is_authenticated)
    return hop(
        FIRST_GATEWAY,
        call,
        session_id=form.get("sessionId", ""),
        number=form.get("phoneNumber", ""),
        text=call.text("text", ""),
        service_code=form.get("serviceCode", ""),
    )
