"""Forms of the admin: signing in, opening an account for a person, giving rights."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from nannychain import phone
from nannychain.staff.forms import ReasonForm
from workers.identity import services, terms
from workers.identity.models import NAME_LENGTH_MAX, Member
from workers.kyc.levels import WORDS


class SignInForm(AuthenticationForm):
    """Sign-in to the admin by phone, in any usual spelling, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        username = self.fields["username"]
        username.label = "Phone"
        # The column holds 16 characters; "+254 712 345 678" and its like may take more.
        username.max_length = phone.LENGTH_MAX
        username.widget.attrs |= {
            "maxlength": phone.LENGTH_MAX,
            "inputmode": "tel",
            "placeholder": "0712 345 678",
        }


class OpenAccountForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What a staff member enters to open an account for a person."""

    phone = forms.CharField(
        max_length=phone.LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text="In any usual spelling: 0712 345 678 or +254 712 345 678.",
    )
    name = forms.CharField(
        max_length=NAME_LENGTH_MAX, required=False, widget=UnfoldAdminTextInputWidget
    )
    language = forms.ChoiceField(
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
        help_text="For screens and SMS. The person can change it on the phone.",
    )
    agreed = forms.BooleanField(
        label="The person agrees",
        widget=UnfoldBooleanSwitchWidget,
        help_text=f"{terms.AGE_MIN_YEARS} or older, has heard the terms and accepts them.",
    )

    class Meta:
        model = Member
        fields = ("phone", "name", "language")

    def clean_phone(self) -> str:
        """Return the number in E.164."""
        return _phone(self.cleaned_data["phone"])

    def clean_name(self) -> str:
        """Return the name as it will be stored."""
        try:
            return services.clean_name(self.cleaned_data["name"])
        except services.InvalidName as error:
            raise ValidationError(str(error.message)) from None


class NewPhoneForm(ReasonForm):
    """The number that a member wants to have, and why the old one can't show itself."""

    new_phone = forms.CharField(
        label="New number",
        max_length=phone.LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    field_order = ("new_phone", "reason")

    def clean_new_phone(self) -> str:
        """Return the number in E.164."""
        return _phone(self.cleaned_data["new_phone"])


class LevelForm(ReasonForm):
    """How well a member is known, and how one knows."""

    level = forms.ChoiceField(
        choices=[(level.value, words) for level, words in WORDS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("level", "reason")


class RightsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What a superuser may change about a member."""

    class Meta:
        model = Member
        fields = ("is_staff", "groups")
        labels = {"is_staff": "Staff"}
        help_texts = {
            "is_staff": "May sign in here, once `manage.py appoint_staff` has set a password.",
            "groups": "What this staff member may see and do.",
        }


def _phone(text: str) -> str:
    try:
        return phone.parse(text)
    except phone.InvalidPhone as error:
        raise ValidationError(str(error.message)) from None
