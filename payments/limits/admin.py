"""Limits in the admin, and the money that is held above them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from nannychain.dated.admin import DatedAdmin
from nannychain.dated.forms import CentsField, ChangeForm
from nannychain.money import display as money
from nannychain.staff.admin import ReadOnlyAdmin
from payments.limits import changing as rules
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
    confirm_above_cents = CentsField(
        label="Above this, M-Pesa is asked before it is credited",
        required=False,
        help_text="For what comes in. Empty: above KSh 50,000.",
    )


@admin.register(LevelLimits)
class LevelLimitsAdmin(DatedAdmin):
    """What members of each level may hold and send."""

    key = "level"
    change_form_of = LevelForm
    changing, withdrawing = rules.CHANGE_LEVEL, rules.WITHDRAW_LEVEL
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

    def wording(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """Return new limits of a level in words."""
        return rules.level_wording(cleaned)

    def build(self, payload: Mapping[str, Any]) -> LevelLimits:
        """Return the limits that the words say."""
        return rules.level_of_words(payload)

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
    changing, withdrawing = rules.CHANGE_OPERATION, rules.WITHDRAW_OPERATION
    list_display = ("operation", "stands", "effective_from", "least", "most", "maker")
    fields = (
        ("operation", "stands"),
        ("least", "most", "asked_above"),
        ("effective_from", "maker"),
        "reason",
        ("withdrawn_at", "withdrawer"),
        "ways",
    )
    readonly_fields = ("least", "most", "asked_above")

    def wording(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """Return new bounds of an operation in words."""
        return rules.operation_wording(cleaned)

    def build(self, payload: Mapping[str, Any]) -> OperationLimits:
        """Return the bounds that the words say."""
        return rules.operation_of_words(payload)

    @display(description="At least", ordering="min_cents")
    def least(self, limits: OperationLimits) -> str:
        """Show the least."""
        return money(limits.min_cents)

    @display(description="M-Pesa is asked above")
    def asked_above(self, limits: OperationLimits) -> str:
        """Show above what a message alone is not believed."""
        return money(limits.confirmed_above_cents)

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
