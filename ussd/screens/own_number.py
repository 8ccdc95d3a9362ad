"""Asking for a phone number: one's own goes on at once, another person's takes a code sent there.

Nobody is registered or looked up on another person's word, and nothing here depends on whether the
other number has an account.
"""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from nannychain import phone
from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Example, Keys
from ussd.engine.steps import Again, Do, Next, Step
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose

OWN_KEY = "1"
DIGITS = 6


def offer(visit: Visit, *, step: Step) -> Keys:
    """Offer the caller's own number for one key press."""
    number = text.phone_number(visit.hop.phone)
    return {OWN_KEY: (text.fill(_("Use {phone}"), phone=number), step)}


def short(visit: Visit) -> str:  # noqa: ARG001
    """Ask again in few words, below a hint."""
    return _("Enter your phone number or choose:")


def read(visit: Visit, typed: str, *, own: Step, purpose: Purpose) -> Step:
    """Take `own` where the caller's own number was typed, in any usual spelling.

    To another number a code is sent, unless one is still waiting there, and asked for next.
    """
    try:
        number = phone.parse(typed)
    except phone.InvalidPhone:
        return Again(_("That is not a Kenyan mobile number."))
    if number == visit.hop.phone:
        return own
    if codes.waiting(number, purposes=(purpose,)):
        return Next({"phone": number})

    def send() -> Step:
        codes.send(number, purpose=purpose, language=visit.language, address=visit.hop.phone)
        return Next({"phone": number})

    return Do(send)


def code_screen(*, purpose: Purpose, then: Callable[[Visit, str], Step]) -> Ask:
    """Return the screen that asks for the code and goes on with `then` for the proved number."""

    @sensitive_variables()
    def read_code(visit: Visit, typed: str) -> Step:
        code = "".join(typed.split())
        if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
            return Again(_("A code has 6 digits."))

        @sensitive_variables()
        def use() -> Step:
            number = visit.values["phone"]
            if not codes.matches(number, purpose=purpose, code=code, address=visit.hop.phone):
                return Again(str(codes.Refused.message))
            return then(visit, number)

        return Do(use)

    return Ask(
        prompt=_ask_code,
        short=_ask_code_again,
        read=read_code,
        is_secret=True,
        example=Example(values={"phone": "+254722000111"}),
    )


def _ask_code(visit: Visit) -> str:
    number = text.phone_number(visit.values["phone"])
    return text.fill(
        _(
            "A code comes by SMS to {phone}. Enter it here. "
            "If that takes long, dial again and give the same number."
        ),
        phone=number,
    )


def _ask_code_again(visit: Visit) -> str:
    number = text.phone_number(visit.values["phone"])
    return text.fill(_("Enter the code that came by SMS to {phone}."), phone=number)
