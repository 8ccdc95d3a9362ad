"""Index of the kernel's admin pages."""

from nannychain.audit.admin import AuditEntryAdmin

__all__ = ["AuditEntryAdmin"]
