"""Devices that are signed in, to read."""

from django.contrib import admin

from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.tokens.models import Session


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """All devices, the newest first."""

    list_display = ("member", "device", "last_used_at", "address", "opened_at", "closed_at")
    list_select_related = ("member",)
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    search_fields = ("=member__worker_id", "=member__phone")
    search_help_text = "Worker ID, or phone as +254…"
    ordering = ("-id",)
    fields = (
        ("member", "device"),
        ("opened_at", "refresh_expires_at"),
        ("last_used_at", "address"),
        ("closed_at", "closed_why"),
    )
