"""Index of the people's tasks, for Celery's discovery."""

from workers.identity import tasks as identity

__all__ = ["identity"]
