"""Balances at M-Pesa in the admin, to read."""

from django.contrib import admin
from unfold.decorators import display

from nannychain import money
from nannychain.staff.admin import ReadOnlyAdmin
from payments.reconciliation.balances.models import BalanceReading


@admin.register(BalanceReading)
class BalanceReadingAdmin(ReadOnlyAdmin):
    """All questions, the newest first."""

    list_display = ("asked_at", "shortcode", "says", "books", "under_way", "unexplained", "outcome")
    list_filter = ("shortcode", ("asked_at", admin.DateFieldListFilter))
    ordering = ("-asked_at",)
    fields = (
        ("shortcode", "outcome"),
        ("asked_at", "answered_at"),
        ("says", "books"),
        ("under_way", "unexplained"),
        ("charges_told", "charges_booked"),
        "told",
    )
    readonly_fields = (
        *("says", "books", "under_way", "unexplained", "charges_told", "charges_booked"),
    )

    @display(description="M-Pesa says")
    def says(self, row: BalanceReading) -> str:
        """Show what M-Pesa says."""
        return _amount(row.told_cents)

    @display(description="Our books say")
    def books(self, row: BalanceReading) -> str:
        """Show what our books said then."""
        return _amount(row.books_cents)

    @display(description="Under way")
    def under_way(self, row: BalanceReading) -> str:
        """Show what of the difference may be under way."""
        return "-" if row.answered_at is None else _amount(row.timing_cents)

    @display(description="Unexplained")
    def unexplained(self, row: BalanceReading) -> str:
        """Show what is left of the difference."""
        return "-" if row.answered_at is None else _amount(row.unexplained_cents)

    @display(description="Charges by M-Pesa")
    def charges_told(self, row: BalanceReading) -> str:
        """Show what we owe Safaricom by its word."""
        return _amount(row.charges_cents)

    @display(description="Charges by our books")
    def charges_booked(self, row: BalanceReading) -> str:
        """Show what we owe Safaricom by our books."""
        return _amount(row.charges_books_cents)


def _amount(cents: int | None) -> str:
    return "-" if cents is None else money.display(cents)
