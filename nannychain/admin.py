"""Index of the kernel's admin pages."""

from nannychain.alerts.admin import AlertAdmin
from nannychain.approvals.admin import ApprovalRequestAdmin
from nannychain.audit.admin import AuditEntryAdmin
from nannychain.inbox.admin import InboxMessageAdmin
from nannychain.notifications.admin import OptOutAdmin, SmsAdmin
from nannychain.operating.admin import ModeCapsAdmin, StoppedFlowAdmin
from nannychain.outbox.admin import OutboxEventAdmin
from nannychain.states.admin import StateChangeAdmin

__all__ = [
    "AlertAdmin",
    "ApprovalRequestAdmin",
    "AuditEntryAdmin",
    "InboxMessageAdmin",
    "ModeCapsAdmin",
    "OptOutAdmin",
    "OutboxEventAdmin",
    "SmsAdmin",
    "StateChangeAdmin",
    "StoppedFlowAdmin",
]
