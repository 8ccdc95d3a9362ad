"""SMS in the admin: what went to whom, what became of it, and a second try for what did not arrive.

A text that carries a code is never shown, and never sent again.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from unfold.decorators import action, display

from nannychain import phone
from nannychain.errors import Invalid
from nannychain.notifications import selectors, services
from nannychain.notifications.africastalking.reports import in_words
from nannychain.notifications.kinds import KINDS
from nannychain.notifications.models import DeliveryReport, OptOut, Sms
from nannychain.notifications.states import SMS, State
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin, ReadOnlyInline
from nannychain.states.models import StateChange

_WORDS = {
    State.QUEUED: "waiting to be sent",
    State.CLAIMED: "being sent",
    State.ACCEPTED: "sent, no report yet",
    State.REJECTED: "refused",
    State.UNKNOWN: "not known whether sent",
    State.DELIVERED: "delivered",
    State.FAILED: "not delivered",
    State.EXPIRED: "too late, never sent",
    State.DRY_RUN: "dry run, never sent",
}
_COLOURS = {
    _WORDS[State.DELIVERED]: "success",
    _WORDS[State.ACCEPTED]: "info",
    _WORDS[State.UNKNOWN]: "warning",
    _WORDS[State.REJECTED]: "danger",
    _WORDS[State.FAILED]: "danger",
    _WORDS[State.EXPIRED]: "danger",
}
_TO_THE_SECOND = "j M Y H:i:s"


class StateFilter(admin.SimpleListFilter):
    """SMS by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every state."""
        lost = ("lost", "came to nothing, can be sent again")
        return [lost, *((str(state), words) for state, words in _WORDS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sms]) -> QuerySet[Sms]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() == "lost":
            return queryset.filter(selectors.is_lost())
        return queryset.filter(state=self.value()) if self.value() in _WORDS else queryset


class KindFilter(admin.SimpleListFilter):
    """SMS by kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every kind."""
        return [(name, name) for name in KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sms]) -> QuerySet[Sms]:  # noqa: ARG002
        """Narrow the list."""
        return queryset.filter(kind=self.value()) if self.value() in KINDS else queryset


class DeliveryReportInline(ReadOnlyInline):
    """What the networks said."""

    model = DeliveryReport
    fields = ("received_at", "status", "reason_in_words", "network_code", "retry_count")
    readonly_fields = fields
    ordering = ("-id",)
    tab = False
    verbose_name_plural = "Delivery reports"

    @display(description="Reason")
    def reason_in_words(self, report: DeliveryReport) -> str:
        """Show why it failed."""
        return in_words(report.reason)


@admin.register(Sms)
class SmsAdmin(ReadOnlyAdmin):
    """All SMS, the newest first; `?phone=…` narrows it to one phone."""

    list_display = (
        "created_at",
        "written_phone",
        "kind",
        "state_in_words",
        "reason",
        "parts",
        "cost",
    )
    list_filter = (StateFilter, KindFilter, ("created_at", admin.DateFieldListFilter))
    address_filters = ("phone",)
    search_fields = ("phone",)
    search_help_text = "Phone in any usual spelling, or the provider's message id"
    ordering = ("-id",)  # ids grow with time
    inlines = (DeliveryReportInline,)
    actions = ("send_again",)
    fieldsets = (
        (
            "SMS",
            {
                "fields": (
                    ("written_phone", "kind", "language"),
                    "shown_text",
                    ("state_in_words", "reason"),
                    "instead_of",
                )
            },
        ),
        (
            "On its way",
            {
                "fields": (
                    ("created_at", "due_at", "expires_at"),
                    ("claimed_at", "sent_at", "final_at"),
                    ("attempts", "parts", "cost"),
                    ("provider_status", "provider_message_id"),
                    "history",
                )
            },
        ),
    )
    readonly_fields = (
        "written_phone",
        "shown_text",
        "state_in_words",
        "instead_of",
        "cost",
        "history",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave sealed texts in the database: nothing here needs them."""
        return super().get_queryset(request).defer("sealed_text", "key_id")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Sms],
        search_term: str,
    ) -> tuple[QuerySet[Sms], bool]:
        """Find by phone or by the provider's id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(phone=phone.parse(term)), False
        except Invalid:
            return queryset.filter(provider_message_id=term), False

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Allow those who may add SMS: sending again makes a new one."""
        return bool(request.user.has_perm("nannychain.add_sms"))

    @action(description="Send again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Sms]) -> None:
        """Queue each of the chosen as a new SMS, where it may be sent again."""
        by = actor(request)
        queued = 0
        for sms_id in queryset.values_list("pk", flat=True):
            try:
                services.send_again(sms_id, actor_id=by.id, actor=by.name)
                queued += 1
            except services.CannotSendAgain as error:
                messages.warning(request, str(error.message))
        if queued:
            messages.success(request, f"{queued} queued to be sent again.")

    @display(description="Phone", ordering="phone")
    def written_phone(self, sms: Sms) -> str:
        """Show the number as people in Kenya write it."""
        return phone.national(sms.phone)

    @display(description="State", ordering="state", label=_COLOURS)
    def state_in_words(self, sms: Sms) -> str:
        """Show where it stands."""
        return _WORDS[State(sms.state)]

    @display(description="Text")
    def shown_text(self, sms: Sms) -> str:
        """Show the text, unless it carries a code."""
        return sms.shown_text

    @display(description="Cost")
    def cost(self, sms: Sms) -> str:
        """Show what the provider charged."""
        return sms.cost

    @display(description="Sent in place of")
    def instead_of(self, sms: Sms) -> str:
        """Show the SMS that this one repeats, by a link."""
        if sms.again_of_id is None:
            return ""
        address = reverse("admin:nannychain_sms_change", args=[sms.again_of_id])
        return format_html('<a href="{}">{}</a>', address, sms.again_of_id)

    @display(description="History")
    def history(self, sms: Sms) -> str:
        """Show every move, the oldest first."""
        moves = StateChange.objects.filter(machine=SMS.name, subject_id=str(sms.pk)).order_by("id")
        return format_html_join(
            "",
            "<div>{} {} {}</div>",
            (
                (
                    date_format(localtime(move.at), _TO_THE_SECOND),
                    _WORDS[State(move.target)],
                    f"({move.why})" if move.why else "",
                )
                for move in moves
            ),
        )


@admin.register(OptOut)
class OptOutAdmin(ReadOnlyAdmin):
    """Who wants no more messages, and from which sender."""

    list_display = ("at", "written_phone", "sender_id")
    search_fields = ("=phone",)
    search_help_text = "Phone, as +254…"
    ordering = ("-id",)

    @display(description="Phone", ordering="phone")
    def written_phone(self, opt_out: OptOut) -> str:
        """Show the number as people in Kenya write it."""
        return phone.national(opt_out.phone)
