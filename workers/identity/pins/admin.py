"""PINs in the admin, to read: locks and wishes for a new one; never the PIN or its hash."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.pins.counting import UNTIL_RESET
from workers.identity.pins.models import Pin


class WaitingFilter(admin.SimpleListFilter):
    """What needs somebody: locked PINs, and members who have asked for a new one."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return (("reset", "for a new one"), ("locked", "while it is locked"))

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Pin],
    ) -> QuerySet[Pin]:
        """Narrow the list."""
        if self.value() == "reset":
            return queryset.filter(reset_proved_at__isnull=False)
        if self.value() == "locked":
            return queryset.filter(locked_until__gt=timezone.now())
        return queryset


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin):
    """Who has a PIN, and how it stands."""

    list_display = ("member", "state", "tries", "locks", "reset_proved_at", "chosen_at")
    list_select_related = ("member",)
    list_filter = (WaitingFilter,)
    search_fields = ("=member__worker_id", "=member__phone")
    search_help_text = "Worker ID, or phone as +254…"
    fields = ("member", "state", "tries", "locks", "reset_proved_at", "chosen_at", "changed_at")
    ordering = ("-chosen_at",)

    @display(description="State")
    def state(self, pin: Pin) -> str:
        """Show whether it is taken now."""
        if not pin.is_locked(timezone.now()) or pin.locked_until is None:
            return "works"
        if pin.locked_until == UNTIL_RESET:
            return "locked until a new one is chosen"
        return f"locked until {timezone.localtime(pin.locked_until):%H:%M}"
