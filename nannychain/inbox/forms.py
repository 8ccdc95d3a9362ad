"""Reading a posted form, or JSON, from a caller that may send anything at all."""

import json

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid

_TROUBLE = (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    UnreadablePostError,
    MultiPartParserError,
    UnicodeError,
    LookupError,
    ValueError,
)


class UnreadableForm(Invalid):
    """A body that is no form, has no field, or is too big."""

    code = "inbox.unreadable_form"
    message = _("This request can't be understood.")


def posted(request: HttpRequest) -> dict[str, str]:
    """Return the fields of the form (the last of those that repeat); raise UnreadableForm."""
    try:
        # Django's own limit leaves out what a form calls a file.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise UnreadableForm
        form = request.POST.dict()
    except _TROUBLE:
        raise UnreadableForm from None
    if not form:
        raise UnreadableForm
    return {str(name): str(value) for name, value in form.items()}


def posted_json(request: HttpRequest) -> dict[str, str]:
    """Return the texts that stand in the posted JSON object; raise UnreadableForm."""
    try:
        content = json.loads(request.body)
    except (*_TROUBLE, RecursionError):
        raise UnreadableForm from None
    if not isinstance(content, dict):
        raise UnreadableForm
    texts = {name: value for name, value in content.items() if isinstance(value, str)}
    if not texts:
        raise UnreadableForm
    return texts
