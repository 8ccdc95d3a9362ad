"""Index of the kernel's tasks, for Celery's discovery."""

from nannychain.alerts import tasks as alerts
from nannychain.api import tasks as api
from nannychain.approvals import tasks as approvals
from nannychain.health import tasks as health
from nannychain.inbox import tasks as inbox
from nannychain.notifications import tasks as notifications
from nannychain.outbox import tasks as outbox

__all__ = ["alerts", "api", "approvals", "health", "inbox", "notifications", "outbox"]
