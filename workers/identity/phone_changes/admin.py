"""Changes of number in the admin, to read."""

from django.contrib import admin
from unfold.decorators import display

from nannychain import phone
from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.phone_changes.models import PhoneChange


@admin.register(PhoneChange)
class PhoneChangeAdmin(ReadOnlyAdmin):
    """All of them, the newest first, with who has shown what."""

    list_display = ("asked_at", "member", "from_phone", "to_phone", "state", "releaser", "ended_at")
    list_select_related = ("member",)
    list_filter = ("state",)
    search_fields = ("=member__worker_id", "=old_phone", "=new_phone")
    search_help_text = "Worker ID, or either phone as +254…"
    ordering = ("-id",)
    fields = (
        ("member", "state"),
        ("from_phone", "to_phone"),
        ("old_proved_at", "new_proved_at", "releaser"),
        ("asked_at", "expires_at", "ended_at"),
        "channel",
    )

    @display(description="From", ordering="old_phone")
    def from_phone(self, change: PhoneChange) -> str:
        """Show the old number as people in Kenya write it."""
        return phone.national(change.old_phone)

    @display(description="To", ordering="new_phone")
    def to_phone(self, change: PhoneChange) -> str:
        """Show the new number as people in Kenya write it."""
        return phone.national(change.new_phone)
