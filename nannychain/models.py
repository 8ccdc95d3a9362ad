"""Index of the kernel's models; each lives in the package that it serves."""

from nannychain.alerts.models import Alert, AlertDelivery
from nannychain.approvals.models import ApprovalRequest
from nannychain.audit.models import AuditEntry
from nannychain.idempotency.models import IdempotentAnswer
from nannychain.inbox.models import InboxAddress, InboxMessage
from nannychain.notifications.models import DeliveryReport, OptOut, Sms, SmsDay
from nannychain.operating.models import ModeCaps, Restore, StoppedFlow
from nannychain.outbox.models import OutboxDelivery, OutboxEvent
from nannychain.states.models import StateChange

__all__ = [
    "Alert",
    "AlertDelivery",
    "ApprovalRequest",
    "AuditEntry",
    "DeliveryReport",
    "IdempotentAnswer",
    "InboxAddress",
    "InboxMessage",
    "ModeCaps",
    "OptOut",
    "OutboxDelivery",
    "OutboxEvent",
    "Restore",
    "Sms",
    "SmsDay",
    "StateChange",
    "StoppedFlow",
]
