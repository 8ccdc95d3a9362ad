"""The form that every act of staff with a reason begins with."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain.reasons import LENGTH_MAX


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "placeholder": "Reason"}),
    )
