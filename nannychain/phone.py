"""Kenyan mobile numbers: any usual spelling in, E.164 out, masked for logs.

Numbers are ported between networks, so a prefix decides nothing here. Landlines are refused: they
have neither USSD nor M-Pesa.
"""

import re

import phonenumbers
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid

LENGTH_MAX = 40
# Kenya's mobile plan: 07xx and 01xx, nine digits after the country code.
_MOBILE = re.compile(r"\+254[17][0-9]{8}")
_SPELLING = re.compile(r"\+?[0-9().\-\s]+")
_UNMASKED_DIGITS = 3


class InvalidPhone(Invalid):
    """A text that is no Kenyan mobile number."""

    code = "phone.invalid"
    message = _("That is not a Kenyan mobile number. Example: 0712345678")


def parse(text: str) -> str:
    """Return the number in E.164 (`+254712345678`); raise InvalidPhone for anything else."""
    if _MOBILE.fullmatch(text):
        return text  # as gateways send it, and as we store it
    spelled = text.strip()
    if len(spelled) > LENGTH_MAX or not spelled.isascii() or not _SPELLING.fullmatch(spelled):
        raise InvalidPhone
    if spelled.startswith("00") and not spelled.startswith("000"):
        spelled = "+" + spelled[2:]
    try:
        number = phonenumbers.parse(spelled, "KE")
    except phonenumbers.NumberParseException:
        raise InvalidPhone from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension or not _MOBILE.fullmatch(e164):
        raise InvalidPhone
    return e164


def national(e164: str) -> str:
    """Return the number as people in Kenya write it: `0712345678`."""
    return "0" + e164.removeprefix("+254")


def mask(e164: str) -> str:
    """Return the number for logs and other people's eyes: `+254******678`."""
    kept = e164[-_UNMASKED_DIGITS:]
    return e164[:4] + "*" * max(0, len(e164) - 4 - _UNMASKED_DIGITS) + kept
