"""Codes in the admin, to read: when one was sent and whether it was used; never the code."""

from django.contrib import admin
from unfold.decorators import display

from nannychain import phone
from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.codes.models import Code


@admin.register(Code)
class CodeAdmin(ReadOnlyAdmin):
    """The codes of the last minutes."""

    list_display = ("sent_at", "written_phone", "purpose", "expires_at", "tries_left", "used_at")
    fields = list_display
    search_fields = ("=phone",)
    search_help_text = "Phone, as +254…"
    ordering = ("-sent_at",)

    @display(description="Phone", ordering="phone")
    def written_phone(self, code: Code) -> str:
        """Show the number as people in Kenya write it."""
        return phone.national(code.phone)
