"""The checks of the books in the admin, to read."""

from django.contrib import admin
from unfold.decorators import display

from nannychain.staff.admin import ReadOnlyAdmin
from wallets.ledger.checking.models import BooksCheck


@admin.register(BooksCheck)
class BooksCheckAdmin(ReadOnlyAdmin):
    """All runs, the newest first."""

    list_display = ("started_at", "outcome", "journals", "postings", "milliseconds")
    ordering = ("-id",)
    fields = ("started_at", "milliseconds", "journals", "postings", "faults", "late")

    @display(
        description="Outcome", label={"right": "success", "late": "warning", "wrong": "danger"}
    )
    def outcome(self, check: BooksCheck) -> str:
        """Say in a word how the books stood."""
        return "wrong" if check.faults else "late" if check.late else "right"
