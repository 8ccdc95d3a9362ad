"""What staff fill in to do something about a break."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from nannychain import money
from nannychain.staff.forms import ReasonForm
from payments.reconciliation.breaks.models import Break
from workers.identity.models import Member


class OwnerForm(forms.Form):
    """Who is to see to it."""

    owner = forms.ModelChoiceField(
        queryset=Member.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = Member.objects.filter(is_staff=True, is_active=True).order_by("name", "worker_id")
        self.fields["owner"].queryset = staff  # type: ignore[attr-defined]


def amount_form(item: Break) -> type[forms.Form]:
    """Return the form on which the amount of that break is typed again: nobody signs it unread."""
    due = abs(item.amount_cents or 0)

    class AmountForm(ReasonForm):
        """Why, and how much."""

        amount_cents = forms.CharField(
            label="Amount, typed again",
            max_length=30,
            widget=UnfoldAdminTextInputWidget(
                {"autocomplete": "off", "inputmode": "decimal", "placeholder": money.display(due)}
            ),
        )

        def clean_amount_cents(self) -> int:
            """Return the break's amount, with its sign, where that is what was typed."""
            text = self.cleaned_data["amount_cents"].strip()
            try:
                cents = 0 if text == "0" else money.parse_cents(text)
            except money.InvalidAmount as error:
                raise ValidationError(str(error.message)) from None
            if cents != due:
                raise ValidationError(f"The break is {money.display(due)}.")
            return item.amount_cents or 0

    return AmountForm
