"""The history of every state machine in the admin, to read."""

from django.contrib import admin

from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.states.models import StateChange


@admin.register(StateChange)
class StateChangeAdmin(ReadOnlyAdmin):
    """Every move, the newest first; `?machine=…&subject_id=…` narrows it to one thing."""

    list_display = ("at", "machine", "subject_id", "source", "target", "why")
    search_fields = ("=subject_id",)
    search_help_text = "Id of what was moved"
    ordering = ("-id",)
