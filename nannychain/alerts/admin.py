"""Alerts in the admin: to read, and to say that one has seen it, or that it is over."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from nannychain.alerts import services
from nannychain.alerts.models import Alert
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin


class OpenFilter(admin.SimpleListFilter):
    """Open alerts, or those whose trouble is over."""

    title = "trouble"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("open", "open"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Every alert, the newest first."""

    list_display = ("last_at", "title", "count", "is_acknowledged", "is_over")
    list_filter = (OpenFilter, ("acknowledged_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "=key")
    ordering = ("-last_at",)
    actions = ("acknowledge", "close")
    fields = (
        "title",
        "key",
        "details",
        ("count", "first_at", "last_at"),
        ("acknowledged_at", "acknowledged_by_name"),
        ("resolved_at", "closed_by_name"),
        "told",
    )
    readonly_fields = ("acknowledged_by_name", "closed_by_name", "told")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change alerts: there is nothing else to change."""
        return bool(request.user.has_perm("nannychain.change_alert"))

    @action(description="I have seen it", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Note for each of the chosen that this person has seen it."""
        by = actor(request)
        for alert_id in queryset.values_list("pk", flat=True):
            services.acknowledge(alert_id=alert_id, by=by.id, name=by.name)
        messages.success(request, "Noted.")

    @action(description="It is over", permissions=["acknowledge"])
    def close(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Close each of the chosen, so that the same trouble rings anew."""
        by = actor(request)
        ids = list(queryset.values_list("pk", flat=True))
        closed = sum(services.close(alert_id=pk, by=by.id, name=by.name) for pk in ids)
        messages.success(request, f"{closed} closed. The same trouble will ring anew.")

    @display(description="Seen", boolean=True)
    def is_acknowledged(self, alert: Alert) -> bool:
        """Show whether a person has seen it."""
        return alert.acknowledged_at is not None

    @display(description="Over", boolean=True)
    def is_over(self, alert: Alert) -> bool:
        """Show whether the trouble is over."""
        return alert.resolved_at is not None

    @display(description="Seen by")
    def acknowledged_by_name(self, alert: Alert) -> str:
        """Show who has seen it first."""
        return _name(alert.acknowledged_by)

    @display(description="Closed by")
    def closed_by_name(self, alert: Alert) -> str:
        """Show who has said that it is over; nobody where it was seen to be."""
        return _name(alert.closed_by)

    @display(description="Told")
    def told(self, alert: Alert) -> str:
        """Show by which ways people outside were told, and what became of it."""
        rows = alert.deliveries.order_by("way").values_list("way", "outcome")
        return ", ".join(f"{way}: {outcome or 'waits'}" for way, outcome in rows)


def _name(person: UUID | None) -> str:
    if person is None:
        return ""
    people = get_user_model()._default_manager
    return str(people.filter(pk=person).first() or person)
