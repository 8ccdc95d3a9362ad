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
_SESSION_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}", re.ASCII)
_SERVICE_CODE = re.compile(r"[0-9*#]{0,40}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as dialects see it: verb, path below the gateway's own, fields of form or JSON."""

    method: str
    path: str
    fields: Mapping[str, Any]
    is_authenticated: bool

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field as text; raise InvalidRequest where it is missing or no plain value."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidRequest
        return str(value)

    def flag(self, name: str) -> bool:
        """Return a field that is true or false; raise InvalidRequest for anything else."""
        value = self.fields.get(name)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise InvalidRequest
        return value


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

    `text` is all input so far, or with `step` only the new one.
    """
    code = service_code or settings.USSD_SERVICE_CODE
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
