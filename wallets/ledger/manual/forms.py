"""The form in which staff propose a journal: when, why, and its legs, one on a line."""

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils import timezone
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from nannychain.ids import new_id
from wallets.ledger import words
from wallets.ledger.manual.models import REASON_LENGTH_MAX
from wallets.ledger.manual.services import LEGS_MAX
from wallets.ledger.models import AMOUNT_MAX, Account
from wallets.ledger.recipes import Leg

LINES = 4
ACCOUNTS_ID = "own-accounts"
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,16})(?:\.(\d{1,6}))?", re.ASCII)


class AccountField(forms.CharField):
    """An account, by its number, or one of our own by code and label: `1110.600000`."""

    def __init__(self) -> None:
        hints = {"list": ACCOUNTS_ID, "autocomplete": "off", "placeholder": "Account"}
        super().__init__(
            max_length=80, required=False, widget=UnfoldAdminTextInputWidget({"class": "leg"})
        )
        self.widget.attrs.update(hints)

    def clean(self, value: Any) -> Any:
        """Return the open account that is meant, or none for an empty text."""
        text = super().clean(value)
        if not text:
            return None
        accounts = Account.objects.select_related("kind", "currency")
        number = words.number(text)
        if number is not None:
            found = list(accounts.filter(pk=number))
        else:
            code, _, label = text.split(" ")[0].partition(".")
            ours = accounts.filter(owner_id__isnull=True, kind=words.number(code[:4]) or 0)
            found = [account for account in ours if str(account) == f"{code}.{label}"]
        if not found:
            raise ValidationError("There is no such account.")
        if len(found) > 1:
            raise ValidationError("There are several of that name: give the account's number.")
        if found[0].closed_at is not None:
            raise ValidationError("This account is closed.")
        return found[0]


class LegForm(forms.Form):
    """One line: an account, and an amount on one of two sides."""

    account = AccountField()
    debit = forms.CharField(max_length=24, required=False, widget=UnfoldAdminTextInputWidget)
    credit = forms.CharField(max_length=24, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("debit", "credit"):
            hints = {"inputmode": "decimal", "autocomplete": "off", "placeholder": name.title()}
            self.fields[name].widget.attrs.update(hints)

    def clean(self) -> dict[str, Any]:
        """Make a leg of the line, where anything stands in it."""
        cleaned = super().clean() or self.cleaned_data
        typed = ((name, str(cleaned.get(name) or "")) for name in ("debit", "credit"))
        sides = [(name, text) for name, text in typed if text]
        account = cleaned.get("account")
        if self.errors or (account is None and not sides):
            return cleaned
        if account is None:
            raise ValidationError("Say which account.")
        if len(sides) != 1:
            raise ValidationError("Give one amount, as a debit or as a credit.")
        ((side, text),) = sides
        minor = _minor(text, scale=account.currency.scale)
        cleaned["leg"] = Leg(account.pk, minor if side == "debit" else -minor)
        return cleaned


def _minor(text: str, *, scale: int) -> int:
    """Return the minor units of an amount as people write it: `1,500.50`."""
    match = _AMOUNT.fullmatch(text)
    if match is None or len(match.group(2) or "") > scale:
        raise ValidationError("That is not an amount. Example: 1500.50")
    minor = int(match.group(1).replace(",", "") + (match.group(2) or "").ljust(scale, "0"))
    if not 0 < minor <= AMOUNT_MAX:
        raise ValidationError("An amount is above zero, and not that great.")
    return minor


class BaseLegs(forms.BaseFormSet):  # type: ignore[type-arg]  # no generic at run time
    """All lines, which have to balance."""

    def clean(self) -> None:
        """Check what no line can check alone."""
        if any(self.errors):
            return
        legs = self.legs
        if len(legs) < 2:
            raise ValidationError("A journal has two lines or more.")
        if len({leg.account_id for leg in legs}) < len(legs):
            raise ValidationError("An account stands in one line only.")
        rests: dict[str, int] = {}
        for form in self.forms:
            if leg := form.cleaned_data.get("leg"):
                code = form.cleaned_data["account"].currency_id
                rests[code] = rests.get(code, 0) + leg.amount
        wrong = [words.unbalanced(code, rest) for code, rest in rests.items() if rest]
        if wrong:
            raise ValidationError(wrong)

    @property
    def legs(self) -> list[Leg]:
        """Return what the lines say."""
        return [form.cleaned_data["leg"] for form in self.forms if "leg" in form.cleaned_data]


Legs: Any = forms.formset_factory(
    LegForm,
    formset=BaseLegs,
    extra=LINES,
    max_num=LEGS_MAX,
    absolute_max=LEGS_MAX,
    validate_max=True,
)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "placeholder": "Reason"}),
    )


class ProposalForm(ReasonForm):
    """When it happened, and why it is booked. `number` makes the same form one proposal."""

    number = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)
    effective_at = forms.SplitDateTimeField(
        label="Effective",
        widget=UnfoldAdminSplitDateTimeWidget,
        validators=[MinValueValidator(_OLDEST)],
        initial=timezone.now,
        help_text="When it happened, in Nairobi.",
    )
    field_order = ("effective_at", "reason", "number")
