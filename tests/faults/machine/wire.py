"""HTTP between the product and the simulated providers, in true requests and answers, no socket.

Both run in the driver's own thread, so that nothing happens at once that the seed hasn't put in
order. What a network does is done here: it drops, is not reached, and takes too long.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from flask import Flask
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from nannychain.http import Session
from simulators.daraja import calling
from simulators.outgoing import Answer, NoAnswer
from tests.faults.machine.points import Points, caller_of_client

PROVIDERS = "http://providers.example"
SITE = "https://nannychain.example"
_MPESA = "/daraja/mpesa/"
SAFARICOM, STRANGER = "196.201.214.200", "203.0.113.9"
_CLIENT = Client(raise_request_exception=False, enforce_csrf_checks=True)


class _Socket:
    """What a server would close; it only remembers."""

    is_closed = False

    def shutdown(self, _: int) -> None:
        self.is_closed = True


@dataclass
class Line(BaseAdapter):
    """The line to the providers. `is_cut`: no connection comes about at all. `garbles`: so many
    answers are lost on the way, and a gateway's page comes in their place.
    """

    app: Flask
    points: Points
    seconds: Callable[[], float]
    is_cut: bool = False
    garbles: int = 0

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Carry one request there and the answer back."""
        caller = caller_of_client()
        if self.points.reach(f"{caller}: before call"):
            self.points.strike()
        if self.is_cut:
            unreachable = NewConnectionError(None, "nobody there")  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(None, "/", unreachable))  # type: ignore[arg-type]
        started = self.seconds()
        answer = self._carry(request)
        if self.points.reach(f"{caller}: after call"):
            self.points.strike()
        if answer is not None and self.garbles and _MPESA in (request.url or ""):
            self.garbles -= 1
            answer = _bad_gateway()
        if answer is None:
            raise requests.ConnectionError(ProtocolError("Connection aborted."))
        if self.seconds() - started >= how["timeout"][1]:
            raise requests.ReadTimeout
        return HTTPAdapter().build_response(request, answer)

    def close(self) -> None:
        """Nothing is open."""

    def _carry(self, request: requests.PreparedRequest) -> HTTPResponse | None:
        parts = urlsplit(request.url or "")
        environ = EnvironBuilder(
            path=parts.path,
            query_string=parts.query,
            base_url=PROVIDERS,
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=request.body,
        ).get_environ()
        environ["gunicorn.socket"] = socket = _Socket()
        body, status, headers = run_wsgi_app(self.app, environ)
        if socket.is_closed:
            return None
        return HTTPResponse(
            body=io.BytesIO(b"".join(body)),
            status=int(status.split()[0]),
            headers=dict(headers),
            preload_content=False,
        )


def _bad_gateway() -> HTTPResponse:
    page = io.BytesIO(b"<html>Bad Gateway</html>")
    return HTTPResponse(page, status=502, headers={}, preload_content=False)


def post_to_us(url: str, body: str, *, address: str = SAFARICOM) -> int:
    """Post JSON to an address of ours as Safaricom does; return the status."""
    return int(_posted(url, body, address=address).status_code)


def _posted(url: str, body: str, *, address: str) -> Any:
    return _CLIENT.generic(
        "POST",
        urlsplit(url).path,
        body.encode(),
        content_type="application/json;charset=UTF-8",
        REMOTE_ADDR=address,
    )


def _post_form(*, url: str, body: str, **_: Any) -> Answer:
    answer = _posted(url, body, address=SAFARICOM)
    if answer.status_code == 503:
        raise NoAnswer("nobody keeps it")
    return Answer(answer.status_code, answer.content, {})


@contextmanager
def laid(line: Line) -> Iterator[None]:
    """Let the product's calls go over the line, and the provider's calls come to our views."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "get_adapter", lambda *_, **__: line)
        patch.setattr(calling, "post_form", _post_form)
        yield


def as_json(body: str) -> Any:
    """Return what a body of the provider's says."""
    return json.loads(body)
