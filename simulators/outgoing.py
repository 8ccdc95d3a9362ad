"""How the simulated providers call the product: one form post, by the standard library alone.

Redirects are not followed and nothing is retried here; `posting.py` retries.
"""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

_BODY_BYTES_MAX = 64 * 1024


class NoAnswer(Exception):
    """No answer came in time: refused, dropped, too slow, or not HTTP. It may have been served."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def encode(fields: Mapping[str, str]) -> str:
    """Return the fields as a form, in their order, escaped as Africa's Talking does."""
    return urlencode(fields, safe="")


def post_form(*, url: str, body: str, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """Post a form and return the answer, whatever its status; raise NoAnswer after the time."""
    deadline = time.monotonic() + timeout_seconds
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=timeout_seconds)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    try:
        connection.request("POST", path, body=body.encode(), headers=form)
        _limit(connection, deadline)
        response = connection.getresponse()
        content = _read(response, connection=connection, deadline=deadline)
        return Answer(response.status, content, {k.lower(): v for k, v in response.getheaders()})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error
    finally:
        connection.close()


def _limit(connection: http.client.HTTPConnection, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _read(
    response: http.client.HTTPResponse,
    *,
    connection: http.client.HTTPConnection,
    deadline: float,
) -> bytes:
    """Return the body; raise TimeoutError when it trickles in past the deadline."""
    content = b""
    while len(content) <= _BODY_BYTES_MAX and (part := response.read1(4096)):
        content += part
        _limit(connection, deadline)
    return content
