"""Which PINs are refused: those that a stranger, or somebody who knows the number, tries first."""

from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain.errors import Invalid
from nannychain.phone import national

LENGTH = 4
# Years in which people were born, married or are.
_YEARS = range(1920, 2030)
_RISING = "01234567890"
# The middle column of the keys, and the corners.
_SHAPES = frozenset({"2580", "0852", "1397", "1379", "7931", "9713", "1004"})


class NotFourDigits(Invalid):
    """Something else than four digits."""

    code = "pin.not_four_digits"
    message = _("A PIN has 4 digits.")


class WeakPin(Invalid):
    """A PIN that is guessed first."""

    code = "pin.weak"
    message = _("That PIN is easy to guess. Don't use 1234, 1111, a year or your phone number.")


@sensitive_variables()
def refuse_weak(pin: str, *, phone: str) -> None:
    """Raise NotFourDigits, or WeakPin for what is trivial or a part of the member's own number."""
    if len(pin) != LENGTH or not (pin.isascii() and pin.isdigit()):
        raise NotFourDigits
    if _is_trivial(pin) or _is_part_of(pin, phone=phone):
        raise WeakPin


@sensitive_variables()
def _is_trivial(pin: str) -> bool:
    first, second = pin[:2], pin[2:]
    repeats = first == second or (pin[0] == pin[1] and pin[2] == pin[3])
    runs = pin in _RISING or pin[::-1] in _RISING
    return repeats or runs or int(pin) in _YEARS or pin in _SHAPES


@sensitive_variables()
def _is_part_of(pin: str, *, phone: str) -> bool:
    digits = national(phone)
    return pin in digits or pin[::-1] in digits
