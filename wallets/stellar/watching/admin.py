"""Movements in the admin: to read, and to note what was found of those that nobody expected."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.forms import CharField
from django.http import HttpRequest
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin
from wallets.stellar import words
from wallets.stellar.watching import reviewing
from wallets.stellar.watching.models import Movement

_EXPECTED, _WAITING, _LOOKED_AT = "expected", "to be looked at", "looked at"


class LookFilter(admin.SimpleListFilter):
    """Movements that nobody expected and nobody has looked at."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer those that wait for a person."""
        return [("wanted", _WAITING)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() != "wanted":
            return queryset
        return queryset.filter(is_expected=False, reviewed_at__isnull=True)


class NoteForm(ActionForm):
    """What was found, to go with the action."""

    note = CharField(
        required=False,
        max_length=200,
        label="",
        widget=UnfoldAdminTextInputWidget(
            {"placeholder": "What you found", "aria-label": "What you found", "class": "lg:w-96"}
        ),
    )


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """Movements on accounts of ours and of members, the newest first."""

    list_display = (
        *("at", "attention", "direction", "amount", "asset_in_short", "ours", "theirs"),
        "note",
    )
    list_filter = (LookFilter, "direction")
    search_fields = ("=address", "=transaction_hash")
    search_help_text = "Stellar address, or hash"
    ordering = ("-id",)
    action_form = NoteForm
    actions = ("review",)
    fields = (
        *("at", "direction", "amount", "asset", "type", "address", "counterparty", "wallet"),
        *("transaction_hash", "attention", "reviewed_at", "reviewer", "note"),
    )
    readonly_fields = ("amount", "attention", "reviewer")

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change movements: there is nothing else to change."""
        return bool(request.user.has_perm("wallets.change_movement"))

    @display(
        description="Attention",
        label={_EXPECTED: "success", _WAITING: "warning", _LOOKED_AT: "info"},
    )
    def attention(self, movement: Movement) -> str:
        """Show whether a person has to look at it."""
        if movement.is_expected:
            return _EXPECTED
        return _WAITING if movement.reviewed_at is None else _LOOKED_AT

    @display(description="Amount")
    def amount(self, movement: Movement) -> str:
        """Show the amount, in XLM where it is that."""
        told = words.xlm(movement.amount_stroops)
        return told if movement.asset == "native" else told.removesuffix(" XLM")

    @display(description="Asset")
    def asset_in_short(self, movement: Movement) -> str:
        """Show the asset's code; the whole, with its issuer, is on its page."""
        return movement.asset.partition(":")[0]

    @display(description="Our address")
    def ours(self, movement: Movement) -> str:
        """Show on which account of ours or of a member."""
        return words.address(movement.address)

    @display(description="From or to")
    def theirs(self, movement: Movement) -> str:
        """Show the other side."""
        return words.address(movement.counterparty)

    @display(description="Looked at by")
    def reviewer(self, movement: Movement) -> str:
        """Show who has looked at it."""
        if movement.reviewed_by is None:
            return "-"
        people = get_user_model()._default_manager
        return str(people.filter(pk=movement.reviewed_by).first() or movement.reviewed_by)

    @action(description="I have looked at it", permissions=["review"])
    def review(self, request: HttpRequest, queryset: QuerySet[Movement]) -> None:
        """Note for each of the chosen what this person has found."""
        by, note = actor(request), request.POST.get("note", "")
        try:
            done = sum(
                reviewing.review(movement_id=key, by=by.id, name=by.name, note=note)
                for key in list(queryset.values_list("pk", flat=True))
            )
        except reviewing.NoteMissing as error:
            messages.error(request, str(error.message))
            return
        messages.success(request, f"{done} noted.")
