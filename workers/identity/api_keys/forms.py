"""The form with which staff issue an API key."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from workers.identity.api_keys.models import NAME_LENGTH_MAX
from workers.identity.api_keys.scopes import SCOPES


class IssueForm(forms.Form):
    """Whose key it is, what it is good for, and where it may come from."""

    name = forms.CharField(
        max_length=NAME_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="Whose it is, and what for.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {words}") for scope, words in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="As little as will do.",
    )
    addresses = forms.CharField(
        label="Networks",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "192.0.2.0/24"}),
        help_text="One a line. The key is taken from there only; without any, from everywhere.",
    )

    def clean_addresses(self) -> list[str]:
        """Return the lines that hold something."""
        lines: Any = self.cleaned_data["addresses"].splitlines()
        return [line.strip() for line in lines if line.strip()]
