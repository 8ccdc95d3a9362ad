"""Enter code: a code that came by SMS, for whatever it was sent to this phone for last."""

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, flow
from ussd.engine.steps import Again, Call, Do, Finish, Go, Step
from ussd.screens import first_pin
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.pins import services as pins
from workers.identity.standing import services as standing

PURPOSES = (Purpose.SET_PIN, Purpose.RESET_PIN, Purpose.PROVE_PHONE)
DIGITS = 6


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the code."""
    return _("Enter the code of 6 digits that came by SMS.")


@sensitive_variables()
def read(visit: Visit, typed: str) -> Step:
    """Use the code up for what it was sent for."""
    code = "".join(typed.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return Again(_("A code has 6 digits."))
    purpose = codes.waiting(visit.hop.phone, purposes=PURPOSES)
    if purpose is None:
        return Again(_("No code is waiting. Ask for one first."))
    if purpose == Purpose.SET_PIN:
        return Do(lambda: _let_choose(visit, code))
    return Call(lambda: _used(visit, code, purpose))


@sensitive_variables()
def _let_choose(visit: Visit, code: str) -> Step:
    """Let the first PIN be chosen; a wrong try is counted in the same transaction."""
    if not codes.matches(visit.hop.phone, purpose=Purpose.SET_PIN, code=code):
        return Again(str(codes.Refused.message))
    return Go("first_pin", {first_pin.THEN_HOME: True})


@sensitive_variables()
def _used(visit: Visit, code: str, purpose: Purpose) -> Step:
    member_id = visit.caller.member_id
    if purpose == Purpose.RESET_PIN:
        pins.ask_reset(member_id, code=code, channel="ussd")
        return Finish(
            _("Your request for a new PIN is in. Two of our staff look at it. You will get an SMS.")
        )
    standing.prove_again(member_id, code=code, channel="ussd")
    return Finish(_("Thank you. This number is proved, and you can send money again."))


FLOW = flow("enter_code", Ask(prompt=prompt, read=read, is_secret=True))
