"""Alerts: what a person of the staff must know of. One row for each matter, however often it rings.

Who reads and acknowledges them does so in the admin.
"""

from nannychain.alerts.services import acknowledge, raise_alert, resolve

__all__ = ["acknowledge", "raise_alert", "resolve"]
