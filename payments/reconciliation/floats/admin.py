"""Moves of float in the admin: one member of the staff books, another one approves."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from nannychain import money
from nannychain.approvals import selectors as approvals
from nannychain.approvals.asking import address
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.staff.forms import ReasonForm
from payments.reconciliation.floats import services
from payments.reconciliation.floats.models import FloatMove
from payments.reconciliation.floats.moves import MOVES

_ADD = "payments.add_floatmove"


class MoveForm(ReasonForm):
    """What was moved, how much, when, and by which slip."""

    kind = forms.ChoiceField(
        label="What",
        choices=[(line.code, line.words) for line in MOVES.values()],
        widget=UnfoldAdminSelectWidget,
    )
    amount_cents = forms.CharField(
        label="Amount",
        max_length=30,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "inputmode": "decimal", "placeholder": "50,000"}
        ),
    )
    bank = forms.CharField(
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "placeholder": "kcb"}),
        help_text="Where a bank is part of it. The same bank is always written the same.",
    )
    reference = forms.CharField(
        max_length=60,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "On the bank's slip, or M-Pesa's receipt"}
        ),
    )
    happened_at = forms.SplitDateTimeField(
        label="Happened",
        widget=UnfoldAdminSplitDateTimeWidget,
        initial=timezone.now,
        help_text="When the money moved, in Nairobi.",
    )
    field_order = ("kind", "amount_cents", "bank", "reference", "happened_at", "reason")

    def clean_amount_cents(self) -> int:
        """Return cents."""
        try:
            return money.parse_cents(self.cleaned_data["amount_cents"])
        except money.InvalidAmount as error:
            raise ValidationError(str(error.message)) from None


@admin.register(FloatMove)
class FloatMoveAdmin(ReadOnlyAdmin):
    """All moves, the newest first. Adding one proposes it."""

    list_display = ("happened_at", "kind", "amount", "bank", "reference", "stands", "proposer")
    list_filter = ("kind", ("happened_at", admin.DateFieldListFilter))
    search_fields = ("reference",)
    search_help_text = "The bank's or M-Pesa's reference"
    ordering = ("-id",)
    fieldsets = (
        ("Move", {"fields": ("kind", ("amount", "bank"), ("reference", "happened_at"), "stands")}),
        ("Who", {"fields": (("proposer", "proposed_at"), ("booked_at", "booked_as"), "asked")}),
    )
    readonly_fields = ("amount", "stands", "booked_as", "asked")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow who may propose."""
        return bool(request.user.has_perm(_ADD))

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Propose a move."""

        def run(cleaned: Mapping[str, Any]) -> str:
            _, asked = services.propose(**cleaned, by=actor(request))
            return address(asked.pk)

        act = Act(
            title="Book a move of float",
            button="Propose it",
            permission=_ADD,
            run=run,
            done="Proposed. Somebody else has to decide about it.",
            sentences=(
                "For money that has moved between the bank and M-Pesa, and for Safaricom's "
                "charges. Nothing is booked until another member of staff approves it.",
            ),
            form=MoveForm,
        )
        return act_page(self, request, act)

    @display(description="Amount", ordering="amount_cents")
    def amount(self, move: FloatMove) -> str:
        """Show how much."""
        return money.display(move.amount_cents)

    @display(description="State", label={"booked": "success", "not booked": "warning"})
    def stands(self, move: FloatMove) -> str:
        """Show whether it is in the books."""
        return "booked" if move.journal_id is not None else "not booked"

    @display(description="Journal")
    def booked_as(self, move: FloatMove) -> str:
        """Show which journal it is."""
        return "-" if move.journal_id is None else str(move.journal_id)

    @display(description="Request")
    def asked(self, move: FloatMove) -> str:
        """Show the way to the request for approval."""
        request = approvals.about(move).first()
        if request is None:
            return "-"
        return format_html('<a class="underline" href="{}">{}</a>', address(request.pk), request)
