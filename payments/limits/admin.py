"""Limits in the admin, and the money that is held above them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from nannychain.actors import Actor
from nannychain.dated.admin import DatedAdmin
from nannychain.dated.forms import CentsField, ChangeForm
from nannychain.dated.models import Dated
from nannychain.money import display as money
from nannychain.staff.admin import ReadOnlyAdmin
from payments.limits import changing
from payments.limits.models import Excess, LevelLimits, OperationLimits
from payments.operations import Operation
from workers.kyc.levels import WORDS


class LevelForm(ChangeForm):
    """New limits of a level."""

    level = forms.TypedChoiceField(
        choices=[(level.value, words) for level, words in WORDS.items()],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )
    wallet_max_cents = CentsField(label="In a wallet, at most")
    transaction_max_cents = CentsField(label="Sent at once, at most")
    day_max_cents = CentsField(label="Sent on a day, at most")


class OperationForm(ChangeForm):
    """New bounds of an operation."""

    operation = forms.ChoiceField(
        choices=[(each.value, each.value) for each in Operation], widget=UnfoldAdminSelectWidget
    )
    min_cents = CentsField(label="At least")
    max_cents = CentsField(label="At most")


@admin.register(LevelLimits)
class LevelLimitsAdmin(DatedAdmin):
    """What members of each level may hold and send."""

    key = "level"
    change_form_of = LevelForm
    list_display = ("level", "stands", "effective_from", "wallet", "at_once", "day", "maker")
    fields = (
        ("level", "stands"),
        ("wallet", "at_once", "day"),
        ("effective_from", "maker"),
        "reason",
        ("withdrawn_at", "withdrawer"),
        "ways",
    )
    readonly_fields = ("wallet", "at_once", "day")

    def make(self, cleaned: Mapping[str, Any], *, by: Actor) -> Dated:
        """Make new limits of a level."""
        return changing.limit_level(
            cleaned["level"],
            wallet_max_cents=cleaned["wallet_max_cents"],
            transaction_max_cents=cleaned["transaction_max_cents"],
            day_max_cents=cleaned["day_max_cents"],
            starts_on=cleaned["starts_on"],
            reason=cleaned["reason"],
            by=by,
        )

    @display(description="In a wallet", ordering="wallet_max_cents")
    def wallet(self, limits: LevelLimits) -> str:
        """Show what a wallet may hold."""
        return money(limits.wallet_max_cents)

    @display(description="At once", ordering="transaction_max_cents")
    def at_once(self, limits: LevelLimits) -> str:
        """Show what may be sent at once."""
        return money(limits.transaction_max_cents)

    @display(description="On a day", ordering="day_max_cents")
    def day(self, limits: LevelLimits) -> str:
        """Show what may be sent on a day."""
        return money(limits.day_max_cents)


@admin.register(OperationLimits)
class OperationLimitsAdmin(DatedAdmin):
    """The least and the most of each operation."""

    key = "operation"
    change_form_of = OperationForm
    list_display = ("operation", "stands", "effective_from", "least", "most", "maker")
    fields = (
        ("operation", "stands"),
        ("least", "most"),
        ("effective_from", "maker"),
        "reason",
        ("withdrawn_at", "withdrawer"),
        "ways",
    )
    readonly_fields = ("least", "most")

    def make(self, cleaned: Mapping[str, Any], *, by: Actor) -> Dated:
        """Make new bounds of an operation."""
        return changing.limit_operation(
            cleaned["operation"],
            min_cents=cleaned["min_cents"],
            max_cents=cleaned["max_cents"],
            starts_on=cleaned["starts_on"],
            reason=cleaned["reason"],
            by=by,
        )

    @display(description="At least", ordering="min_cents")
    def least(self, limits: OperationLimits) -> str:
        """Show the least."""
        return money(limits.min_cents)

    @display(description="At most", ordering="max_cents")
    def most(self, limits: OperationLimits) -> str:
        """Show the most."""
        return money(limits.max_cents)


@admin.register(Excess)
class ExcessAdmin(ReadOnlyAdmin):
    """Money above wallets' limits: whose, how much, since when, and whether it is free again."""

    list_display = ("member", "amount", "placed_at", "stands", "cause")
    list_select_related = ("member",)
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    address_filters = ("member",)
    ordering = ("-id",)
    fields = (("member", "amount"), ("stands", "cause"), ("placed_at", "released_at"))
    readonly_fields = ("amount", "stands")

    @display(description="Amount", ordering="cents")
    def amount(self, excess: Excess) -> str:
        """Show how much."""
        return money(excess.cents)

    @display(description="State", label={"held": "warning", "free again": "success"})
    def stands(self, excess: Excess) -> str:
        """Show whether it is held."""
        return "held" if excess.released_at is None else "free again"
