"""The audit trail in the admin, to read."""

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from nannychain.audit.models import AuditEntry
from nannychain.staff.admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Every act, the newest first; `?subject_type=…&subject_id=…` narrows it to one thing."""

    list_display = ("at", "action", "actor", "subject", "channel", "address")
    list_filter = ("channel",)
    address_filters = ("subject_type", "subject_id")
    search_fields = ("=actor", "=subject_id", "action")
    search_help_text = "Worker ID of who acted, id of what it was done to, or the name of the act"
    ordering = ("-id",)
    fields = (
        ("at", "action"),
        ("actor", "channel"),
        ("subject_type", "subject_id"),
        ("before", "after"),
        "reason",
        ("address", "request_id"),
    )

    @display(description="Subject")
    def subject(self, entry: AuditEntry) -> Any:
        """Show what the act was done to."""
        return f"{entry.subject_type} {entry.subject_id}"
