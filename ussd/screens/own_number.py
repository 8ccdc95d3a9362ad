"""Asking for a phone number where only the caller's own will do."""

from django.utils.translation import gettext as _

from nannychain import phone
from ussd.engine import text as shown
from ussd.engine.hop import Visit
from ussd.engine.screens import Keys
from ussd.engine.steps import Again, Step

OWN_KEY = "1"


def offer(visit: Visit, *, step: Step) -> Keys:
    """Offer the caller's own number for one key press."""
    number = shown.phone_number(visit.hop.phone)
    label = shown.fill(_("Use {phone}"), phone=number)
    return {OWN_KEY: (label, step)}


def short(visit: Visit) -> str:  # noqa: ARG001
    """Ask again in few words, below a hint."""
    return _("Enter your phone number or choose:")


def read(visit: Visit, text: str, *, step: Step) -> Step:
    """Go on with `step` when the caller's own number was typed, in any usual spelling.

    Nobody is registered or looked up on another person's word.
    """
    try:
        typed = phone.parse(text)
    except phone.InvalidPhone:
        return Again(_("That is not a Kenyan mobile number."))
    if typed != visit.hop.phone:
        return Again(_("Only the number you call from works here."))
    return step
