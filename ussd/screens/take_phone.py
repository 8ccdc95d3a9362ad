"""Taking one's account along to this number: the code that came here by SMS, from the new phone.

Whoever dials from a number that is nobody's, and to which a member is on her way, comes here by
"Sign in". Nothing here tells whose account it is before the code is right.
"""

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Keys, flow
from ussd.engine.steps import Again, Call, Do, Finish, Step
from workers.identity.codes.purposes import Purpose
from workers.identity.phone_changes import selectors
from workers.identity.phone_changes import services as changes

DIGITS = 6
AGAIN_KEY = "1"


def prompt(visit: Visit) -> str:
    """Ask for the code."""
    number = text.phone_number(visit.hop.phone)
    return text.fill(
        _("Your account moves to {phone} with the code that came here by SMS. Enter it:"),
        phone=number,
    )


def short(visit: Visit) -> str:  # noqa: ARG001
    """Ask again in few words, below a hint."""
    return _("Enter the code of 6 digits that came by SMS.")


def keys(visit: Visit) -> Keys:
    """Offer another code: one works for five minutes only."""

    def send_again() -> Step:
        change = selectors.waiting_for(visit.hop.phone)
        if change is None:
            raise changes.NoSuchChange
        changes.send_again(change.pk, purpose=Purpose.TAKE_PHONE)
        return Finish(_("A code comes by SMS. Then dial again and choose Sign in."))

    return {AGAIN_KEY: (_("Send me a new code"), Do(send_again))}


@sensitive_variables()
def read(visit: Visit, typed: str) -> Step:
    """Use the code up, and move the account where the old number has let go of it."""
    code = "".join(typed.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return Again(_("A code has 6 digits."))

    @sensitive_variables()
    def use() -> Step:
        change = selectors.waiting_for(visit.hop.phone)
        if change is None:
            raise changes.NoSuchChange
        change = changes.prove(change.pk, purpose=Purpose.TAKE_PHONE, code=code)
        if not change.is_let_go:
            return Finish(_("Thank you. Now the code that came to your old number is needed too."))
        worker_id = text.worker_id(change.member.worker_id)
        moved = _("Your account is on this number now. Worker ID: {worker_id}. Dial again.")
        return Finish(text.fill(moved, worker_id=worker_id))

    return Call(use)


FLOW = flow("take_phone", Ask(prompt=prompt, short=short, keys=keys, read=read, is_secret=True))
