"""The seam between a gateway's dialect and the engine: a request becomes a hop, a reply an answer.

A dialect says which verbs and paths it has, what a request means, and how an answer looks. Whether
its input is cumulative or comes one at a time is in the hop; everything else is the engine's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpResponse

from nannychain import phone
from ussd.engine.hop import Hop, Reply, Step
from ussd.gateways.errors import InvalidRequest

TEXT_LENGTH_MAX = 1200
_SESSION_ID = re.compile(r"[A-Za-z0-9_.:+/=@-]{1,100}", re.ASCII)
_SERVICE_CODE = re.compile(r"[0-9*#]{0,40}", re.ASCII)
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def plain_text(value: Any) -> str:
    """Return a text or a whole number as text; raise InvalidRequest for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidRequest
    return str(value)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as dialects see it: verb, path below the gateway's own, fields of form or JSON."""

    method: str
    path: str
    fields: Mapping[str, Any]
    is_authenticated: bool

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field as text; raise InvalidRequest where it is missing or no plain value.

        Numbers may come as numbers, and `null` is no value.
        """
        value = self.fields.get(name)
        return plain_text(default if value is None else value)

    def flag(self, name: str) -> bool:
        """Return a field that is true or false, as JSON, a word or a digit says it.

        Raises InvalidRequest for anything else.
        """
        value = self.fields.get(name)
        found = _FLAGS.get(str(value).strip().lower())
        if found is None or not isinstance(value, str | int):
            raise InvalidRequest
        return found


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The phone or the network has ended the session: nothing can be shown any more."""

    session_id: str


class Dialect(Protocol):
    """What a gateway's file declares."""

    name: str
    routes: Mapping[str, tuple[str, ...]]  # path pattern → verbs

    def parse(self, call: Call) -> Hop | Gone:
        """Return what the request means; raise InvalidRequest or phone.InvalidPhone."""

    def render(self, reply: Reply, call: Call) -> HttpResponse:
        """Return the reply as the gateway wants it."""


def hop(
    gateway: str,
    call: Call,
    *,
    session_id: str,
    number: str,
    text: str,
    service_code: str = "",
    step: Step | None = None,
) -> Hop:
    """Return the hop, once all of it has its form; raise InvalidRequest or phone.InvalidPhone.

    `text` is all input so far, or with `step` only the new one. Blanks around ids and codes, and
    the end of a line after a text, were never typed.
    """
    code = service_code.strip() or settings.USSD_SERVICE_CODE
    session_id, text = session_id.strip(), text.rstrip("\r\n")
    if not _SESSION_ID.fullmatch(session_id) or not _SERVICE_CODE.fullmatch(code):
        raise InvalidRequest
    if len(text) > TEXT_LENGTH_MAX:
        raise InvalidRequest
    return Hop(
        gateway=gateway,
        session_id=session_id,
        phone=phone.parse(number),
        service_code=code,
        text=text,
        is_authenticated=call.is_authenticated,
        step=step,
    )


def own_code() -> str:
    """Return our own code without the marks at its ends: `384*2024`."""
    return str(settings.USSD_SERVICE_CODE).strip("*#")


def after_dialled(dialled: str) -> str:
    """Return what was dialled beyond our own code, as inputs: `*384*2024*1#` is `1`."""
    inner, own = dialled.strip("*#"), own_code()
    return inner.removeprefix(f"{own}*") if inner.startswith(f"{own}*") else ""
