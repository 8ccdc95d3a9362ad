"""Looking at the rules when beat doesn't: a thread of each worker process.

Beat rings for the rules, a worker answers, and both need the broker. When one of them is away
nobody would look, and an alert about just that would never ring. So every worker process listens
for the heartbeat by itself, and where there is none, one of them looks and tells.
"""

import threading

import structlog
from django.db import connections

from nannychain import locks
from nannychain.alerts import delivery, rules
from nannychain.health import services as health

log = structlog.get_logger(__name__)

EVERY_SECONDS = 30.0


class Watchdog:
    """Looks again and again; what it found last time tells a pause from a silence."""

    def __init__(self) -> None:
        self._was_silent = False

    def look(self) -> bool:
        """Look at the rules where beat was silent twice in a row; return whether they were."""
        is_silent = health.components()["celery"] != "ok"
        barks, self._was_silent = is_silent and self._was_silent, is_silent
        if barks:
            with locks.alone(locks.Lock.WATCHDOG, "") as is_alone:
                if is_alone:
                    log.warning("alert.beat_is_silent")
                    rules.evaluate()
                    delivery.deliver()
        return barks

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop; a look that fails keeps no later one from being made."""
        while not stop.wait(EVERY_SECONDS):
            try:
                self.look()
            except Exception:
                log.exception("alert.watchdog_failed")
            finally:
                connections.close_all()  # of this thread; it needs none for half a minute


def start() -> threading.Event:
    """Have a thread of this process watch; return what stops it."""
    stop = threading.Event()
    threading.Thread(target=Watchdog().run, args=(stop,), name="watchdog", daemon=True).start()
    return stop
