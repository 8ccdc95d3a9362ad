"""Create account: by giving a number one joins; another person's number takes a code sent there."""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Keys, flow
from ussd.engine.steps import Do, Finish, Step
from ussd.screens import own_number
from workers.identity import services as identity
from workers.identity.codes.purposes import Purpose


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Say what joining means, and ask for the number."""
    return _(
        "By joining you say that you are 18 or older and accept our terms (link comes by SMS). "
        "Enter your phone number or choose:"
    )


def keys(visit: Visit) -> Keys:
    """Offer the caller's own number."""
    return own_number.offer(visit, step=_join(visit))


def read(visit: Visit, typed: str) -> Step:
    """Join with the caller's own number; send a code to another."""
    return own_number.read(visit, typed, own=_join(visit), purpose=Purpose.JOIN)


def _join(visit: Visit) -> Do:
    return Do(lambda: joined(visit, visit.hop.phone, is_proved=visit.hop.is_authenticated))


def joined(visit: Visit, number: str, *, is_proved: bool = True) -> Finish:
    """Open the account of the number, and tell the Worker ID; also where there is one already."""
    account = identity.create_account(
        number, language=visit.language, channel="ussd", phone_proved=is_proved
    )
    known = _("You already have an account. Worker ID: {worker_id}")
    new = _("Account created. Worker ID: {worker_id}")
    worker_id = text.worker_id(account.member.worker_id)
    return Finish(text.fill(known if account.already_exists else new, worker_id=worker_id))


FLOW = flow(
    "register",
    Ask(prompt=prompt, short=own_number.short, keys=keys, read=read),
    code=own_number.code_screen(purpose=Purpose.JOIN, then=joined),
)
