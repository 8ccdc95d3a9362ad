"""The SMS that carry codes. Each says what the code is for, so that nobody is talked out of it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain.language import speaking
from workers.identity.codes.purposes import Purpose

TEXTS: dict[Purpose, str | Promise] = {
    Purpose.PROVE_PHONE: _(
        "{code} is your NannyChain code. It works for 5 minutes. Don't tell it to anyone, not even "
        "to us."
    ),
    Purpose.SET_PIN: _(
        "{code} is your code to choose a NannyChain PIN. It works for 5 minutes. Don't tell it to "
        "anyone, not even to us."
    ),
    Purpose.RESET_PIN: _(
        "{code} is your code to ask for a new NannyChain PIN. It works for 5 minutes. Don't tell "
        "it to anyone, not even to us."
    ),
    Purpose.LEAVE_PHONE: _(
        "{code} is the code to move your NannyChain account AWAY from this number. Not you? Then "
        "tell it to nobody. It works for 5 minutes."
    ),
    Purpose.TAKE_PHONE: _(
        "{code} is the code to move a NannyChain account to this number. Not you? Then tell it to "
        "nobody. It works for 5 minutes."
    ),
    Purpose.JOIN: _(
        "{code} is the code to open a NannyChain account for this number. Somebody near you asked "
        "for it. It works for 5 minutes."
    ),
}


@sensitive_variables()
def code(digits: str, *, purpose: Purpose, language: str) -> str:
    """Return the text with the code, which stands first so that it is seen on a locked phone."""
    with speaking(language):
        return str(TEXTS[purpose]).format(code=digits)
