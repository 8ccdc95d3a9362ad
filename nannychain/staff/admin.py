"""Admin bases: lists to read, and actions that call services. Nothing is edited field by field."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline


class ReadOnly:
    """No adding, no changing, no deleting: what stands here was made by a service."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: rows are changed by services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: the record stays."""
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """A list and a page to read."""

    list_per_page = 50
    show_full_result_count = False


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows of a related table, to read, on the page of what they belong to."""

    extra = 0
    tab = True
    hide_title = True
