"""Wallets in the admin, to read. The sealed key is not among what is shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from nannychain.staff.admin import ReadOnlyAdmin, ReadOnlyInline
from wallets.stellar.models import FundingRequest
from wallets.wallet.models import Wallet


class FundingRequestInline(ReadOnlyInline):
    """The requests to have the wallet's account made on a network."""

    model = FundingRequest
    fields = ("network", "state", "reason", "created_at")
    ordering = ("network",)
    tab = False


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """All wallets, by address."""

    list_display = ("stellar_public_key", "funding", "created_at")
    search_fields = ("stellar_public_key",)
    search_help_text = "Stellar address, or how it begins"
    ordering = ("-id",)  # ids grow with time
    fields = ("stellar_public_key", "party_id", "created_at")
    inlines = (FundingRequestInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the requests for funding of a whole page at once."""
        return super().get_queryset(request).prefetch_related("funding_requests")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Wallet],
        search_term: str,
    ) -> tuple[QuerySet[Wallet], bool]:
        """Find by how the address begins."""
        term = search_term.strip().upper()
        return queryset.filter(stellar_public_key__startswith=term) if term else queryset, False

    @display(description="Funding")
    def funding(self, wallet: Wallet) -> str:
        """Show each request in a word or two."""
        return ", ".join(str(request) for request in wallet.funding_requests.all())
