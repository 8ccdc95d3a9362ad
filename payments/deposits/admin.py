"""Deposits in the admin: to read, with their life in words, and to ask M-Pesa about."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import action, display

from nannychain import phone
from nannychain.money import display as money
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.staff.downloads import Downloads, shillings, when
from payments.deposits import references, services, words
from payments.deposits.models import Deposit
from payments.deposits.states import AWAITED, OPEN, State


class StateFilter(admin.SimpleListFilter):
    """Deposits by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer what is under way, and every state."""
        return [("open", "under way"), *((str(s), text) for s, text in words.STATES.items())]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Deposit],
    ) -> QuerySet[Deposit]:
        """Narrow the list."""
        if self.value() == "open":
            return queryset.filter(state__in=(*OPEN, *AWAITED))
        return queryset.filter(state=self.value()) if self.value() in words.STATES else queryset


@admin.register(Deposit)
class DepositAdmin(Downloads, ReadOnlyAdmin):
    """All deposits, the newest first."""

    list_display = (
        *("created_at", "member", "amount", "state_in_words", "reason", "reference"),
        "receipt",
    )
    list_filter = (StateFilter, ("created_at", admin.DateFieldListFilter))
    list_select_related = ("member",)
    address_filters = ("member",)
    search_fields = ("reference", "receipt", "=member__phone")
    search_help_text = "Our reference, M-Pesa's receipt, or the member's phone"
    ordering = ("-id",)
    actions = ("ask",)
    fieldsets = (
        ("Deposit", {"fields": ("now", ("member", "masked_phone"), "amount", "timeline")}),
        (
            "At M-Pesa",
            {
                "fields": (
                    ("reference", "receipt"),
                    ("result_code", "told_by"),
                    ("sent_at", "ended_at"),
                    ("attempts", "questions", "due_at"),
                )
            },
        ),
        ("Why", {"fields": (("channel", "purpose"), "reason")}),
    )
    readonly_fields = ("now", "masked_phone", "amount", "timeline")

    # As CSV.

    download_header = (
        *("id", "asked for", "reference", "receipt", "member", "phone", "amount", "state"),
        *("reason", "told by", "ended"),
    )

    def download_rows(self, page: list[Deposit]) -> Iterator[tuple[object, ...]]:
        """Yield a line for each."""
        for deposit in page:
            yield (
                deposit.pk,
                when(deposit.created_at),
                deposit.reference,
                deposit.receipt,
                deposit.member,
                phone.mask(deposit.phone),
                shillings(deposit.amount_cents),
                words.STATES[State(deposit.state)],
                deposit.reason,
                deposit.told_by,
                when(deposit.ended_at),
            )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Deposit], search_term: str
    ) -> tuple[QuerySet[Deposit], bool]:
        """Find by reference in any spelling, receipt or phone."""
        term = search_term.strip()
        if reference := references.parse(term):
            return queryset.filter(reference=reference), False
        try:
            return queryset.filter(member__phone=phone.parse(term)), False
        except phone.InvalidPhone:
            found: tuple[QuerySet[Deposit], bool] = super().get_search_results(
                request, queryset, term.upper()
            )
            return found

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change deposits: there is nothing else to change."""
        return bool(request.user.has_perm("payments.change_deposit"))

    @action(description="Ask M-Pesa now", permissions=["ask"])
    def ask(self, request: HttpRequest, queryset: QuerySet[Deposit]) -> None:
        """Have M-Pesa asked about those that it can be asked about."""
        by = actor(request)
        asked = sum(services.ask_now(deposit.pk, by=by) for deposit in queryset)
        messages.success(request, f"M-Pesa is being asked about {asked}.")

    @display(description="State", label=words.COLOURS, ordering="state")
    def state_in_words(self, deposit: Deposit) -> str:
        """Show the state in words."""
        return words.STATES[State(deposit.state)]

    @display(description="Amount", ordering="amount_cents")
    def amount(self, deposit: Deposit) -> str:
        """Show what is asked of the payer."""
        return money(deposit.amount_cents)

    @display(description="How it stands")
    def now(self, deposit: Deposit) -> str:
        """Show in one sentence how it stands."""
        return words.now(deposit)

    @display(description="Phone")
    def masked_phone(self, deposit: Deposit) -> str:
        """Show which phone was prompted."""
        return phone.mask(deposit.phone)

    @display(description="What happened")
    def timeline(self, deposit: Deposit) -> str:
        """Show every step with its time."""
        return format_html_join("", "<div>{}: {}</div>", words.timeline(deposit))
