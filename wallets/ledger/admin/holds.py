"""Holds in the admin, to read."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from wallets.ledger import words
from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.models import Hold
from wallets.ledger.tables import Cell, Table, when


class OpenFilter(admin.SimpleListFilter):
    """Holds that stand, or are over."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("open", "stands"), ("ended", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() not in ("open", "ended"):
            return queryset
        return queryset.filter(ended_at__isnull=self.value() == "open")


@admin.register(Hold)
class HoldAdmin(LedgerAdmin):
    """All holds, the newest first; `?account=…` narrows them to one account."""

    list_display = ("placed_at", "on", "amount_column", "held_column", "cause", "expires_at", "end")
    list_filter = (OpenFilter,)
    address_filters = ("account",)
    list_select_related = ("account__kind", "account__currency")
    search_fields = ("key",)
    search_help_text = "Key, or how it begins, or number of the hold"
    ordering = ("-id",)
    fields = (
        ("on", "cause"),
        ("key", "placed_at"),
        ("set_aside", "still_held"),
        ("captured_in_words", "released_in_words"),
        ("expires_at", "ended_at"),
    )
    readonly_fields = (
        *("on", "set_aside", "still_held", "captured_in_words", "released_in_words"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the accounts along."""
        return super().get_queryset(request).select_related("account__kind", "account__currency")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Hold],
        search_term: str,
    ) -> tuple[QuerySet[Hold], bool]:
        """Find by how the key begins, or by number."""
        term = search_term.strip()
        found = queryset.filter(key__startswith=term) if term else queryset
        number = words.number(term)
        return found | queryset.filter(pk=number) if number is not None else found, False

    @display(description="Account")
    def on(self, hold: Hold) -> SafeString:
        """Show the account, with a way to its page."""
        return words.account_link(hold.account)

    @display(description="Amount", ordering="amount")
    def amount_column(self, hold: Hold) -> SafeString:
        """Show what was set aside."""
        return words.column(hold.amount, hold.account.currency)

    @display(description="Still held")
    def held_column(self, hold: Hold) -> SafeString:
        """Show what is still set aside."""
        return words.column(hold.held, hold.account.currency)

    @display(description="Amount")
    def set_aside(self, hold: Hold) -> str:
        """Show what was set aside."""
        return words.money(hold.amount, hold.account.currency)

    @display(description="Still held")
    def still_held(self, hold: Hold) -> str:
        """Show what is still set aside."""
        return words.money(hold.held, hold.account.currency)

    @display(description="Captured")
    def captured_in_words(self, hold: Hold) -> str:
        """Show what journals have taken of it."""
        return words.money(hold.captured, hold.account.currency)

    @display(description="Released")
    def released_in_words(self, hold: Hold) -> str:
        """Show what was given back."""
        return words.money(hold.released, hold.account.currency)

    @display(description="Is", label={"stands": "info", "over": "success"})
    def end(self, hold: Hold) -> str:
        """Show whether it stands."""
        return "stands" if hold.ended_at is None else "over"

    def tables(self, shown: Hold, *, request: HttpRequest) -> Iterator[Table]:  # noqa: ARG002
        """Show which journals have taken what."""
        captures = shown.captures.select_related("journal").order_by("id")
        yield Table(
            title="Captured by journals",
            rows=[
                [
                    Cell("When", when(capture.at)),
                    Cell("Journal", words.link("journal", capture.journal_id, capture.journal)),
                    Cell("Key", capture.journal.key),
                    Cell("Amount", words.money(capture.amount, shown.account.currency), True),
                ]
                for capture in captures
            ],
            empty="Nothing.",
        )
