"""The form that every change of a dated table begins with."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextInputWidget

from nannychain.money import InvalidAmount, parse_cents
from nannychain.staff.forms import ReasonForm


class ChangeForm(ReasonForm):
    """From which day on, and why."""

    starts_on = forms.DateField(
        widget=UnfoldAdminDateWidget,
        help_text="It begins at midnight in Nairobi, tomorrow at the earliest.",
    )


class CentsField(forms.CharField):
    """An amount as people write it; cents come out, or none where it may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=24, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return cents, or none for an empty text."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_cents(text)
        except InvalidAmount as error:
            raise ValidationError(str(error.message)) from None
