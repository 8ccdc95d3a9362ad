"""Structured logs: JSON lines with a request id that goes through Celery, and secrets masked."""
