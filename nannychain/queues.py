"""Ringing Celery. A row in PostgreSQL is the queue; a lost ring costs seconds, until the sweep."""

import os
import threading
import time
from collections.abc import Iterable
from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from nannychain import transactions
from nannychain.breaker import Breaker

log = structlog.get_logger(__name__)

# A sweep rings for every row that still waits, each few seconds. What lies longer, because nobody
# works off its queue, is dropped, so that no queue grows without bound.
RING_SECONDS = 30.0
_GAP_SECONDS = 0.05


def enqueue_after_commit(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task (by dotted name) once the transaction has committed."""
    transactions.after_commit(lambda: enqueue(task, **arguments))


def enqueue(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task now. A broker that is away is logged, never raised.

    After a failure nobody waits for it again until it is back: the sweep finds the row later. So it
    does where no worker takes the task up in `RING_SECONDS`.
    """
    if breaker.is_open():
        return
    try:
        current_app.send_task(task, kwargs=arguments, expires=RING_SECONDS)
    except OperationalError:
        breaker.open()
        log.warning("queue.unreachable", task=task)


def _connect() -> None:
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        connection.default_channel  # noqa: B018 - Redis is not reached before


breaker = Breaker(_connect, errors=(Exception,))  # whatever keeps it away: it is not back yet


def depths(names: Iterable[str]) -> dict[str, int]:
    """Return how many messages wait in each queue, whatever the broker; 0 in one not made yet.

    Raise ConnectionError where the broker is away.
    """
    with current_app.connection_for_read() as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=2)
            return {name: _depth(connection, name) for name in names}
        except (OperationalError, *connection.connection_errors) as error:
            raise ConnectionError("the broker is away") from error


def _depth(connection: Any, name: str) -> int:
    # A broker closes the channel on which it was asked for a queue that is not there.
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(name, passive=True).message_count)
        except connection.channel_errors:
            return 0


def ring_after_commit(task: str) -> None:
    """Ask a worker, once the transaction has committed, to work off what waits; see `ring`."""
    transactions.after_commit(lambda: ring(task))


def ring(task: str) -> None:
    """Ask a worker soon to run a task that works off all that waits.

    Costs the caller next to nothing: a thread of this process sends the message, and one message
    serves all who ring within the same twentieth of a second. Nobody's ring is lost by that: each
    is followed by a message that is sent after it.
    """
    _bell_of_process().ring(task)


class _Bell:
    """The thread that rings, and what it is to ring for."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="bell", daemon=True).start()

    def ring(self, task: str) -> None:
        with self._changed:
            self._waiting.add(task)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                tasks, self._waiting = self._waiting, set()
            for task in tasks:
                try:
                    enqueue(task)
                except Exception:
                    log.exception("queue.ring_failed", task=task)
            time.sleep(_GAP_SECONDS)


_bell: _Bell | None = None
_bell_lock = threading.Lock()


def _bell_of_process() -> _Bell:
    """Return the bell; a new one after a fork, which takes no threads along."""
    global _bell  # noqa: PLW0603 - one for the process
    bell = _bell
    if bell is None or bell.process != os.getpid():
        with _bell_lock:
            if _bell is None or _bell.process != os.getpid():
                _bell = _Bell()
            bell = _bell
    return bell
