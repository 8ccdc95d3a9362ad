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


_COMPARISONS = frozenset({"", "exact", "gte", "lt", "isnull", "isempty"})


class OnlyDeclaredLookups:
    """Filters by address only as declared: Django would let staff guess any field's value by it."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002
        """Allow the fields that `list_filter` and `address_filters` name, by plain comparison."""
        entries = (entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter)
        declared = {getattr(entry, "parameter_name", entry) for entry in entries}
        field, _, comparison = lookup.partition("__")
        return field in declared | set(self.address_filters) and comparison in _COMPARISONS

    list_filter: Any = ()
    address_filters: tuple[str, ...] = ()


class ReadOnlyAdmin(ReadOnly, OnlyDeclaredLookups, ModelAdmin):
    """A list and a page to read."""

    list_per_page = 50
    show_full_result_count = False


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows of a related table, to read, on the page of what they belong to."""

    extra = 0
    tab = True
    hide_title = True
