"""Sign in: tells one's own Worker ID, or that there is no account."""

from django.utils.translation import gettext as _

from ussd.engine.hop import Visit
from ussd.engine.screens import Finish, Keys, Step
from ussd.screens import own_number


def prompt(visit: Visit) -> str:
    """Ask for the number."""
    return own_number.short(visit)


def keys(visit: Visit) -> Keys:
    """Offer the caller's own number."""
    return own_number.offer(visit, step=_tell(visit))


def read(visit: Visit, text: str) -> Step:
    """Tell the Worker ID for the typed number, if it is the caller's own."""
    return own_number.read(visit, text, step=_tell(visit))


def _tell(visit: Visit) -> Finish:
    if visit.caller is None:
        return Finish(_("You have no account yet. Dial {code} to create one.").format(
            code=visit.hop.service_code
        ))  # fmt: skip
    return Finish(_("Your Worker ID: {worker_id}").format(worker_id=visit.caller.worker_id))
