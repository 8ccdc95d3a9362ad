"""Callbacks in the admin, to read. What must never be kept was blanked before it was stored."""

from django.contrib import admin

from nannychain.inbox.models import InboxMessage
from nannychain.staff.admin import ReadOnlyAdmin


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    """Every callback, the newest first."""

    list_display = ("received_at", "source", "trusted", "copies", "handled_at", "outcome")
    list_filter = ("trusted", ("handled_at", admin.EmptyFieldListFilter))
    search_fields = ("source", "subject_id", "outcome")
    ordering = ("-id",)
    fields = (
        ("source", "subject_id", "trusted", "copies"),
        "body",
        ("received_at", "due_at", "attempts"),
        ("handled_at", "outcome"),
    )
