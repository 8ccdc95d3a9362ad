"""Ringing Celery. A row in PostgreSQL is the queue; a lost ring costs seconds, until the sweep."""

from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

from nannychain import transactions

log = structlog.get_logger(__name__)


def enqueue_after_commit(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task (by dotted name) once the transaction has committed."""
    transactions.after_commit(lambda: enqueue(task, **arguments))


def enqueue(task: str, **arguments: Any) -> None:
    """Ask a worker to run the task now. A broker that is away is logged, never raised."""
    try:
        current_app.send_task(task, kwargs=arguments)
    except OperationalError:
        log.warning("queue.unreachable", task=task)
