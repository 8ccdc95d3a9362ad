"""Events in the admin, to read."""

from django.contrib import admin

from nannychain.outbox.models import OutboxDelivery, OutboxEvent
from nannychain.staff.admin import ReadOnlyAdmin, ReadOnlyInline


class OutboxDeliveryInline(ReadOnlyInline):
    """Who has reacted."""

    model = OutboxDelivery
    fields = ("reaction", "at")
    ordering = ("id",)
    tab = False


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Every event, the newest first."""

    list_display = ("created_at", "name", "attempts", "delivered_at")
    list_filter = (("delivered_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("-id",)
    inlines = (OutboxDeliveryInline,)
