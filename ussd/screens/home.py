"""The first screen of a member."""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Menu, flow


def prompt(visit: Visit) -> str:
    """Greet a member, and tell the Worker ID."""
    shown = text.worker_id(visit.caller.worker_id)
    return text.fill(_("NannyChain {worker_id}"), worker_id=shown)


FLOW = flow("home", Menu(prompt=prompt))
