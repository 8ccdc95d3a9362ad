"""Withdrawals in the admin: to read, with their life in words; to ask M-Pesa about; to settle by
two people. And the desk that lets payouts go.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain import phone
from nannychain.approvals.asking import ask_page
from nannychain.money import display as money
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin, ReadOnlyInline
from nannychain.staff.downloads import Downloads, shillings, when
from nannychain.staff.forms import ReasonForm
from payments.withdrawals import desk, review, selectors, services, words
from payments.withdrawals.models import Desk, ExtraPayout, PayoutAttempt, Withdrawal
from payments.withdrawals.states import UNFINISHED, Attempt, State


class StateFilter(admin.SimpleListFilter):
    """Withdrawals by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer what is under way, what has been for long, and every state."""
        ways = (
            *(("open", "under way"), ("late", "under way for long")),
            ("twice", "paid too often"),
        )
        return [*ways, *((str(s), text) for s, text in words.STATES.items())]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Withdrawal],
    ) -> QuerySet[Withdrawal]:
        """Narrow the list."""
        if self.value() == "open":
            return queryset.filter(state__in=UNFINISHED)
        if self.value() == "twice":
            return queryset.filter(contradicted_at__isnull=False)
        if self.value() == "late":
            return queryset & selectors.late()
        return queryset.filter(state=self.value()) if self.value() in words.STATES else queryset


class AttemptInline(ReadOnlyInline):
    """The attempts, each with the id under which M-Pesa knows it."""

    model = PayoutAttempt
    fields = (
        *("number", "stands", "originator_id", "conversation_id", "receipt", "words"),
        "questions",
    )
    readonly_fields = ("stands",)
    ordering = ("number",)
    tab = False

    @display(description="State")
    def stands(self, attempt: PayoutAttempt) -> str:
        """Show the state in words."""
        return words.ATTEMPTS[Attempt(attempt.state)]


class ExtraInline(ReadOnlyInline):
    """What M-Pesa has paid too many."""

    model = ExtraPayout
    fields = ("told_at", "receipt", "amount", "why", "told_by")
    readonly_fields = ("amount",)
    ordering = ("told_at",)
    tab = False

    @display(description="Amount")
    def amount(self, extra: ExtraPayout) -> str:
        """Show how much was paid."""
        return money(extra.amount_cents)


class EvidenceForm(ReasonForm):
    """What a decision rests on."""

    evidence = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "Statement line, letter or call of Safaricom's"}
        ),
    )


class PaidForm(EvidenceForm):
    """The same, with the receipt of the payment."""

    receipt = forms.CharField(
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "M-Pesa's receipt"}
        ),
    )


@admin.register(Withdrawal)
class WithdrawalAdmin(Downloads, ReadOnlyAdmin):
    """All withdrawals, the newest first."""

    list_display = ("created_at", "member", "amount", "state_in_words", "reason", "receipt")
    list_filter = (StateFilter, ("created_at", admin.DateFieldListFilter))
    list_select_related = ("member",)
    address_filters = ("member",)
    search_fields = ("receipt", "attempts__originator_id", "attempts__conversation_id")
    search_help_text = "M-Pesa's receipt, either conversation id, or the member's phone"
    ordering = ("-id",)
    actions = ("ask",)
    inlines = (AttemptInline, ExtraInline)
    fieldsets = (
        ("Withdrawal", {"fields": ("now", ("member", "masked_phone"), "sums", "timeline")}),
        ("At M-Pesa", {"fields": (("receipt", "attempts_made"), ("due_at", "ended_at"))}),
        ("Why", {"fields": (("channel", "failure_code"), "reason", "settling")}),
    )
    readonly_fields = ("now", "masked_phone", "sums", "timeline", "settling")

    # As CSV.

    download_header = (
        *("id", "asked for", "receipt", "member", "phone", "paid out", "fee", "duty", "in all"),
        *("state", "reason", "ended"),
    )

    def download_rows(self, page: list[Withdrawal]) -> Iterator[tuple[object, ...]]:
        """Yield a line for each."""
        for row in page:
            sums = (row.amount_cents, row.fee_cents, row.tax_cents, row.total_cents)
            yield (
                row.pk,
                when(row.created_at),
                row.receipt,
                row.member,
                phone.mask(row.phone),
                *map(shillings, sums),
                words.STATES[State(row.state)],
                row.reason,
                when(row.ended_at),
            )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Withdrawal], search_term: str
    ) -> tuple[QuerySet[Withdrawal], bool]:
        """Find by receipt, id or phone."""
        term = search_term.strip()
        try:
            return queryset.filter(member__phone=phone.parse(term)), False
        except phone.InvalidPhone:
            found: tuple[QuerySet[Withdrawal], bool] = super().get_search_results(
                request, queryset, term
            )
            return found

    # Acts.

    def get_urls(self) -> Any:
        """Add the pages on which staff ask for a decision."""
        return [
            path(
                f"<uuid:withdrawal_id>/{name}/",
                self.admin_site.admin_view(self.settle),
                {"kind": kind.code, "form": form},
                name=f"payments_withdrawal_{name}",
            )
            for name, kind, form in (
                ("paid", review.AS_PAID, PaidForm),
                ("not-paid", review.AS_NOT_PAID, EvidenceForm),
            )
        ] + super().get_urls()

    def settle(
        self, request: HttpRequest, withdrawal_id: UUID, *, kind: str, form: type[forms.Form]
    ) -> HttpResponse:
        """Ask another member of staff to settle what nobody could tell."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        withdrawal = Withdrawal.objects.filter(pk=withdrawal_id, state=State.NEEDS_REVIEW).first()
        if withdrawal is None:
            raise Http404
        sentences = (words.now(withdrawal), *words.evidence(withdrawal))
        return ask_page(
            self, request, kind=kind, subject=withdrawal, sentences=sentences, form=form
        )

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change withdrawals: there is nothing else to change."""
        return bool(request.user.has_perm("payments.change_withdrawal"))

    @action(description="Ask M-Pesa now", permissions=["ask"])
    def ask(self, request: HttpRequest, queryset: QuerySet[Withdrawal]) -> None:
        """Have M-Pesa asked about those that it can be asked about."""
        by = actor(request)
        asked = sum(services.ask_now(withdrawal.pk, by=by) for withdrawal in queryset)
        messages.success(request, f"M-Pesa is being asked about {asked}.")

    # Showing.

    @display(description="State", label=words.COLOURS, ordering="state")
    def state_in_words(self, withdrawal: Withdrawal) -> str:
        """Show the state in words."""
        return words.STATES[State(withdrawal.state)]

    @display(description="Amount", ordering="amount_cents")
    def amount(self, withdrawal: Withdrawal) -> str:
        """Show what is paid out."""
        return money(withdrawal.amount_cents)

    @display(description="Sums")
    def sums(self, withdrawal: Withdrawal) -> str:
        """Show what is paid out, what it costs, and what left the wallet."""
        return (
            f"{money(withdrawal.amount_cents)} paid out, {money(withdrawal.fee_cents)} fee, "
            f"{money(withdrawal.tax_cents)} duty: {money(withdrawal.total_cents)} in all"
        )

    @display(description="How it stands")
    def now(self, withdrawal: Withdrawal) -> str:
        """Show in one sentence how it stands."""
        return words.now(withdrawal)

    @display(description="Phone")
    def masked_phone(self, withdrawal: Withdrawal) -> str:
        """Show to which phone it goes."""
        return phone.mask(withdrawal.phone)

    @display(description="What happened")
    def timeline(self, withdrawal: Withdrawal) -> str:
        """Show every step with its time."""
        return format_html_join("", "<div>{}: {}</div>", words.timeline(withdrawal))

    @display(description="Settle")
    def settling(self, withdrawal: Withdrawal) -> str:
        """Show the ways to a decision, where it waits for one."""
        if withdrawal.state != State.NEEDS_REVIEW:
            return "-"
        hints = format_html_join(
            "", "<div>{}</div>", ((each,) for each in words.evidence(withdrawal))
        )
        pages = (("paid", "M-Pesa has paid it"), ("not-paid", "M-Pesa has not paid it"))
        return hints + format_html_join(
            " · ",
            '<a class="underline" href="{}">{}</a>',
            (
                (reverse(f"admin:payments_withdrawal_{name}", args=[withdrawal.pk]), text)
                for name, text in pages
            ),
        )


@admin.register(Desk)
class DeskAdmin(ReadOnlyAdmin):
    """The desks: whether payouts go, and the button that lets them go again."""

    list_display = ("shortcode", "switch", "stop_reason", "float_now")
    actions = ("start",)
    fields = ("shortcode", "switch", ("stopped_at", "stop_reason"), ("short_since", "probe_at"))
    readonly_fields = ("switch",)

    def has_start_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change desks: there is nothing else to change."""
        return bool(request.user.has_perm("payments.change_desk"))

    @action(description="Let payouts go again", permissions=["start"])
    def start(self, request: HttpRequest, queryset: QuerySet[Desk]) -> None:
        """Open the desk: our credentials are right again."""
        by, opened = actor(request), 0
        with transaction.atomic():
            for found in queryset:
                opened += desk.start(found.pk, reason="staff opened it", by=by.id, name=by.name)
        messages.success(request, f"{opened} going on.")

    @display(description="Payouts", label={"stopped": "danger", "go": "success"})
    def switch(self, found: Desk) -> str:
        """Show whether M-Pesa's refusal has stopped it."""
        return "go" if found.stopped_at is None else "stopped"

    @display(description="Float")
    def float_now(self, found: Desk) -> str:
        """Show since when the float is short."""
        if found.short_since is None:
            return "enough, as far as is known"
        return format_html("short since {}", found.short_since)
