"""A circuit breaker: nobody waits for a server that is known to be away.

Whoever has waited in vain opens it. While it is open everybody goes on without the server at once,
and now and then a thread looks whether it is back; a caller on a phone is never the one who looks.
"""

import threading
import time
from collections.abc import Callable

_REST_SECONDS = 2.0


class Breaker:
    """Whether one server is known to be away, for this process.

    `look` asks the server for something, and raises one of `errors` while it is away.
    """

    def __init__(self, look: Callable[[], object], *, errors: tuple[type[Exception], ...]) -> None:
        self._look = look
        self._errors = errors
        self._looks_next_at: float | None = None  # None while the server answers
        self._lock = threading.Lock()

    def is_open(self) -> bool:
        """Tell whether to go on without the server; where it is time, see that somebody looks."""
        with self._lock:
            at, now = self._looks_next_at, time.monotonic()
            is_time = at is not None and now >= at
            if is_time:
                self._looks_next_at = now + _REST_SECONDS
        if is_time:
            _begin(self._look_again)
        return at is not None

    def open(self) -> None:
        """Note that the server does not answer."""
        with self._lock:
            self._looks_next_at = time.monotonic() + _REST_SECONDS

    def close(self) -> None:
        """Note that the server answers."""
        with self._lock:
            self._looks_next_at = None

    def look_now(self) -> None:
        """Have the next caller see that somebody looks, if it is open."""
        with self._lock:
            if self._looks_next_at is not None:
                self._looks_next_at = 0.0

    def _look_again(self) -> None:
        try:
            self._look()
        except self._errors:
            self.open()
        else:
            self.close()


def _begin(look: Callable[[], None]) -> None:
    threading.Thread(target=look, name="breaker", daemon=True).start()
