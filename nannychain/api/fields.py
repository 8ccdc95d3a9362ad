"""Fields of requests and answers, stricter than DRF's: a text is a text, cents are an integer.

What is wrong with a field is said in words of our own, so that it is said in Kiswahili too.
"""

import re
from datetime import UTC
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from nannychain import phone
from nannychain.money import AMOUNT_CENTS_MAX

CURRENCY = "KES"
Messages = dict[str, Any]

_ALWAYS: Messages = {
    "required": _("This is missing."),
    "null": _("This may not be empty."),
}
_TOO_LONG = _("This is too long: at most {max_length} characters.")
_NOT_TEXT = _("This must be a text.")
_NOT_WORD = _("This must be small letters, with dots and underscores.")
_WORD = re.compile(r"[a-z][a-z_.]{0,59}")
_NOT_WHOLE = _("This must be a whole number.")


class Text(serializers.CharField):
    """A text; numbers and booleans are not taken for one."""

    default_error_messages: ClassVar[Messages] = {
        **_ALWAYS,
        "invalid": _NOT_TEXT,
        "blank": _("This may not be empty."),
        "max_length": _TOO_LONG,
        "min_length": _("This is too short: at least {min_length} characters."),
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Phone(Text):
    """A Kenyan mobile number in any usual spelling; E.164 comes out."""

    openapi: ClassVar[dict[str, Any]] = {
        "description": "A Kenyan mobile number in any usual spelling; answers have it as +254…",
        "example": "+254712345678",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": phone.LENGTH_MAX, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Return the number in E.164."""
        text = super().to_internal_value(data)
        try:
            return phone.parse(text)
        except phone.InvalidPhone as error:
            raise serializers.ValidationError(str(error.message), code=error.code) from None


class Word(Text):
    """A name for programs: small letters, with dots and underscores."""

    openapi: ClassVar[dict[str, Any]] = {"pattern": "^[a-z][a-z_.]{0,59}$"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 60, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Return the word."""
        text = super().to_internal_value(data)
        if not _WORD.fullmatch(text):
            raise serializers.ValidationError(str(_NOT_WORD), code="invalid")
        return text


class Choice(serializers.ChoiceField):
    """One of a few words."""

    default_error_messages: ClassVar[Messages] = {
        **_ALWAYS,
        "invalid_choice": _("This is not one of what can be chosen."),
    }


class Whole(serializers.IntegerField):
    """A whole number, also out of a query parameter."""

    default_error_messages: ClassVar[Messages] = {
        **_ALWAYS,
        "invalid": _NOT_WHOLE,
        "max_string_length": _NOT_WHOLE,
        "max_value": _("This may not be above {max_value}."),
        "min_value": _("This may not be below {min_value}."),
    }


class Cents(Whole):
    """An amount that somebody asks for: whole cents, above zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": AMOUNT_CENTS_MAX, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """Return the cents; neither a text nor 1.0 is an amount."""
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """True or false, and nothing that looks like it."""

    default_error_messages: ClassVar[Messages] = {
        **_ALWAYS,
        "invalid": _("This must be true or false."),
    }

    def to_internal_value(self, data: Any) -> bool:
        """Return which."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Currency(serializers.CharField):
    """The currency of the amounts beside it (ISO 4217)."""

    openapi: ClassVar[dict[str, Any]] = {"enum": [CURRENCY], "example": CURRENCY}


class Instant(serializers.DateTimeField):
    """A time in an answer: RFC 3339, in UTC, whatever zone the rest of the house reckons in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class Form(serializers.Serializer[Any]):
    """What is sent or answered, field by field."""

    default_error_messages: ClassVar[Messages] = {
        **_ALWAYS,
        "invalid": _("This must be a JSON object."),
    }
