"""HTTP to the outside: time limits that can't be forgotten, no redirects, nothing secret in a log.

A provider's client builds on `Session`. It gets every answer as it came, of whatever status, or
one of two errors: NotSent (certainly not received) or AnswerLost (perhaps received).
"""

import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from nannychain.transactions import forbid

log = structlog.get_logger(__name__)

Answer = requests.Response  # of whatever status, with its whole body read

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
ANSWER_SECONDS = 20.0  # for a whole answer, however it trickles
# The longest that one exchange takes: the last piece of an answer may begin just in time.
EXCHANGE_SECONDS_MAX = ANSWER_SECONDS + READ_SECONDS
BODY_BYTES_MAX = 1_000_000
# A server may close an idle connection just as it is used again, and then nobody knows what it got.
IDLE_SECONDS_MAX = 5.0
_NEVER_CONNECTED = (
    NewConnectionError,
    ConnectTimeoutError,
    NameResolutionError,
    ssl.SSLCertVerificationError,  # the handshake comes before the request
)


class NotSent(Exception):
    """No connection came about: the provider has certainly not received the request."""


class AnswerLost(Exception):
    """The request left, and no answer came: the provider may have acted upon it."""


class Session(requests.Session):
    """A session with keep-alive, fixed time limits and a log line of host, status and duration."""

    def __init__(self, *, read_seconds: float = READ_SECONDS) -> None:
        super().__init__()
        self.trust_env = False  # no proxy and no .netrc decides where money is talked about
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._last_used = time.monotonic()

    def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **body: Any
    ) -> requests.Response:
        """Send one request and return the answer, of whatever status.

        `body` is `data=` (form) or `json=`. Raises NotSent or AnswerLost. Must not be called within
        a database transaction.
        """
        forbid(f"{method} {urlsplit(url).hostname}")
        started = time.monotonic()
        if started - self._last_used > IDLE_SECONDS_MAX:
            self.close()
        try:
            answer = self.request(
                method,
                url,
                headers=dict(headers or {}),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **body,
            )
            _read_body(answer, give_up_at=started + ANSWER_SECONDS)
        except (requests.RequestException, HTTPError) as error:
            failure = NotSent if _never_connected(error) else AnswerLost
            self._log(method, url, started=started, outcome=failure.__name__)
            raise failure(type(error).__name__) from None
        finally:
            self._last_used = time.monotonic()
        self._log(method, url, started=started, outcome=str(answer.status_code))
        return answer

    @staticmethod
    def _log(method: str, url: str, *, started: float, outcome: str) -> None:
        # The path may hold a token and the body always holds something private: neither is logged.
        log.info(
            "http.exchange",
            method=method,
            host=urlsplit(url).hostname,
            outcome=outcome,
            milliseconds=round((time.monotonic() - started) * 1000),
        )


def _read_body(answer: requests.Response, *, give_up_at: float) -> None:
    """Read the whole body, within limits of size and time that hold however slowly it comes."""
    body = bytearray()
    while chunk := answer.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > BODY_BYTES_MAX or time.monotonic() > give_up_at:
            answer.close()
            raise requests.exceptions.ContentDecodingError
    # What requests itself sets once a body is read; there is no public way to read it in limits.
    answer._content, answer._content_consumed = bytes(body), True  # type: ignore[attr-defined]
    answer.raw.release_conn()


def _never_connected(error: BaseException) -> bool:
    """Tell whether any link in the chain of causes says that no connection came about."""
    seen: list[BaseException] = [error]
    while seen:
        link = seen.pop()
        if isinstance(link, _NEVER_CONNECTED):
            return True
        reason = getattr(link, "reason", None)
        seen += [
            cause
            for cause in (*link.args, reason, link.__cause__, link.__context__)
            if isinstance(cause, BaseException) and cause is not link
        ]
    return False
