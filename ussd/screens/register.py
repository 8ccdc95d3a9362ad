"""Create account: one's own number, and by giving it one joins."""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Keys, flow
from ussd.engine.steps import Do, Finish, Step
from ussd.screens import own_number
from workers.identity import services as identity


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
    """Join with the typed number, if it is the caller's own."""
    return own_number.read(visit, typed, step=_join(visit))


def _join(visit: Visit) -> Do:
    def effect() -> Finish:
        account = identity.create_account(
            visit.hop.phone,
            language=visit.language,
            channel="ussd",
            phone_proved=visit.hop.is_authenticated,
        )
        known = _("You already have an account. Worker ID: {worker_id}")
        new = _("Account created. Worker ID: {worker_id}")
        template = known if account.already_exists else new
        worker_id = text.worker_id(account.member.worker_id)
        return Finish(text.fill(template, worker_id=worker_id))

    return Do(effect)


FLOW = flow("register", Ask(prompt=prompt, short=own_number.short, keys=keys, read=read))
