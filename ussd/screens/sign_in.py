"""Sign in: tells one's own Worker ID, or that there is no account."""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Keys, flow
from ussd.engine.steps import Finish, Step
from ussd.screens import own_number


def prompt(visit: Visit) -> str:
    """Ask for the number."""
    return own_number.short(visit)


def keys(visit: Visit) -> Keys:
    """Offer the caller's own number."""
    return own_number.offer(visit, step=_tell(visit))


def read(visit: Visit, typed: str) -> Step:
    """Tell the Worker ID for the typed number, if it is the caller's own."""
    return own_number.read(visit, typed, step=_tell(visit))


def _tell(visit: Visit) -> Finish:
    if visit.caller is None:
        none = _("You have no account yet. Dial {code} to create one.")
        return Finish(text.fill(none, code=text.Value(visit.hop.service_code, 40)))
    worker_id = text.worker_id(visit.caller.worker_id)
    return Finish(text.fill(_("Your Worker ID: {worker_id}"), worker_id=worker_id))


FLOW = flow("sign_in", Ask(prompt=prompt, keys=keys, read=read))
