"""Tariffs in the admin: what each operation costs, from when on, and changes to come."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from nannychain.dated.admin import DatedAdmin
from nannychain.dated.forms import ChangeForm
from nannychain.money import InvalidAmount, parse_cents
from nannychain.money import display as money
from payments.fees import review
from payments.fees.figures import EXCISE_BASIS_POINTS, WORDS
from payments.fees.models import Tariff


class TariffForm(ChangeForm):
    """A new tariff: a band on each line, the greatest amount and what is paid."""

    operation = forms.ChoiceField(choices=list(WORDS.items()), widget=UnfoldAdminSelectWidget)
    bands = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 8, "placeholder": "100: 0\n1,500: 5"}),
        help_text="One band a line: the greatest amount, a colon, what the person pays for it.",
    )
    tax_percent = forms.DecimalField(
        label="Excise duty within the price, %",
        min_value=0,
        max_value=99,
        decimal_places=2,
        initial=EXCISE_BASIS_POINTS // 100,
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def clean_bands(self) -> list[tuple[int, int]]:
        """Return pairs of cents."""
        lines = [line for line in self.cleaned_data["bands"].splitlines() if line.strip()]
        return [_band(line) for line in lines]


def _band(line: str) -> tuple[int, int]:
    most, colon, price = line.partition(":")
    try:
        if not colon:
            raise InvalidAmount
        paid = 0 if price.strip() in ("0", "0.00") else parse_cents(price)
        return parse_cents(most), paid
    except InvalidAmount:
        raise ValidationError(f"This is no band: {line[:40]}. Example: 1,500: 5") from None


@admin.register(Tariff)
class TariffAdmin(DatedAdmin):
    """What each operation costs."""

    key = "operation"
    change_form_of = TariffForm
    changing, withdrawing = review.KINDS
    list_display = ("operation", "stands", "effective_from", "prices", "duty", "maker")
    list_filter = ("operation",)
    fields = (
        ("operation", "stands"),
        "bands",
        "duty",
        ("effective_from", "maker"),
        "reason",
        ("withdrawn_at", "withdrawer"),
        "ways",
    )
    readonly_fields = ("bands", "duty")

    def wording(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """Return the tariff in words."""
        return review.wording(
            cleaned["operation"],
            bands=cleaned["bands"],
            tax=int(cleaned["tax_percent"] * 100),
        )

    def build(self, payload: Mapping[str, Any]) -> Tariff:
        """Return the tariff that the words say."""
        return review.build(payload)

    @display(description="Prices")
    def prices(self, tariff: Tariff) -> str:
        """Show the least and the greatest price."""
        least, most = tariff.price_cents[0], tariff.price_cents[-1]
        return money(most) if least == most else f"{money(least)} to {money(most)}"

    @display(description="Excise duty within")
    def duty(self, tariff: Tariff) -> str:
        """Show the rate of the duty."""
        whole, rest = divmod(tariff.tax_basis_points, 100)
        return f"{whole}.{rest:02d} %" if rest else f"{whole} %"

    @display(description="Bands")
    def bands(self, tariff: Tariff) -> str:
        """Show each band on a line."""
        pairs = zip(tariff.up_to_cents, tariff.price_cents, strict=True)
        lines = ((money(up_to), money(price)) for up_to, price in pairs)
        return format_html_join("", "<div>up to {}: {}</div>", lines)
