"""Transfers in the admin, to read."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import display

from nannychain import ids, phone
from nannychain.errors import Invalid
from nannychain.money import display as money
from nannychain.staff.admin import ReadOnlyAdmin
from payments.transfers import words
from payments.transfers.models import Transfer
from wallets.ledger.words import link
from workers.identity import worker_id


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """All transfers, the newest first."""

    list_display = ("created_at", "reference", "sender", "recipient", "amount", "fee", "channel")
    list_select_related = ("sender", "recipient")
    list_filter = (("created_at", admin.DateFieldListFilter), "channel")
    address_filters = ("sender", "recipient")
    search_fields = ("=reference",)
    search_help_text = "Reference, or a phone or Worker ID of either side"
    ordering = ("-id",)
    fields = (
        "now",
        ("reference", "channel"),
        ("sender", "recipient"),
        ("amount", "fee"),
        "journal",
        "timeline",
    )
    readonly_fields = ("now", "amount", "fee", "journal", "timeline")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Transfer],
        search_term: str,
    ) -> tuple[QuerySet[Transfer], bool]:
        """Find by reference, or by either side, in any usual spelling."""
        term = search_term.strip()
        found = Q()
        with suppress(Invalid):
            found |= Q(reference=ids.parse_code(term, prefix="TR", length=8))
        for field, parse in (("phone", phone.parse), ("worker_id", worker_id.parse)):
            try:
                text = parse(term)
            except Invalid:
                continue
            found |= Q(**{f"sender__{field}": text}) | Q(**{f"recipient__{field}": text})
        return (queryset.filter(found) if found else queryset.none()) if term else queryset, False

    @display(description="Amount", ordering="amount_cents")
    def amount(self, transfer: Transfer) -> str:
        """Show what the recipient got."""
        return money(transfer.amount_cents)

    @display(description="Fee")
    def fee(self, transfer: Transfer) -> str:
        """Show what the sender paid for it, duty included."""
        return money(transfer.fee_cents + transfer.tax_cents)

    @display(description="How it stands")
    def now(self, transfer: Transfer) -> str:
        """Show in one sentence what happened."""
        return words.now(transfer)

    @display(description="Journal")
    def journal(self, transfer: Transfer) -> Any:
        """Show the way to the journal."""
        return link("journal", transfer.journal_id, transfer.journal_id)

    @display(description="What happened")
    def timeline(self, transfer: Transfer) -> str:
        """Show every step with its time."""
        return format_html_join("", "<div>{}: {}</div>", words.timeline(transfer))
