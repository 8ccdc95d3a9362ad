"""Alerts: what a person of the staff must know of. One row for each matter, however often it rings.

Who reads, acknowledges and closes them does so in the admin.
"""

from nannychain.alerts.services import acknowledge, close, raise_alert, resolve, resolve_all

__all__ = ["acknowledge", "close", "raise_alert", "resolve", "resolve_all"]
