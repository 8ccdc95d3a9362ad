"""Index of the payments' tasks, for Celery's discovery."""

from payments.limits import tasks as limits

__all__ = ["limits"]
