"""The form of the second step."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from workers.identity.second_factor.services import CODE_LENGTH_MAX


class CodeForm(forms.Form):
    """One code, of the device or a recovery code."""

    code = forms.CharField(
        max_length=CODE_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "characters"}
        ),
    )

    def __init__(self, *args: Any, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = help_text
