"""Logs: one JSON object a line on standard error, with secrets and phone numbers masked."""

from config.env import current
from nannychain.logs.setup import dict_config

LOGGING = dict_config(level=current().log_level)
DEFAULT_EXCEPTION_REPORTER_FILTER = "nannychain.logs.reports.Filter"
