"""How many messages lie in each of Celery's queues, as the broker tells."""

from collections.abc import Mapping

from celery import current_app
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError


def names() -> tuple[str, ...]:
    """Return the queues that tasks are routed to, the default one first."""
    routed = {str(route["queue"]) for route in current_app.conf.task_routes.values()}
    return (current_app.conf.task_default_queue, *sorted(routed))


def depths() -> Mapping[str, int] | None:
    """Return the number of messages by queue; None where the broker is away.

    Rows are the queue, messages only ring for them: few should lie here for long.
    """
    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
            return {name: _depth(connection, name) for name in names()}
    except (OperationalError, RedisError, OSError):
        return None


def _depth(connection: Connection, name: str) -> int:
    try:
        with connection.channel() as channel:  # type: ignore[no-untyped-call]
            return int(channel.queue_declare(queue=name, passive=True).message_count)
    except connection.channel_errors:  # nobody has put anything there yet
        return 0
