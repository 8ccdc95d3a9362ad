"""Sentry: off unless SENTRY_DSN is set. What leaves us stands in `nannychain/logs/sentry.py`."""

from config.env import current

SENTRY_DSN = current().sentry_dsn
