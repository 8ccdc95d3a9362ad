"""Africa's Talking: a form post in, `CON …` or `END …` out.

Source: the provider's help centre and recorded traffic; there is no signature, and 4xx or 5xx end
the session on the phone.
"""

import re

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from nannychain import phone
from nannychain.errors import Invalid
from ussd.engine.hop import Hop

NAME = "africastalking"
FIELDS = ("sessionId", "phoneNumber", "serviceCode", "networkCode", "text")
TEXT_LENGTH_MAX = 1200
_SESSION_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_SERVICE_CODE = re.compile(r"[0-9*#]{0,40}")


class InvalidRequest(Invalid):
    """A request that is no hop: a field is missing, doubled, or not of its form."""

    code = "ussd.invalid_request"
    message = _("This request can't be understood. Please dial again.")


def from_form(form: QueryDict, *, is_authenticated: bool) -> Hop:
    """Return the hop that a decoded form describes; raise InvalidRequest or phone.InvalidPhone.

    `networkCode` may be missing, and a `+` that wasn't percent-encoded arrives as a blank. A field
    that comes twice is refused, since it can't be told which one was meant.
    """
    if any(len(form.getlist(name)) > 1 for name in FIELDS):
        raise InvalidRequest
    session_id, text = form.get("sessionId", ""), form.get("text")
    service_code = form.get("serviceCode", "") or settings.USSD_SERVICE_CODE
    if text is None or len(text) > TEXT_LENGTH_MAX:
        raise InvalidRequest
    if not _SESSION_ID.fullmatch(session_id) or not _SERVICE_CODE.fullmatch(service_code):
        raise InvalidRequest
    return Hop(
        gateway=NAME,
        session_id=session_id,
        phone=phone.parse(form.get("phoneNumber", "")),
        service_code=service_code,
        text=text,
        is_authenticated=is_authenticated,
    )
