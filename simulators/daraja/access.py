"""Access tokens: one at a time, each new one ends the one before. And what a bad one is told."""

import base64
import binascii
import secrets
import threading
import time
from dataclasses import dataclass, field

from flask import Response, request

from simulators.daraja.answers import error, told
from simulators.settings import Settings

_LIFE_SECONDS = 3599


@dataclass
class Access:
    """Who may call. The token is forgotten with the program."""

    settings: Settings
    _token: str = ""
    _ends_at: float = 0.0
    given: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self) -> Response:
        """Answer whoever asks for a token."""
        if request.args.get("grant_type") != "client_credentials":
            return error(400, "400.008.02", "Invalid grant type passed")
        if not self._is_known(request.headers.get("Authorization", "")):
            return error(400, "400.008.01", "Invalid Authentication passed")
        with self._lock:
            self._token = secrets.token_urlsafe(21)  # 28 characters, as theirs
            self._ends_at = time.monotonic() + _LIFE_SECONDS
            self.given += 1
            # The number comes as a text, on their wire too.
            return told({"access_token": self._token, "expires_in": str(_LIFE_SECONDS)})

    def is_good(self) -> bool:
        """Tell whether the request shows the one token that is good."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._lock:
            is_alive = time.monotonic() < self._ends_at
            return bool(self._token) and is_alive and secrets.compare_digest(shown, self._token)

    def end(self) -> None:
        """End the life of the token that is out."""
        with self._lock:
            self._token = ""

    def _is_known(self, header: str) -> bool:
        try:
            pair = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        key, _, secret = pair.partition(":")
        expected = self.settings.mpesa_consumer_key, self.settings.mpesa_consumer_secret
        return (key, secret) == expected if all(expected) else bool(key and secret)
