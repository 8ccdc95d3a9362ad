"""Ringing Celery. A row in PostgreSQL is the queue; a lost ring costs seconds, until the sweep."""

import time
from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from nannychain import transactions

log = structlog.get_logger(__name__)

# A sweep rings for every row that still waits, each few seconds. What lies longer, because nobody
# works off its queue, is dropped, so that no queue grows without bound.
RING_SECONDS = 30.0
_REST_SECONDS = 2.0
_resting_until = 0.0


def enqueue_after_commit(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task (by dotted name) once the transaction has committed."""
    transactions.after_commit(lambda: enqueue(task, **arguments))


def enqueue(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task now. A broker that is away is logged, never raised.

    After a failure nobody waits for it again for a while: the sweep finds the row later. So it does
    where no worker takes the task up in `RING_SECONDS`.
    """
    global _resting_until  # noqa: PLW0603 - one flag for the process
    if time.monotonic() < _resting_until:
        return
    try:
        current_app.send_task(task, kwargs=arguments, expires=RING_SECONDS)
    except OperationalError:
        _resting_until = time.monotonic() + _REST_SECONDS
        log.warning("queue.unreachable", task=task)
